import { z } from 'zod';
import {
  allTypes,
  channelSchema,
  channels,
  floorCounts,
  floorPage,
  interactionSchema,
  interactionState,
  interactionView,
  isPaused,
  slotsOf,
} from '#src/modules/interactions/index.ts';
import { closedHours, teamById } from '#src/modules/organisation/index.ts';
import { agents } from '#src/modules/people/index.ts';
import { presentHeads } from '#src/modules/presence/index.ts';
import type { Context } from '#src/platform/context.ts';
import { seeing } from '#src/platform/db/sql.ts';
import type { Actor } from '#src/platform/identity/actor.ts';
import type { NamesOf } from '#src/platform/names.ts';
import { route } from '#src/platform/route/route.ts';
import type { Floor, FloorAgent, FloorSort } from './contract.ts';
import { askedNamesIn } from './work.ts';

/** Interactions, and agents, that one answer lists at most. */
export const floorMax = 300;

const at = z.iso.datetime();
const byName = z.string().nullable();
const floor = z
  .object({
    at,
    interactions: z.array(
      interactionSchema.extend({ breachAt: at.nullable(), toName: z.string().nullable() }),
    ),
    more: z.boolean(),
    counts: z.partialRecord(interactionState, z.number().int()),
    agents: z.array(
      z.object({
        id: z.uuid(),
        name: z.string(),
        state: z.enum(['ready', 'busy', 'break', 'training', 'meeting', 'not-responding', 'offline']),
        reason: z.string(),
        since: at,
        connected: z.boolean(),
        capacity: z.partialRecord(channelSchema, z.object({ used: z.number().int(), of: z.number().int() })),
      }),
    ),
    moreAgents: z.boolean(),
    paused: z.array(z.object({ typeId: z.uuid(), at, until: at.nullable(), byName, reason: z.string() })),
    closed: z.array(
      z.object({
        hoursId: z.uuid(),
        name: z.string(),
        typeIds: z.array(z.uuid()),
        opensAt: at.nullable(),
        early: z.object({ at, byName, reason: z.string() }).nullable(),
      }),
    ),
  })
  .meta({ id: 'Floor' }) satisfies z.ZodType<Floor>;

interface Looking {
  clientId?: string;
  typeId?: string;
  channel?: string;
  state?: string;
  teamId?: string;
  sort: FloorSort;
}

/** The floor is one answer that is read again and again: all that a row shows is in it, and only "why" is asked of a single row. */
export function floorRoutes({ names }: { names: NamesOf }) {
  return [
    route('GET /api/floor', {
      summary: 'The floor: all open interactions one may see, who is here, and what is paused or closed',
      query: {
        clientId: z.uuid().optional(),
        typeId: z.uuid().optional(),
        channel: channelSchema.optional(),
        state: interactionState.optional(),
        teamId: z.uuid().optional(),
        sort: z.enum(['waiting', 'breach', 'priority']).default('waiting'),
      },
      answer: floor,
      handle: ({ query }, { ctx, actor }) => floorNow(ctx, actor, names, query),
    }),
  ];
}

