import { refusals } from '#src/platform/refusal.ts';

refusals({
  'time-zone-unknown': {
    status: 422,
    en: 'There is no such time zone; choose one by name, such as Europe/Paris.',
    fr: 'Ce fuseau horaire n’existe pas ; choisissez-en un par son nom, comme Europe/Paris.',
  },
  'site-unknown': {
    status: 422,
    en: 'This site does not exist, or is not in use.',
    fr: 'Ce site n’existe pas, ou n’est plus utilisé.',
  },
  'site-in-use': {
    status: 409,
    en: 'Teams in use work there; move them or take them out of use first.',
    fr: 'Des équipes y travaillent ; déplacez-les ou retirez-les d’abord.',
  },
  'person-unknown': {
    status: 422,
    en: 'One of these people has no account here.',
    fr: 'L’une de ces personnes n’a pas de compte ici.',
  },
  'team-unknown': {
    status: 422,
    en: 'This team does not exist, or is not in use.',
    fr: 'Cette équipe n’existe pas, ou n’est plus utilisée.',
  },
  'team-in-use': {
    status: 409,
    en: 'An interaction type asks this team; change that type first.',
    fr: 'Un type d’interaction fait appel à cette équipe ; modifiez d’abord ce type.',
  },
  'hours-unknown': {
    status: 422,
    en: 'These opening hours do not exist, or belong to another client.',
    fr: 'Ces horaires n’existent pas, ou relèvent d’un autre donneur d’ordre.',
  },
  'hours-in-use': {
    status: 409,
    en: 'An interaction type follows these opening hours; give it others first.',
    fr: 'Un type d’interaction suit ces horaires ; donnez-lui-en d’autres d’abord.',
  },
  'hours-empty': {
    status: 422,
    en: 'An opening begins and ends at the same time; use 00:00 to 24:00 for a whole day.',
    fr: 'Une ouverture commence et finit à la même heure ; mettez 00:00 à 24:00 pour un jour entier.',
  },
  'hours-overlap': {
    status: 422,
    en: 'Two openings of one day overlap; make them one.',
    fr: 'Deux ouvertures d’un même jour se chevauchent ; réunissez-les.',
  },
  'holiday-region-unknown': {
    status: 422,
    en: 'The holidays of this region are not known; choose one from the list.',
    fr: 'Les jours fériés de cette région ne sont pas connus ; choisissez-en une dans la liste.',
  },
  'day-is-past': {
    status: 422,
    en: 'This day is over; an exception is made for today or later.',
    fr: 'Ce jour est passé ; une exception vaut pour aujourd’hui ou plus tard.',
  },
  'too-many-exceptions': {
    status: 422,
    en: 'There are too many exceptions to come; change the week instead.',
    fr: 'Il y a trop d’exceptions à venir ; changez plutôt la semaine.',
  },
  'closed-already': {
    status: 409,
    en: 'It does not open any more today; there is nothing to close.',
    fr: 'Il n’y a plus d’ouverture aujourd’hui ; il n’y a rien à fermer.',
  },
  'not-closed-early': {
    status: 409,
    en: 'It was not closed early today; look again.',
    fr: 'La fermeture n’a pas été avancée aujourd’hui ; regardez de nouveau.',
  },
  'hours-are-common': {
    status: 403,
    en: 'These opening hours are common to all clients; an administrator closes them.',
    fr: 'Ces horaires sont communs à tous les donneurs d’ordre ; un administrateur les ferme.',
  },
});
