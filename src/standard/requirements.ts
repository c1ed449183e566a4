import type { RequirementRow } from './requirement-row.ts';
import { clause4 } from './requirements-4.ts';
import { clauses5And6 } from './requirements-5-6.ts';
import { clauses7To9 } from './requirements-7-9.ts';
import { annexes } from './requirements-annexes.ts';

// What the service standard for customer contact centres (ISO 18295-1:2017) asks, in our own words. Clauses 4 to 6 are
// paraphrased from its public sample; the rest was not seen and is inferred from titles, abstracts and neighbouring public
// sources, which every reader of a row must be told: `isInferred`.

/** The id of a requirement. An id that is not in the register does not compile. */
export type RequirementId = (
  | (typeof clause4)[number]
  | (typeof clauses5And6)[number]
  | (typeof clauses7To9)[number]
  | (typeof annexes)[number]
)['id'];

export interface Requirement extends Required<Omit<RequirementRow, 'likelyKind' | 'id'>> {
  readonly id: RequirementId;
  /** Only where the text was not seen. */
  readonly likelyKind: Exclude<RequirementRow['kind'], 'unknown'> | undefined;
}

/** Every requirement, in the order of the standard. */
export const requirements: readonly Requirement[] = [
  ...clause4,
  ...clauses5And6,
  ...clauses7To9,
  ...annexes,
].map((row: RequirementRow & { readonly id: RequirementId }) => ({
  ...row,
  ref: row.ref ?? '',
  likelyKind: row.likelyKind,
  example: row.example ?? false,
  source: row.source ?? sampleSource(row.clause),
}));

const byId: ReadonlyMap<string, Requirement> = new Map(requirements.map((row) => [row.id, row]));

/** The requirement of that id, or undefined when there is none: for ids that come from outside the types. */
export function requirement(id: string): Requirement | undefined {
  return byId.get(id);
}

/** True when any part of the row is our inference, so that no screen and no document may show it as what the standard says. */
export function isInferred(row: Pick<Requirement, 'basis'>): boolean {
  return row.basis !== 'seed';
}

export interface Clause {
  readonly clause: string;
  /** Our own heading for it. */
  readonly en: string;
  readonly fr: string;
}

/** The clauses that have requirements, in order, under headings of our own. */
export const clauses: readonly Clause[] = [
  { clause: '4.1', en: 'What customers live through', fr: 'Ce que vit le client' },
  { clause: '4.2', en: 'What customers are told', fr: 'Ce que l’on dit au client' },
  { clause: '4.3', en: 'Learning what customers think', fr: 'Savoir ce que pense le client' },
  { clause: '4.4', en: 'Complaints', fr: 'Réclamations' },
  { clause: '4.5', en: 'Protecting customers', fr: 'Protéger le client' },
  { clause: '5.1', en: 'Who answers for it', fr: 'Qui en répond' },
  { clause: '5.2', en: 'What is agreed with the client', fr: 'Ce qui est convenu avec le donneur d’ordre' },
  { clause: '5.3', en: 'Staff engagement', fr: 'Engagement des collaborateurs' },
  { clause: '6.1', en: 'Enough people, in the right place', fr: 'Assez de monde, au bon endroit' },
  { clause: '6.2', en: 'Posts and functions', fr: 'Postes et fonctions' },
  { clause: '6.3.1', en: 'Agents: in general', fr: 'Conseillers : en général' },
  { clause: '6.3.2', en: 'Agents: dealing with people', fr: 'Conseillers : relation et communication' },
  { clause: '6.3.3', en: 'Agents: technique', fr: 'Conseillers : technique' },
  { clause: '6.3.4', en: 'Agents: the client’s matters', fr: 'Conseillers : propre au donneur d’ordre' },
  { clause: '6.4', en: 'Assessment and training', fr: 'Évaluation et formation' },
  { clause: '6.5', en: 'Keeping staff informed', fr: 'Informer les collaborateurs' },
  { clause: '7.1', en: 'Processes', fr: 'Processus' },
  { clause: '7.2', en: 'Handling interactions', fr: 'Traiter les interactions' },
  { clause: '7.3', en: 'Forecasting and planning', fr: 'Prévoir et planifier' },
  { clause: '7.4', en: 'Quality', fr: 'Qualité' },
  { clause: '8.1', en: 'Infrastructure', fr: 'Infrastructure' },
  { clause: '8.2', en: 'Tools for interactions', fr: 'Outils des interactions' },
  { clause: '8.3', en: 'Customer data', fr: 'Données des clients' },
  { clause: '8.4', en: 'Place of work', fr: 'Lieu de travail' },
  { clause: '8.5', en: 'Continuity', fr: 'Continuité' },
  { clause: '9', en: 'Working with the client', fr: 'Travailler avec le donneur d’ordre' },
  { clause: 'A', en: 'Guidance on indicators', fr: 'Indicateurs, à titre indicatif' },
  {
    clause: 'B',
    en: 'Guidance on what client and contact centre settle',
    fr: 'Ce que donneur d’ordre et centre règlent, à titre indicatif',
  },
];

// The sample was read in English and French up to 5.1, and in French alone from 5.2 to 6.5.
function sampleSource(clause: string): string {
  const inEnglishToo = clause.startsWith('4.') || clause === '5.1';
  return `ISO 18295-1:2017 public sample (${inEnglishToo ? 'EN and FR' : 'FR'}), paraphrased`;
}