async function floorNow(
  ctx: Context,
  actor: Actor,
  names: NamesOf,
  { teamId, state, sort, ...filter }: Looking,
): Promise<Floor> {
  const now = ctx.clock.now();
  const { clients } = actor;
  const [known, asked, team] = await Promise.all([
    names.all(),
    askedNamesIn(ctx, actor.language),
    teamId === undefined ? undefined : teamById(ctx.db.system, teamId, clients),
  ]);
  const members = teamId === undefined ? undefined : (team?.members ?? []);
  const filtered = { ...filter, ...(teamId !== undefined && members && { team: { id: teamId, members } }) };
  const serving = filter.clientId === undefined ? clients : clients.filter((id) => id === filter.clientId);
  const [open, here, held] = await Promise.all([
    seeing(ctx.db, clients, async (tx) => ({
      rows: await floorPage(tx, clients, { ...filtered, state, sort, limit: floorMax + 1 }),
      counts: await floorCounts(tx, clients, filtered),
    })),
    agentsHere(ctx, serving, members),
    heldTypes(ctx, clients, now),
  ]);
  const nameOf = (id: string | null) => (id === null ? null : (known[id] ?? null));
  return {
    at: now.toISOString(),
    interactions: open.rows.slice(0, floorMax).map((row) => {
      const isKept = row.to_until !== null && row.to_until > now;
      return {
        ...interactionView(row, known),
        breachAt: row.breach_at?.toISOString() ?? null,
        toName: isKept ? (nameOf(row.to_agent_id) ?? asked[row.to_team_id ?? ''] ?? null) : null,
      };
    }),
    more: open.rows.length > floorMax,
    counts: Object.fromEntries(open.counts.map((row) => [row.state, row.count])),
    agents: here.slice(0, floorMax).map((agent) => ({ ...agent, name: known[agent.id] ?? '' })),
    moreAgents: here.length > floorMax,
    paused: held.paused.map(({ by, ...pause }) => ({ ...pause, byName: nameOf(by) })),
    closed: held.closed.map(({ early, ...closed }) => ({
      ...closed,
      early: early && { at: early.at, byName: nameOf(early.by), reason: early.reason },
    })),
  };
}

type Here = Omit<FloorAgent, 'name'>;

/** Of those who serve these clients (and are in the team) who is here, with their places: who has one free comes first. */
async function agentsHere(
  ctx: Context,
  clients: readonly string[],
  only: readonly string[] | undefined,
): Promise<Here[]> {
  const db = ctx.db.system;
  const heads = (await presentHeads(db)).filter(({ agent_id: id }) => only?.includes(id) ?? true);
  const ids = heads.map((head) => head.agent_id);
  const [people, slots] = await Promise.all([agents(db, ids), slotsOf(db, ids)]);
  const ours = new Set(
    people.filter((person) => person.clients.some((id) => clients.includes(id))).map(({ id }) => id),
  );
  const slotsBy = Map.groupBy(slots, (slot) => slot.agent_id);
  return heads
    .filter(({ agent_id: id }) => ours.has(id))
    .map((head) => ({
      id: head.agent_id,
      state: head.state,
      reason: head.reason,
      since: head.since.toISOString(),
      connected: head.connected,
      capacity: Object.fromEntries(
        (slotsBy.get(head.agent_id) ?? [])
          .filter(({ size, used }) => size > 0 || used > 0)
          .map(({ channel, size, used }) => [channel, { used, of: size }]),
      ),
    }))
    .sort((a, b) => rank(a) - rank(b) || (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
}

function rank({ state, connected, capacity }: Here): number {
  if (state !== 'ready') return state === 'not-responding' ? 2 : 3;
  const isFree = channels.some((channel) => (capacity[channel]?.used ?? 0) < (capacity[channel]?.of ?? 0));
  return connected && isFree ? 0 : 1;
}

/** The types in use of these clients that are held now, by hand or by their hours. */
async function heldTypes(ctx: Context, clients: readonly string[], now: Date) {
  const db = ctx.db.system;
  const types = (await allTypes(db)).filter((type) => type.active && clients.includes(type.client_id));
  const following = Map.groupBy(types, (type) => type.hours_id);
  const followed = [...following.keys()].filter((id) => id !== null);
  const closed = await closedHours(db, now, followed);
  return {
    paused: types
      .filter((type) => isPaused(type, now))
      .map((type) => ({
        typeId: type.id,
        at: (type.paused_at ?? now).toISOString(),
        until: type.paused_until?.toISOString() ?? null,
        by: type.paused_by,
        reason: type.paused_reason ?? '',
      })),
    closed: closed.map((hours) => ({
      hoursId: hours.id,
      name: hours.name,
      typeIds: (following.get(hours.id) ?? []).map(({ id }) => id),
      opensAt: hours.changesAt,
      early: hours.closedEarly,
    })),
  };
}
