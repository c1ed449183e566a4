import type { Queryable, Tx } from '#src/platform/db/sql.ts';
import type { CompetencyKind } from './contract.ts';

export interface CompetencyRow {
  id: string;
  client_id: string | null;
  kind: CompetencyKind;
  name_en: string;
  name_fr: string;
  language: string | null;
  active: boolean;
}

export interface AssessmentRow {
  id: string;
  agent_id: string;
  competency_id: string;
  level: number;
  /** yyyy-mm-dd */
  assessed_on: string;
  valid_until: string;
  assessed_by: string | null;
  recorded_at: Date;
}

export async function insertCompetency(
  db: Queryable,
  c: {
    id: string;
    clientId: string | null;
    kind: CompetencyKind;
    nameEn: string;
    nameFr: string;
    language: string | null;
    at: Date;
  },
): Promise<CompetencyRow> {
  const [row] = await db<CompetencyRow[]>`
    insert into competency (id, client_id, kind, name_en, name_fr, language, created_at)
    values (${c.id}, ${c.clientId}, ${c.kind}, ${c.nameEn}, ${c.nameFr}, ${c.language}, ${c.at}) returning *`;
  return row!;
}

export async function updateCompetency(
  db: Queryable,
  id: string,
  change: { nameEn?: string; nameFr?: string; language?: string | null; active?: boolean },
  clients: readonly string[],
): Promise<CompetencyRow | undefined> {
  const [row] = await db<CompetencyRow[]>`
    update competency set name_en = coalesce(${change.nameEn ?? null}, name_en), name_fr = coalesce(${change.nameFr ?? null}, name_fr),
           language = ${change.language === undefined ? db`language` : change.language}, active = coalesce(${change.active ?? null}, active)
     where id = ${id} and (client_id is null or client_id = any (${clients as string[]}::uuid[])) returning *`;
  return row;
}

export async function competencyById(db: Queryable, id: string): Promise<CompetencyRow | undefined> {
  const [row] = await db<CompetencyRow[]>`select * from competency where id = ${id}`;
  return row;
}

export async function competencyPage(
  tx: Tx,
  clients: readonly string[],
  page: { clientId?: string; after?: string; limit: number },
): Promise<CompetencyRow[]> {
  return tx<CompetencyRow[]>`
    select * from competency where (client_id is null or client_id = any (${clients as string[]}::uuid[]))
       ${page.clientId === undefined ? tx`` : tx`and (client_id is null or client_id = ${page.clientId})`}
       ${page.after === undefined ? tx`` : tx`and id > ${page.after}`} order by id limit ${page.limit}`;
}

/** Both languages' names by id, for sentences about them. */
export async function competencyNames(
  db: Queryable,
): Promise<{ id: string; name_en: string; name_fr: string }[]> {
  return db<{ id: string; name_en: string; name_fr: string }[]>`select id, name_en, name_fr from competency`;
}

export async function insertAssessment(
  db: Queryable,
  a: {
    id: string;
    agentId: string;
    competencyId: string;
    level: number;
    assessedOn: string;
    validUntil: string;
    by: string | null;
    at: Date;
  },
): Promise<AssessmentRow> {
  const [row] = await db<AssessmentRow[]>`
    insert into assessment (id, agent_id, competency_id, level, assessed_on, valid_until, assessed_by, recorded_at)
    values (${a.id}, ${a.agentId}, ${a.competencyId}, ${a.level}, ${a.assessedOn}::date, ${a.validUntil}::date, ${a.by}, ${a.at}) returning *`;
  return row!;
}

/** An assessment with the language whose mastery it is about, if it is about one. */
export type LanguageAssessment = AssessmentRow & { language: string | null };

/** The newest assessment of each competency of these agents (none named: of all): what routing believes. */
export async function newestAssessments(
  db: Queryable,
  agents?: readonly string[],
): Promise<LanguageAssessment[]> {
  return db<LanguageAssessment[]>`
    select distinct on (a.agent_id, a.competency_id) a.*, c.language from assessment a join competency c on c.id = a.competency_id
     where ${agents === undefined} or a.agent_id = any (${(agents ?? []) as string[]}::uuid[])
     order by a.agent_id, a.competency_id, a.id desc`;
}

/**
 * What routing has believed of these agents since a moment: of each competency the newest assessment up to then, and all since. Oldest
 * first.
 */
export async function assessmentsSince(
  db: Queryable,
  agents: readonly string[],
  since: Date,
): Promise<LanguageAssessment[]> {
  if (agents.length === 0) return [];
  return db<LanguageAssessment[]>`
    select a.*, c.language from (
      (select distinct on (agent_id, competency_id) * from assessment
        where agent_id = any (${agents as string[]}::uuid[]) and recorded_at <= ${since} order by agent_id, competency_id, id desc)
      union all
      select * from assessment where agent_id = any (${agents as string[]}::uuid[]) and recorded_at > ${since}) a
      join competency c on c.id = a.competency_id
     order by a.id`;
}

/** All assessments of an agent that concern what the asker may see, newest first. */
export async function assessmentsOf(
  tx: Tx,
  agentId: string,
  clients: readonly string[],
  limit: number,
): Promise<AssessmentRow[]> {
  return tx<AssessmentRow[]>`
    select a.* from assessment a join competency c on c.id = a.competency_id
     where a.agent_id = ${agentId} and (c.client_id is null or c.client_id = any (${clients as string[]}::uuid[]))
     order by a.id desc limit ${limit}`;
}
