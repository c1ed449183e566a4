import type { Queryable } from '#src/platform/db/sql.ts';
import type { Channel } from './contract.ts';

export const channels: readonly Channel[] = ['voice', 'email', 'chat', 'messaging'];
/** More at once than anybody can hold. */
export const capacityMax = 50;

export type Capacity = Partial<Record<Channel, number>>;

/**
 * Sets how many interactions of a channel an agent may hold: slots exist up to the limit. A lowered limit retires the
 * slots above it; what is held in them is kept and ends there.
 */
export async function setCapacity(db: Queryable, agentId: string, capacity: Capacity): Promise<void> {
  for (const channel of channels) {
    const limit = capacity[channel];
    if (limit === undefined) continue;
    await db`
      insert into capacity_slot (agent_id, channel, slot)
      select ${agentId}, ${channel}, slot from generate_series(1, ${limit}) slot
      on conflict (agent_id, channel, slot) do nothing`;
    await db`
      update capacity_slot set retired = slot > ${limit}
       where agent_id = ${agentId} and channel = ${channel} and retired is distinct from (slot > ${limit})`;
  }
}

export interface AgentSlots {
  agent_id: string;
  channel: Channel;
  size: number;
  used: number;
  freed_at: Date | null;
}

/** Per agent and channel: the limit, what is used (retired slots too), and when work last left. */
export async function slotsOf(db: Queryable, agents?: readonly string[]): Promise<AgentSlots[]> {
  return db<AgentSlots[]>`
    select s.agent_id, s.channel, count(*) filter (where not s.retired)::integer as size, count(a.slot)::integer as used, max(s.freed_at) as freed_at
      from capacity_slot s left join assignment a on a.agent_id = s.agent_id and a.channel = s.channel and a.slot = s.slot
     where ${agents === undefined} or s.agent_id = any (${(agents ?? []) as string[]}::uuid[])
     group by s.agent_id, s.channel`;
}

/**
 * What is held in a retired slot counts as well: else who holds something there would be given one more than the lowered limit as soon
 * as another slot is free. `s` is a slot of the agent's on that channel.
 */
export const isBelowLimit = `(select count(*) from assignment h where h.agent_id = s.agent_id and h.channel = s.channel)
             < (select count(*) from capacity_slot c where c.agent_id = s.agent_id and c.channel = s.channel and not c.retired)`;

/** Whether the agent can take one more on this channel now. */
export async function hasFreeSlot(db: Queryable, agentId: string, channel: Channel): Promise<boolean> {
  const [row] = await db`
    select from capacity_slot s
     where agent_id = ${agentId} and channel = ${channel} and not retired
       and not exists (select from assignment a where a.agent_id = s.agent_id and a.channel = s.channel and a.slot = s.slot)
       and ${db.unsafe(isBelowLimit)} limit 1`;
  return row !== undefined;
}

/** The limits of one agent, as people set them. */
export async function capacityOf(db: Queryable, agents: readonly string[]): Promise<Map<string, Capacity>> {
  const found = new Map<string, Capacity>();
  for (const row of await slotsOf(db, agents)) {
    if (row.size === 0) continue;
    found.set(row.agent_id, { ...found.get(row.agent_id), [row.channel]: row.size });
  }
  return found;
}
