import type { Queryable } from '#src/platform/db/sql.ts';
import type { PresenceState } from './contract.ts';

export interface PresenceRow {
  agent_id: string;
  session_id: string;
  seq: number;
  state: PresenceState;
  reason: string;
  since: Date;
  lease_until: Date | null;
  connected: boolean;
}

export interface Change {
  agentId: string;
  state: PresenceState;
  reason: string;
  at: Date;
  /** The stream to open when the agent was offline. */
  newSession: string;
  leaseUntil: Date;
  /** Whether a browser of the agent is on this node's line. */
  connected: boolean;
  /** Only when the lease has run out meanwhile: a line that came back in time is not lost. */
  onlyIfLapsed?: boolean;
  /** Only when the agent has been ready since that moment or before: what they chose later stands. */
  onlyIfReadySince?: Date;
}

/** Moves the head and appends to its stream in one statement, or nothing when it stands there already. */
export async function changePresence(
  db: Queryable,
  c: Change,
): Promise<(PresenceRow & { body: Record<string, unknown> }) | undefined> {
  const lease = c.state === 'offline' ? null : c.leaseUntil;
  const ready = c.onlyIfReadySince ?? null;
  const [row] = await db<(PresenceRow & { body: Record<string, unknown> })[]>`
    with before as materialized (select * from agent_presence where agent_id = ${c.agentId} for update),
    moved as (
      update agent_presence p set
             session_id = case when b.state = 'offline' then ${c.newSession}::uuid else b.session_id end,
             seq = case when b.state = 'offline' then 1 else b.seq + 1 end,
             state = ${c.state}, reason = ${c.reason}, since = ${c.at},
             lease_until = case when ${ready}::timestamptz is null then ${lease}::timestamptz else p.lease_until end,
             connected = (p.connected or ${c.connected}) and ${c.state} <> 'offline'
        from before b
       where p.agent_id = b.agent_id and b.state <> ${c.state} and (not ${c.onlyIfLapsed ?? false} or b.lease_until < ${c.at})
         and (${ready}::timestamptz is null or b.state = 'ready' and b.since <= ${ready}::timestamptz)
      returning p.*, b.state as from_state, extract(epoch from ${c.at}::timestamptz - b.since)::float8 as seconds_in_state),
    made as (
      insert into agent_presence (agent_id, session_id, seq, state, reason, since, lease_until, connected)
      select ${c.agentId}, ${c.newSession}, 1, ${c.state}, ${c.reason}, ${c.at}, ${lease}::timestamptz, ${c.connected}
       where not exists (select 1 from before) and ${c.state} <> 'offline' and ${ready}::timestamptz is null
      returning *, 'offline' as from_state, 0::float8 as seconds_in_state),
    now as (select * from moved union all select * from made),
    logged as (
      insert into event (stream, seq, kind, client_id, at, body)
      select session_id, seq, 'presence.changed', null, since,
             jsonb_build_object('agentId', agent_id, 'state', state, 'from', from_state, 'reason', reason, 'secondsInState', greatest(0, round(seconds_in_state::numeric, 3)))
        from now returning body)
    select agent_id, session_id, seq, state, reason, since, lease_until, connected, (select body from logged) as body from now`;
  return row;
}

export async function heads(db: Queryable, agents?: readonly string[]): Promise<PresenceRow[]> {
  return db<PresenceRow[]>`
    select * from agent_presence where ${agents === undefined} or agent_id = any (${(agents ?? []) as string[]}::uuid[])`;
}

/** Who is here: everybody but those who are offline. */
export async function presentHeads(db: Queryable): Promise<PresenceRow[]> {
  return db<PresenceRow[]>`select * from agent_presence where state <> 'offline'`;
}

export async function lapsedHeads(db: Queryable, now: Date): Promise<PresenceRow[]> {
  return db<PresenceRow[]>`select * from agent_presence where lease_until < ${now}`;
}

/** Renews the leases; answers those who were not known to be on the line until now. */
export async function renewLeases(
  db: Queryable,
  agents: readonly string[],
  until: Date,
): Promise<PresenceRow[]> {
  return db<PresenceRow[]>`
    with before as materialized (
      select agent_id, connected from agent_presence where agent_id = any (${agents as string[]}::uuid[]) and state <> 'offline' for update),
    renewed as (
      update agent_presence p set lease_until = ${until}, connected = true from before b where p.agent_id = b.agent_id
      returning p.*, b.connected as was_connected)
    select agent_id, session_id, seq, state, reason, since, lease_until, connected from renewed where not was_connected`;
}

export async function setConnected(
  db: Queryable,
  agentId: string,
  connected: boolean,
  leaseUntil: Date,
): Promise<PresenceRow | undefined> {
  const [row] = await db<PresenceRow[]>`
    update agent_presence set connected = ${connected}, lease_until = ${leaseUntil} where agent_id = ${agentId} and state <> 'offline' returning *`;
  return row;
}
