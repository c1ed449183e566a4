import type { Context } from '#src/platform/context.ts';
import { brokenConstraint } from '#src/platform/db/sql.ts';
import type { Committed } from '#src/platform/events/bus.ts';
import { faultPoint } from '#src/platform/fault-point.ts';
import { newId } from '#src/platform/ids.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import { fulfils } from '#src/standard/fulfils.ts';
import type { Channel, PreferredWhy } from './contract.ts';
import type { InteractionRow } from './row.ts';
import { lineKey, type Written } from './write-line.ts';

fulfils('4.1-c', arriveInteraction);

export interface Arrival {
  threadId: string;
  clientId: string;
  typeId: string;
  customerId: string;
  /** The channel that brings it; the type must be one of it. */
  channel: Channel;
  language: string;
  told?: Record<string, string>;
  pageUrl?: string;
  /** Who is asked alone for so long, if they are there: stronger than what the type says. */
  preferred?: { agentId: string; why: PreferredWhy; holdSeconds: number };
  /** The first line, with the writer's own id of it. */
  text: string;
  key: string;
}

/**
 * A customer gets in touch: the interaction, its arrival and its first line are one commit, acknowledged after it. Where the type
 * prefers an agent, or the customer's last one, it is kept for them for a while. The same
 * line sent again finds its key taken; two first lines at once find the thread open.
 *
 * @returns where the line stands, or the refusals `line-already-written`, `thread-open` (write a line instead), `type-unknown`, `agent-unknown`
 */
export async function arriveInteraction(ctx: Context, arrival: Arrival): Promise<Refused<Written>> {
  const at = ctx.clock.now();
  const id = newId(at);
  const body = {
    typeId: arrival.typeId,
    channel: arrival.channel,
    customerId: arrival.customerId,
    language: arrival.language,
    ...(arrival.told === undefined ? {} : { told: arrival.told }),
    ...(arrival.pageUrl === undefined ? {} : { pageUrl: arrival.pageUrl }),
  };
  try {
    await faultPoint('before arrive');
    const [row] = await ctx.db.system.unsafe<InteractionRow[]>(
      arriveText,
      [
        id,
        arrival.clientId,
        arrival.typeId,
        arrival.customerId,
        arrival.threadId,
        arrival.language,
        at,
        body,
        arrival.text,
        arrival.key,
        lineKey(`thread ${arrival.threadId}`, arrival.key),
        arrival.channel,
        arrival.preferred?.agentId ?? null,
        arrival.preferred?.holdSeconds ?? null,
        arrival.preferred?.why ?? null,
      ] as never[],
      { prepare: true },
    );
    await faultPoint('after arrive');
    if (row === undefined) return refuse('type-unknown');
    const shared = { stream: id, clientId: row.client_id, at, after: row };
    const message = {
      author: 'customer',
      agentId: null,
      audience: 'all',
      text: arrival.text,
      key: arrival.key,
    };
    ctx.bus.tell([
      { ...shared, seq: 1, kind: 'interaction.arrived', body },
      {
        ...shared,
        seq: 2,
        kind: 'interaction.line',
        body: { author: 'customer', audience: 'all' },
        message,
      } as Committed,
    ]);
    return { interactionId: id, seq: 2, at };
  } catch (error) {
    const broken = brokenConstraint(error);
    if (broken?.startsWith('inbound_key')) return refuse('line-already-written');
    if (broken === 'interaction_preferred_agent_id_fkey') return refuse('agent-unknown');
    if (broken === 'interaction_thread_open') return refuse('thread-open');
    throw error;
  }
}

const arriveText = `
with type as materialized (
  select id, client_id, channel, priority, routing->'preferred' as preferred from interaction_type where id = $3::uuid and client_id = $2::uuid and channel = $12::text and active),
keyed as (insert into inbound_key (key, client_id, stream, seq, at) select $11::bytea, client_id, $1::uuid, 2, $7::timestamptz from type),
asked as materialized (
  select agent_id, hold, why from (
    select $13::uuid as agent_id, $14::integer as hold, $15::text as why, 1 as rank where $13::uuid is not null
    union all
    select (preferred->>'agentId')::uuid, (preferred->>'holdSeconds')::integer, 'named', 2 from type where preferred->>'agentId' is not null
    union all
    (select i.handled_by, (t.preferred->>'holdSeconds')::integer, 'last-agent', 3
       from type t join interaction i on i.customer_id = $4::uuid and i.handled_by is not null
      where t.preferred->'lastAgent' = 'true'::jsonb order by i.id desc limit 1)) a
   order by rank limit 1),
arrived as (
  insert into interaction (id, client_id, type_id, channel, customer_id, thread_id, language, state, seq, priority, arrived_at, state_since, unread,
                           preferred_agent_id, preferred_until, preferred_why)
  select $1::uuid, client_id, id, channel, $4::uuid, $5::uuid, $6::text, 'waiting', 2, priority, $7::timestamptz, $7::timestamptz, true,
         asked.agent_id, $7::timestamptz + asked.hold * interval '1 second', asked.why
    from type left join asked on true
  returning *),
said as (
  insert into message (stream, seq, client_id, author, audience, text, at, key)
  select id, 2, client_id, 'customer', 'all', $9::text, $7::timestamptz, $10::text from arrived),
logged as (
  insert into event (stream, seq, kind, client_id, at, body)
  select a.id, e.seq, e.kind, a.client_id, $7::timestamptz, e.body from arrived a,
    lateral (values (1, 'interaction.arrived', $8::jsonb), (2, 'interaction.line', '{"author":"customer","audience":"all"}'::jsonb)) as e (seq, kind, body))
select * from arrived`;
