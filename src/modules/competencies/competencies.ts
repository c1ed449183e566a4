import { z } from 'zod';
import type { Context } from '#src/platform/context.ts';
import { brokenConstraint } from '#src/platform/db/sql.ts';
import { event } from '#src/platform/events/event.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import { newId } from '#src/platform/ids.ts';
import { type Refused, refusals, refuse } from '#src/platform/refusal.ts';
import { fulfils } from '#src/standard/fulfils.ts';
import type { Assessment, Competency, CompetencyKind } from './contract.ts';
import {
  type AssessmentRow,
  type CompetencyRow,
  competencyById,
  insertAssessment,
  insertCompetency,
  updateCompetency,
} from './queries.ts';
import { whyNotAssess, yearAfter } from './rules.ts';

export const competencyChanged = event(
  'competency.changed',
  z.object({ by: z.uuid().optional(), changed: z.record(z.string(), z.unknown()) }),
);
export const competencyAssessed = event(
  'competency.assessed',
  z.object({
    by: z.uuid().optional(),
    agentId: z.uuid(),
    competencyId: z.uuid(),
    level: z.number(),
    assessedOn: z.string(),
    validUntil: z.string(),
  }),
);

refusals({
  'competency-of-no-client': {
    status: 422,
    en: 'A client-specific competency belongs to a client; choose the client, or another kind.',
    fr: 'Une compétence propre à un client appartient à un client ; choisissez le client, ou un autre genre.',
  },
  'assessment-in-future': {
    status: 422,
    en: 'An assessment is recorded on or after its day; check the date.',
    fr: 'Une évaluation s’enregistre le jour même ou après ; vérifiez la date.',
  },
  'assessment-lasts-too-long': {
    status: 422,
    en: 'A competency is assessed again within a year (6.4); choose an earlier end.',
    fr: 'Une compétence est réévaluée dans l’année (6.4) ; choisissez une fin plus proche.',
  },
  'assessment-ends-before-it-starts': {
    status: 422,
    en: 'The end of validity must come after the day of the assessment.',
    fr: 'La fin de validité doit suivre le jour de l’évaluation.',
  },
  'assessment-unknown-pair': {
    status: 422,
    en: 'This person or this competency does not exist, or is not yours to see.',
    fr: 'Cette personne ou cette compétence n’existe pas, ou ne vous est pas visible.',
  },
});

export function competencyView(row: CompetencyRow): Competency {
  return {
    id: row.id,
    clientId: row.client_id,
    kind: row.kind,
    nameEn: row.name_en,
    nameFr: row.name_fr,
    language: row.language,
    active: row.active,
  };
}

export function assessmentView(row: AssessmentRow): Assessment {
  return {
    id: row.id,
    agentId: row.agent_id,
    competencyId: row.competency_id,
    level: row.level,
    assessedOn: row.assessed_on,
    validUntil: row.valid_until,
    assessedBy: row.assessed_by,
    recordedAt: row.recorded_at.toISOString(),
  };
}

export async function createCompetency(
  ctx: Context,
  draft: {
    clientId: string | null;
    kind: CompetencyKind;
    nameEn: string;
    nameFr: string;
    language?: string | null;
  },
  by?: string,
): Promise<Refused<CompetencyRow>> {
  if (draft.kind === 'client-specific' && draft.clientId === null) return refuse('competency-of-no-client');
  const at = ctx.clock.now();
  const id = newId(at);
  return transaction<Refused<CompetencyRow>>(ctx, async (tx) => {
    const row = await insertCompetency(tx.sql, { id, at, ...draft, language: draft.language ?? null });
    await publish(tx, competencyChanged, {
      stream: id,
      clientId: draft.clientId,
      at,
      body: { ...(by === undefined ? {} : { by }), changed: { ...draft } },
    });
    return row;
  }).catch((error) => {
    if (brokenConstraint(error)?.endsWith('fkey')) return refuse('client-unknown');
    throw error;
  });
}

export async function changeCompetency(
  ctx: Context,
  id: string,
  change: { nameEn?: string; nameFr?: string; language?: string | null; active?: boolean },
  clients: readonly string[],
  by?: string,
): Promise<Refused<CompetencyRow>> {
  return transaction<Refused<CompetencyRow>>(ctx, async (tx) => {
    const row = await updateCompetency(tx.sql, id, change, clients);
    if (row === undefined) return refuse('not-found');
    await publish(tx, competencyChanged, {
      stream: id,
      clientId: row.client_id,
      at: ctx.clock.now(),
      body: { ...(by === undefined ? {} : { by }), changed: change },
    });
    return row;
  });
}

export interface Assessing {
  agentId: string;
  competencyId: string;
  level: number;
  assessedOn: string;
  validUntil?: string;
}

fulfils('6.4-a', assessCompetency);

/**
 * Records what an agent masters, and until when it counts: at most a year. The newest assessment counts from its commit on;
 * older ones stay as evidence.
 */
export async function assessCompetency(
  ctx: Context,
  { agentId, competencyId, level, assessedOn, validUntil = yearAfter(assessedOn) }: Assessing,
  clients: readonly string[],
  by?: string,
): Promise<Refused<AssessmentRow>> {
  const at = ctx.clock.now();
  const reason = whyNotAssess({ assessedOn, validUntil }, at);
  if (reason !== undefined) return refuse(reason);
  const id = newId(at);
  return transaction<Refused<AssessmentRow>>(ctx, async (tx) => {
    const competency = await competencyById(tx.sql, competencyId);
    if (
      competency === undefined ||
      (competency.client_id !== null && !clients.includes(competency.client_id))
    )
      return refuse('assessment-unknown-pair');
    const row = await insertAssessment(tx.sql, {
      id,
      agentId,
      competencyId,
      level,
      assessedOn,
      validUntil,
      by: by ?? null,
      at,
    });
    await publish(tx, competencyAssessed, {
      stream: agentId,
      clientId: competency.client_id,
      at,
      body: { ...(by === undefined ? {} : { by }), agentId, competencyId, level, assessedOn, validUntil },
    });
    return row;
  }).catch((error) => {
    if (brokenConstraint(error)?.endsWith('fkey')) return refuse('assessment-unknown-pair');
    throw error;
  });
}
