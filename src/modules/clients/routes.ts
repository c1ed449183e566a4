import { z } from 'zod';
import { seeing } from '#src/platform/db/sql.ts';
import { refuse } from '#src/platform/refusal.ts';
import { page, pageOf, pageQuery, route } from '#src/platform/route/route.ts';
import { changeClient, clientView, createClient, nameCentre } from './clients.ts';
import type { Client } from './contract.ts';
import { centreName, clientById, clientPage } from './queries.ts';

const client = z
  .object({
    id: z.uuid(),
    name: z.string(),
    slug: z.string(),
    active: z.boolean(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Client' }) satisfies z.ZodType<Client>;
const centre = z.object({ name: z.string() }).meta({ id: 'Centre' });
const name = z.string().trim().min(1).max(120);
const slug = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?$/, 'small letters, digits and hyphens');
const id = { id: z.uuid() };

export const clientRoutes = [
  route('GET /api/centre', {
    summary: 'The contact centre itself',
    answer: centre,
    handle: async (_, { ctx }) => ({ name: (await centreName(ctx.db.system)) ?? '' }),
  }),
  route('PUT /api/centre', {
    summary: 'Name the contact centre',
    body: { name },
    answer: centre,
    handle: ({ body }, { ctx }) => nameCentre(ctx, body.name),
  }),
  route('GET /api/clients', {
    summary: 'The clients one may see',
    query: pageQuery,
    answer: pageOf(client),
    handle: async ({ query: { limit, cursor } }, { ctx, actor }) =>
      page(
        await seeing(ctx.db, actor.clients, (tx) =>
          clientPage(tx, actor.clients, { after: cursor, limit: limit + 1 }),
        ),
        limit,
        clientView,
      ),
  }),
  route('POST /api/clients', {
    summary: 'Create a client',
    body: { name, slug: slug.optional() },
    answer: client,
    creates: true,
    handle: ({ body }, { ctx, actor }) => createClient(ctx, body, actor.personId),
    view: clientView,
  }),
  route('GET /api/clients/:id', {
    summary: 'One client',
    params: id,
    answer: client,
    handle: async ({ params }, { ctx, actor }) =>
      (await seeing(ctx.db, actor.clients, (tx) => clientById(tx, params.id))) ?? refuse('not-found'),
    view: clientView,
  }),
  route('PATCH /api/clients/:id', {
    summary: 'Change a client',
    params: id,
    body: { name: name.optional(), active: z.boolean().optional() },
    answer: client,
    handle: ({ params, body }, { ctx, actor }) =>
      changeClient(ctx, params.id, body, actor.clients, actor.personId),
    view: clientView,
  }),
];
