import { z } from 'zod';
import { seeing } from '#src/platform/db/sql.ts';
import { refuse } from '#src/platform/refusal.ts';
import { type Asked, day, page, pageOf, pageQuery, pageSizeMax, route } from '#src/platform/route/route.ts';
import {
  assessCompetency,
  assessmentView,
  changeCompetency,
  competencyView,
  createCompetency,
} from './competencies.ts';
import type { Assessment, Competency } from './contract.ts';
import { assessmentsOf, competencyPage } from './queries.ts';

const kind = z.enum(['communication', 'technical', 'client-specific']);
const competency = z
  .object({
    id: z.uuid(),
    clientId: z.uuid().nullable(),
    kind,
    nameEn: z.string(),
    nameFr: z.string(),
    language: z.string().nullable(),
    active: z.boolean(),
  })
  .meta({ id: 'Competency' }) satisfies z.ZodType<Competency>;
const assessment = z
  .object({
    id: z.uuid(),
    agentId: z.uuid(),
    competencyId: z.uuid(),
    level: z.number().int(),
    assessedOn: z.iso.date(),
    validUntil: z.iso.date(),
    assessedBy: z.uuid().nullable(),
    recordedAt: z.iso.datetime(),
  })
  .meta({ id: 'Assessment' }) satisfies z.ZodType<Assessment>;
const name = z.string().trim().min(1).max(120);
const language = z
  .string()
  .regex(/^[a-z]{2,3}$/, 'a language such as fr')
  .nullable();
const id = { id: z.uuid() };

/** @param seesPerson whether somebody may know of a person at all: who that is, another module keeps */
export const competencyRoutes = ({
  seesPerson,
}: {
  seesPerson: (asked: Asked, personId: string) => Promise<boolean>;
}) => [
  route('GET /api/competencies', {
    summary:
      'Competencies: the common ones and those of the clients one may see; of one client, its own and the common ones',
    query: { ...pageQuery, clientId: z.uuid().optional() },
    answer: pageOf(competency),
    handle: async ({ query: { limit, cursor, clientId } }, { ctx, actor }) =>
      page(
        await seeing(ctx.db, actor.clients, (tx) =>
          competencyPage(tx, actor.clients, { clientId, after: cursor, limit: limit + 1 }),
        ),
        limit,
        competencyView,
      ),
  }),
  route('POST /api/competencies', {
    summary: 'Create a competency',
    body: {
      clientId: z.uuid().nullable(),
      kind,
      nameEn: name,
      nameFr: name,
      language: language.default(null),
    },
    answer: competency,
    creates: true,
    handle: ({ body }, { ctx, actor }) => createCompetency(ctx, body, actor.personId),
    view: competencyView,
  }),
  route('PATCH /api/competencies/:id', {
    summary: 'Rename a competency, say of which language it is, or take it out of use',
    params: id,
    body: {
      nameEn: name.optional(),
      nameFr: name.optional(),
      language: language.optional(),
      active: z.boolean().optional(),
    },
    answer: competency,
    handle: ({ params, body }, { ctx, actor }) =>
      changeCompetency(ctx, params.id, body, actor.clients, actor.personId),
    view: competencyView,
  }),
  route('GET /api/people/:id/assessments', {
    summary: 'An agent’s assessments, newest first',
    params: id,
    answer: z.object({ items: z.array(assessment) }),
    handle: async ({ params }, asked) => {
      const { ctx, actor } = asked;
      if (!(await seesPerson(asked, params.id))) return refuse('not-found');
      const rows = await seeing(ctx.db, actor.clients, (tx) =>
        assessmentsOf(tx, params.id, actor.clients, pageSizeMax),
      );
      return { items: rows.map(assessmentView) };
    },
  }),
  route('POST /api/people/:id/assessments', {
    summary: 'Record an assessment; it counts at once, and for a year at most',
    params: id,
    body: {
      competencyId: z.uuid(),
      level: z.number().int().min(0).max(5),
      assessedOn: day,
      validUntil: day.optional(),
    },
    answer: assessment,
    creates: true,
    handle: ({ params, body }, { ctx, actor }) =>
      assessCompetency(ctx, { agentId: params.id, ...body }, actor.clients, actor.personId),
    view: assessmentView,
  }),
];
