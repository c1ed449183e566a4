import { refusals } from '#src/platform/refusal.ts';

refusals({
  'moment-to-come': {
    status: 422,
    en: 'That moment is still to come: ask about one that is over.',
    fr: 'Ce moment est encore à venir : demandez un moment passé.',
  },
  'explanation-busy': {
    status: 503,
    en: 'Others are having moments explained; try again in a few seconds.',
    fr: 'D’autres moments sont en cours d’explication ; réessayez dans quelques secondes.',
  },
  'explanation-too-long': {
    status: 503,
    en: 'So much was going on at that moment that it could not be worked out in time; ask about another one.',
    fr: 'Il se passait tant de choses à ce moment qu’il n’a pas pu être reconstitué à temps ; demandez-en un autre.',
  },
});
