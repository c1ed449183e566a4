import { refusals } from '#src/platform/refusal.ts';

refusals({
  'interaction-unknown': {
    status: 404,
    en: 'There is no such interaction, or it is not yours to see.',
    fr: 'Cette interaction n’existe pas, ou elle ne vous est pas visible.',
  },
  'interaction-already-over': {
    status: 409,
    en: 'This interaction is over; a later message opens a new one.',
    fr: 'Cette interaction est terminée ; un nouveau message en ouvrira une autre.',
  },
  'interaction-not-offered-to-you': {
    status: 409,
    en: 'This is no longer offered to you; it passed on.',
    fr: 'Cela ne vous est plus proposé ; l’interaction a été passée plus loin.',
  },
  'not-your-interaction': {
    status: 409,
    en: 'Another agent holds this interaction, or nobody does.',
    fr: 'Un autre conseiller tient cette interaction, ou personne.',
  },
  'act-not-possible-now': {
    status: 409,
    en: 'This cannot be done in the state the interaction is in now; look again.',
    fr: 'Ce n’est pas possible dans l’état actuel de l’interaction ; regardez de nouveau.',
  },
  'agent-at-capacity': {
    status: 409,
    en: 'All places on this channel are taken; finish or park one first.',
    fr: 'Toutes les places sur ce canal sont prises ; terminez ou mettez-en une de côté d’abord.',
  },
  'decision-outdated': {
    status: 409,
    en: 'Things changed before the decision could be written; it is decided again.',
    fr: 'La situation a changé avant l’écriture de la décision ; elle est reprise.',
  },
  'line-already-written': {
    status: 409,
    en: 'This line was written before.',
    fr: 'Cette ligne est déjà écrite.',
  },
  'accept-first': {
    status: 409,
    en: 'Accept the offer before you write.',
    fr: 'Acceptez la proposition avant d’écrire.',
  },
  'not-in-conversation': {
    status: 409,
    en: 'The exchange is not open; resume or reopen it before you write to the customer.',
    fr: 'L’échange n’est pas ouvert ; reprenez-le ou rouvrez-le avant d’écrire au client.',
  },
  'outcome-unknown': {
    status: 422,
    en: 'This outcome is not one of the client’s; choose one from the list.',
    fr: 'Ce résultat n’est pas prévu pour ce donneur d’ordre ; choisissez-en un dans la liste.',
  },
  'type-unknown': {
    status: 422,
    en: 'This interaction type does not exist for that client, or is not active.',
    fr: 'Ce type d’interaction n’existe pas pour ce donneur d’ordre, ou n’est pas actif.',
  },
  'outcome-code-taken': {
    status: 409,
    en: 'An outcome with this code exists already; choose another code.',
    fr: 'Un résultat porte déjà ce code ; choisissez-en un autre.',
  },
  'competency-unknown': {
    status: 422,
    en: 'This competency does not exist, or belongs to another client.',
    fr: 'Cette compétence n’existe pas, ou relève d’un autre donneur d’ordre.',
  },
  'thread-open': {
    status: 409,
    en: 'This conversation is open already; write into it.',
    fr: 'Cette conversation est déjà ouverte ; écrivez-y.',
  },
  'agent-unknown': {
    status: 422,
    en: 'This agent does not exist, or does not work for that client.',
    fr: 'Ce conseiller n’existe pas, ou ne travaille pas pour ce donneur d’ordre.',
  },
  'agent-not-on-channel': {
    status: 422,
    en: 'This agent takes nothing on this channel; choose another.',
    fr: 'Ce conseiller ne prend rien sur ce canal ; choisissez-en un autre.',
  },
  'agent-not-competent': {
    status: 422,
    en: 'This agent does not master what the interaction requires, or their assessment has lapsed (6.3.1); choose another.',
    fr: 'Ce conseiller ne maîtrise pas ce que l’interaction exige, ou son évaluation n’est plus valable (6.3.1) ; choisissez-en un autre.',
  },
  'team-without-competent-agent': {
    status: 422,
    en: 'Nobody in this team masters what the interaction requires (6.3.1); choose another.',
    fr: 'Personne dans cette équipe ne maîtrise ce que l’interaction exige (6.3.1) ; choisissez-en une autre.',
  },
  'transfer-goes-nowhere': {
    status: 422,
    en: 'It is there already; choose another type or another agent.',
    fr: 'Elle y est déjà ; choisissez un autre type ou un autre conseiller.',
  },
  'until-not-in-range': {
    status: 422,
    en: 'Choose a moment to come, within thirty days.',
    fr: 'Choisissez un moment à venir, dans les trente jours.',
  },
  'type-already-paused': {
    status: 409,
    en: 'This type is paused already; resume it first to pause it otherwise.',
    fr: 'Ce type est déjà suspendu ; reprenez-le d’abord pour le suspendre autrement.',
  },
  'type-not-paused': {
    status: 409,
    en: 'This type is not paused.',
    fr: 'Ce type n’est pas suspendu.',
  },
  'widening-without-requirement': {
    status: 422,
    en: 'The best levels are of competencies that the type requires, each once and no lower than it requires.',
    fr: 'Les meilleurs niveaux portent sur des compétences exigées par le type, une fois chacune et pas plus bas que l’exigence.',
  },
  'steps-not-in-order': {
    status: 422,
    en: 'Each step comes later than the one before, and goes further.',
    fr: 'Chaque étape vient après la précédente, et va plus loin.',
  },
  'no-team-at-first': {
    status: 422,
    en: 'The first teams are asked from the start: give the first step 0 seconds.',
    fr: 'Les premières équipes sont sollicitées dès le début : donnez 0 seconde à la première étape.',
  },
  'agent-barred': {
    status: 422,
    en: 'This agent may not be given this type for now; their bars say why.',
    fr: 'Ce type ne peut pas être confié à ce conseiller pour le moment ; ses restrictions disent pourquoi.',
  },
  'then-anybody-needs-agent': {
    status: 422,
    en: 'Only for an agent can it be kept first and then for anybody; name an agent.',
    fr: 'On ne peut garder d’abord, puis pour tous, que pour un conseiller ; nommez-en un.',
  },
  'channels-interrupt-each-other': {
    status: 422,
    en: 'Channels may not interrupt each other in a circle; of two, only one may interrupt the other.',
    fr: 'Des canaux ne peuvent pas s’interrompre en cercle ; de deux, un seul peut interrompre l’autre.',
  },
  'too-many-lines': {
    status: 503,
    en: 'More is being written than can be kept at once; yours was not taken, send it again in a moment.',
    fr: 'Il s’écrit plus que ce qui peut être gardé à la fois ; votre ligne n’a pas été prise, renvoyez-la dans un instant.',
  },
});
