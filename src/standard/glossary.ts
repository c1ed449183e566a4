export interface Term {
  /** The one word for it, in code, interface, screens and documents. */
  readonly en: string;
  /** The word on French screens. */
  readonly fr: string;
  readonly meaningEn: string;
  readonly meaningFr: string;
  /** What others call it and we do not. */
  readonly insteadOf?: readonly string[];
}

export const glossaryPath = 'docs/glossary.md';

export const glossary: readonly Term[] = [
  {
    en: 'client',
    fr: 'donneur d’ordre',
    meaningEn: 'The organisation that commissions the contact centre: on whose behalf we answer.',
    meaningFr: 'L’organisation qui confie ses contacts au centre : celle au nom de qui l’on répond.',
    insteadOf: ['tenant', 'account'],
  },
  {
    en: 'customer',
    fr: 'client',
    meaningEn:
      'The person or organisation that receives the client’s product or service, and gets in touch about it.',
    meaningFr:
      'La personne ou l’organisation qui reçoit le produit ou le service du donneur d’ordre, et qui nous contacte.',
    insteadOf: ['user', 'visitor', 'contact'],
  },
  {
    en: 'agent',
    fr: 'conseiller',
    meaningEn: 'Someone on the contact centre’s staff who speaks or writes with customers.',
    meaningFr: 'Membre du centre de contact qui parle ou écrit avec les clients.',
    insteadOf: ['operator'],
  },
  {
    en: 'channel',
    fr: 'canal',
    meaningEn: 'The way a customer reaches us or we reach them: voice, e-mail, chat, messaging.',
    meaningFr:
      'La voie par laquelle le client nous joint, ou nous le joignons : voix, courriel, chat, messagerie.',
  },
  {
    en: 'interaction',
    fr: 'interaction',
    meaningEn: 'One exchange with a customer on one channel, inbound or outbound.',
    meaningFr: 'Un échange avec un client sur un canal, entrant ou sortant.',
    insteadOf: ['ticket'],
  },
  {
    en: 'case',
    fr: 'dossier',
    meaningEn: 'A query that outlives one interaction. It carries the commitment made to the customer.',
    meaningFr:
      'Une demande qui dure plus d’une interaction. Le dossier porte l’engagement pris envers le client.',
  },
  {
    en: 'commitment',
    fr: 'engagement',
    meaningEn:
      'What the customer was told: by when, by which role, when the next news comes, and the new plan when it is late.',
    meaningFr:
      'Ce qui a été annoncé au client : pour quand, par quelle fonction, quand viendra la prochaine nouvelle, et le nouveau plan en cas de retard.',
  },
  {
    en: 'complaint',
    fr: 'réclamation',
    meaningEn:
      'A customer is unhappy and expects something to be done about it, said or implied. It has its own record and its own clock.',
    meaningFr:
      'Un client est mécontent et attend que l’on agisse, qu’il le dise ou le laisse entendre. Elle a sa propre fiche et ses propres délais.',
  },
  {
    en: 'campaign',
    fr: 'campagne',
    meaningEn: 'Outbound initiatives to a set of customers.',
    meaningFr: 'Démarches sortantes vers un ensemble de clients.',
  },
  {
    en: 'agreement',
    fr: 'accord',
    meaningEn:
      'What client and contact centre agreed: indicators, targets, how often they are reviewed, complaint conditions, permission to survey, hours, what must be told.',
    meaningFr:
      'Ce que donneur d’ordre et centre ont convenu : indicateurs, objectifs, rythme des revues, conditions des réclamations, autorisation d’enquête, horaires, informations dues.',
  },
  {
    en: 'competency',
    fr: 'compétence',
    meaningEn:
      'What an agent must master to be given a type of interaction: communication, technical or client-specific (languages are among these).',
    meaningFr:
      'Ce qu’un conseiller doit maîtriser pour recevoir un type d’interaction : communication, technique ou propre au donneur d’ordre (dont les langues).',
    insteadOf: ['skill'],
  },
  {
    en: 'assessment',
    fr: 'évaluation',
    meaningEn:
      'A dated finding of the level at which an agent masters a competency. It lapses after a year at most.',
    meaningFr:
      'Le constat daté du niveau auquel un conseiller maîtrise une compétence. Il vaut un an au plus.',
  },
  {
    en: 'interaction type',
    fr: 'type d’interaction',
    meaningEn: 'Client, channel and subject, with the competencies it requires.',
    meaningFr: 'Donneur d’ordre, canal et sujet, avec les compétences exigées.',
  },
  {
    en: 'queue',
    fr: 'file d’attente',
    meaningEn: 'The interactions of one type that wait.',
    meaningFr: 'Les interactions d’un type qui attendent.',
  },
  {
    en: 'offer',
    fr: 'proposition',
    meaningEn: 'An interaction presented to one agent, who may accept it or let it expire.',
    meaningFr: 'Une interaction présentée à un conseiller, qui peut l’accepter ou la laisser expirer.',
  },
  {
    en: 'decision',
    fr: 'décision',
    meaningEn:
      'Which agent was offered an interaction, and why: who else could have had it, who could not, which rule settled it.',
    meaningFr:
      'À quel conseiller une interaction a été proposée, et pourquoi : qui d’autre pouvait la recevoir, qui non, quelle règle a tranché.',
  },
  {
    en: 'capacity',
    fr: 'capacité',
    meaningEn: 'How many interactions of a channel an agent may hold at once.',
    meaningFr: 'Le nombre d’interactions d’un canal qu’un conseiller peut mener de front.',
  },
  {
    en: 'wrap-up',
    fr: 'traitement post-contact',
    meaningEn: 'Work after the contact, with its outcome.',
    meaningFr: 'Le travail qui suit le contact, avec son issue.',
    insteadOf: ['after-call work'],
  },
  {
    en: 'outcome',
    fr: 'issue',
    meaningEn: 'What came of an interaction, as its agent recorded it.',
    meaningFr: 'Ce qu’il est advenu d’une interaction, tel que son conseiller l’a consigné.',
    insteadOf: ['disposition'],
  },
  {
    en: 'presence',
    fr: 'disponibilité',
    meaningEn: 'What an agent is doing now (ready, busy, break, training …): one stream of events.',
    meaningFr:
      'Ce que fait un conseiller en ce moment (disponible, occupé, pause, formation …) : une seule suite d’événements.',
  },
  {
    en: 'site',
    fr: 'site',
    meaningEn: 'A place where agents work, in its time zone.',
    meaningFr: 'Un lieu où travaillent des conseillers, dans son fuseau horaire.',
  },
  {
    en: 'team',
    fr: 'équipe',
    meaningEn: 'Agents of a site who work together and may be asked together.',
    meaningFr: 'Des conseillers d’un site qui travaillent ensemble et que l’on sollicite ensemble.',
    insteadOf: ['group'],
  },
  {
    en: 'opening hours',
    fr: 'horaires d’ouverture',
    meaningEn: 'When customers are answered: a week, the holidays of a region, and days unlike their week.',
    meaningFr:
      'Quand on répond aux clients : une semaine, les jours fériés d’une région, et des jours qui font exception.',
  },
  {
    en: 'transfer',
    fr: 'transfert',
    meaningEn: 'Passing on what one handles to another type, a team or an agent, with a reason.',
    meaningFr: 'Confier ce que l’on traite à un autre type, à une équipe ou à un conseiller, avec un motif.',
  },
  {
    en: 'requirement',
    fr: 'exigence',
    meaningEn: 'One thing that the service standard asks.',
    meaningFr: 'Une chose que demande la norme de service.',
  },
  {
    en: 'evidence',
    fr: 'preuve',
    meaningEn: 'A dated record or a live figure that shows a requirement met.',
    meaningFr: 'Un enregistrement daté ou un chiffre en direct qui montre une exigence satisfaite.',
  },
  {
    en: 'improvement action',
    fr: 'action d’amélioration',
    meaningEn: 'What is done about a finding, by whom, by when, and whether it worked.',
    meaningFr: 'Ce que l’on fait d’un constat, par qui, pour quand, et si cela a réussi.',
  },
];

/** The glossary as a document in both languages. */
export function glossaryDocument(): string {
  return [
    '<!-- Written by `npm run register` from src/standard/glossary.ts. -->',
    '# Glossary · Glossaire',
    '',
    'The words of the service standard, one for each thing, in code, interface, screens and documents. Mind the one that crosses',
    'over: the French word for *customer* is « client », and for *client* « donneur d’ordre ».',
    '',
    'Les mots de la norme de service, un seul par chose, dans le code, l’interface, les écrans et les documents. Attention au',
    'faux ami : « client » se dit *customer* en anglais, et *client* y désigne le donneur d’ordre.',
    '',
    '| word | mot | meaning | sens | not · pas |',
    '| --- | --- | --- | --- | --- |',
    ...glossary.map(
      ({ en, fr, meaningEn, meaningFr, insteadOf }) =>
        `| **${en}** | **${fr}** | ${meaningEn} | ${meaningFr} | ${insteadOf?.join(', ') ?? ''} |`,
    ),
    '',
  ].join('\n');
}
