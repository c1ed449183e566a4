import { z } from 'zod';
import type { Context } from '#src/platform/context.ts';
import { brokenConstraint, type Queryable } from '#src/platform/db/sql.ts';
import { event } from '#src/platform/events/event.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import { newId } from '#src/platform/ids.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import type { ChannelRules, RoutingRules } from './contract.ts';
import { whyNotBeside } from './rules.ts';

export const routingRulesChanged = event(
  'routing-rules.changed',
  z.object({ by: z.uuid().optional(), changed: z.record(z.string(), z.unknown()) }),
);

/**
 * What holds until somebody changes it. A call excludes conversations and they exclude it; it may interrupt mail, and no further mail
 * is offered while it lasts. All else goes together.
 */
export const rulesAtFirst: RoutingRules = {
  channels: {
    voice: { chat: 'excluded', messaging: 'excluded', email: 'interrupts' },
    chat: { voice: 'excluded' },
    messaging: { voice: 'excluded' },
    email: { voice: 'excluded' },
  },
  missesMax: 3,
  version: 0,
};

interface RulesRow {
  id: string;
  channels: ChannelRules;
  misses_max: number;
  version: number;
}

function rulesView(row: RulesRow | undefined): RoutingRules {
  return row === undefined
    ? rulesAtFirst
    : { channels: row.channels, missesMax: row.misses_max, version: row.version };
}

async function rulesRow(db: Queryable): Promise<RulesRow | undefined> {
  const [row] = await db<RulesRow[]>`select id, channels, misses_max, version from routing_rules`;
  return row;
}

/** The centre's rules of routing as they are now. */
export async function routingRulesNow(db: Queryable): Promise<RoutingRules> {
  return rulesView(await rulesRow(db));
}

/** When they were changed last; undefined while those of the program hold. */
export async function routingRulesChangedAt(db: Queryable): Promise<Date | undefined> {
  const [row] = await db<{ updated_at: Date }[]>`select updated_at from routing_rules`;
  return row?.updated_at;
}

/** Changes which channels go together and how many misses are too many; it holds at once, for all clients. */
export async function changeRoutingRules(
  ctx: Context,
  { channels, missesMax, version }: RoutingRules,
  by: string,
): Promise<Refused<RoutingRules>> {
  const reason = whyNotBeside(channels);
  if (reason !== undefined) return refuse(reason);
  const at = ctx.clock.now();
  return transaction<Refused<RoutingRules>>(ctx, async (tx) => {
    const json = tx.sql.json(channels);
    const [row] =
      version === 0
        ? await tx.sql<RulesRow[]>`
            insert into routing_rules (id, channels, misses_max, version, updated_at)
            values (${newId(at)}, ${json}, ${missesMax}, 1, ${at}) returning id, channels, misses_max, version`
        : await tx.sql<RulesRow[]>`
            update routing_rules set channels = ${json}, misses_max = ${missesMax}, version = version + 1, updated_at = ${at}
             where version = ${version} returning id, channels, misses_max, version`;
    if (row === undefined) return refuse('changed-meanwhile');
    await publish(tx, routingRulesChanged, {
      stream: row.id,
      clientId: null,
      at,
      body: { by, changed: { channels, missesMax } },
    });
    return rulesView(row);
  }).catch((error) => {
    if (brokenConstraint(error) === 'routing_rules_pkey') return refuse('changed-meanwhile');
    throw error;
  });
}

/** How many offers an agent has let pass in a row since a moment. */
export async function missesSince(db: Queryable, agentId: string, since: Date): Promise<number> {
  const [row] = await db<{ misses: number }[]>`
    select count(*)::integer as misses from missed_offer where agent_id = ${agentId} and at >= ${since}`;
  return row!.misses;
}
