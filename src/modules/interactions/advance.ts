import type { Context } from '#src/platform/context.ts';
import { brokenConstraint, sqlState } from '#src/platform/db/sql.ts';
import type { Committed } from '#src/platform/events/bus.ts';
import { faultPoint } from '#src/platform/fault-point.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import { capacityMax, hasFreeSlot, isBelowLimit } from './capacity.ts';
import type { PreferredWhy } from './contract.ts';
import { comeBackCtes, interruptCtes, isInterrupted, rulesCte } from './interrupting.ts';
import {
  type Act,
  freesSlotOf,
  kindOf,
  lifecycle,
  type State,
  stateAfter,
  statesBefore,
  statesWithSlot,
  takesSlot,
} from './lifecycle.ts';
import { interactionById } from './queries.ts';
import type { InteractionRow } from './row.ts';
import { namesNewAgent, whyNotAdvance } from './rules.ts';

/** Where a decision comes from: the pool's owner at an epoch. A later epoch moves nothing any more. */
export interface Fence {
  pool: string;
  epoch: string;
}

export interface Advance {
  interactionId: string;
  at: Date;
  /** Who takes it (offer, resume, reopen …) or must hold it already (accept, end, complete …). */
  agentId?: string;
  /** Only from exactly this seq on: a decision taken upon an older one moves nothing. */
  seq?: number;
  /** The clients the asker may see; none given: the program itself acts. */
  clients?: readonly string[];
  fence?: Fence;
  why?: unknown;
  /** Which decision of which run of the routing journal it is. */
  decidedAs?: { runId: string; position: number };
  offerUntil?: Date;
  dueAt?: Date | null;
  outcomeCode?: string;
  typeId?: string;
  priority?: number;
  /** To whom it goes, and to nobody else before `until`. */
  to?: { teamId?: string; agentId?: string; until: Date };
  /** Who is asked alone before `until`, if they are there; then anybody. */
  preferred?: { agentId: string; until: Date; why: PreferredWhy };
  /** interrupt: by which interaction. */
  interruptedBy?: string;
  /** resume: only what was interrupted and is not any more. What comes back by itself interrupts nothing. */
  comesBack?: true;
  /** Sent with the act, so that both commit or neither. */
  line?: {
    author: 'customer' | 'agent';
    audience: 'all' | 'staff';
    text: string;
    key: string;
    dedupe: Buffer;
  };
  body?: Record<string, unknown>;
}

export interface Advanced {
  row: InteractionRow;
  /** The agent whose slot the act freed. */
  freedAgentId: string | null;
  /** Others of the agent that the act interrupted, or brought back to them, as they are after it. */
  beside: InteractionRow[];
}

// Another act may take the slot this one chose while a further one is free, or change the row before this one has it. Each time,
// somebody else's act was done; more of them at once than an agent has slots is no contention but a fault.
const triesMax = capacityMax;
const deadlock = '40P01';

/**
 * Moves an interaction along its life: one statement that changes the row, takes or frees the slot, takes the next seq and
 * appends the event, or moves nothing; only then are the rules asked why. Runs as the system role after the permission check.
 *
 * @returns the row after the act, or the refusal: `interaction-unknown`, `agent-at-capacity`, `decision-outdated` …
 */
export async function advance(ctx: Context, act: Act, asked: Advance): Promise<Refused<Advanced>> {
  for (let attempt = 1; ; attempt++) {
    // Tried again after somebody else's act: it happens after that one, and the record says so.
    const input = attempt === 1 ? asked : { ...asked, at: laterOf(asked.at, ctx.clock.now()) };
    const { text, values } = advanceStatement(act, input);
    try {
      await faultPoint(`before ${act}`);
      const rows = await ctx.db.system.unsafe<(InteractionRow & MovedExtras)[]>(text, values as never[], {
        prepare: true,
      });
      const moved = rows.find((row) => row.beside_kind === null);
      if (moved === undefined) {
        const reason = await whyNothingMoved(ctx, act, input);
        if (reason === undefined && attempt < triesMax) continue;
        return refuse(reason ?? 'act-not-possible-now');
      }
      await faultPoint(`after ${act}`);
      const { freed_agent_id: freedAgentId, event_body: body, beside_kind: _own, ...row } = moved;
      const others = rows.filter((other) => other !== moved).map(besideOf);
      ctx.bus.tell([...told(act, input, row, body), ...others.map((other) => toldBeside(other, input.at))]);
      return { row, freedAgentId, beside: others.map((other) => other.row) };
    } catch (error) {
      // Two statements that each want several rows may have begun from different ends: one of them gave way, and is done again.
      if (sqlState(error) === deadlock && attempt < triesMax) continue;
      const broken = brokenConstraint(error);
      if (broken?.startsWith('assignment')) {
        if (attempt < triesMax) continue;
        return refuse('agent-at-capacity');
      }
      if (broken?.startsWith('inbound_key')) return refuse('line-already-written');
      throw error;
    }
  }
}

function laterOf(a: Date, b: Date): Date {
  return a > b ? a : b;
}

/** Nothing at all when nothing stands against the act: the row changed while the statement waited for it. */
async function whyNothingMoved(ctx: Context, act: Act, input: Advance): Promise<string | undefined> {
  const row = await interactionById(ctx.db.system, input.interactionId, input.clients);
  const reason = whyNotAdvance(row, act, input);
  if (reason !== undefined || row === undefined) return reason;
  if (input.comesBack === true) return 'act-not-possible-now';
  // What was interrupted has its slot still.
  const hasSlot = statesWithSlot.includes(row.state) || row.interrupted_by !== null;
  const wantsSlot = !hasSlot && statesWithSlot.includes(stateAfter(row.state, act) as State);
  const agentId = input.agentId ?? row.agent_id;
  if (wantsSlot && agentId !== null && !(await hasFreeSlot(ctx.db.system, agentId, row.channel)))
    return 'agent-at-capacity';
  // Whoever decides looks at what is true now and decides upon that.
  return input.fence === undefined ? undefined : 'decision-outdated';
}

interface MovedExtras {
  freed_agent_id: string | null;
  event_body: Record<string, unknown>;
  /** What happened to one that the act concerned beside its own. */
  beside_kind: string | null;
}

function besideOf(one: InteractionRow & MovedExtras) {
  const { event_body: body, beside_kind: kind, freed_agent_id: _none, ...row } = one;
  return { row, kind: kind as string, body };
}

function toldBeside({ row, kind, body }: ReturnType<typeof besideOf>, at: Date): Committed {
  return { stream: row.id, clientId: row.client_id, at, after: row, seq: row.seq, kind, body };
}

function told(act: Act, input: Advance, row: InteractionRow, body: Record<string, unknown>): Committed[] {
  const shared = { stream: row.id, clientId: row.client_id, at: input.at, after: row };
  const events: Committed[] = [
    { ...shared, seq: input.line === undefined ? row.seq : row.seq - 1, kind: kindOf[act], body },
  ];
  if (input.line !== undefined) {
    const { author, audience, text, key } = input.line;
    const message = { author, audience, text, key, agentId: author === 'agent' ? input.agentId : undefined };
    events.push({
      ...shared,
      seq: row.seq,
      kind: 'interaction.line',
      body: { author, audience, agentId: message.agentId },
      message,
    } as Committed);
  }
  return events;
}

/** With these an agent takes something up: what it interrupts of theirs is parked in the same statement. */
const takesUp: ReadonlySet<Act> = new Set(['accept', 'take', 'resume']);
/** With these something leaves an agent who worked on it, or kept a slot for it: what it interrupted comes back in the same statement. */
const leaves: ReadonlySet<Act> = new Set(['transfer', 'loseAgent', 'park', 'release', 'complete', 'settle']);

/** After these, whoever declined it before may be asked again like anybody. */
const beginsAfresh: ReadonlySet<Act> = new Set(['accept', 'take', 'transfer', 'release', 'push', 'prefer']);
/** These say to whom it goes, or that it has come to somebody: what was said before is over. */
const settlesWhere: ReadonlySet<Act> = new Set(['accept', 'take', 'transfer', 'push', 'pull', 'prefer']);

/**
 * The statement of an act. Its text depends only on the act and on which fields are given, so each shape is prepared once a
 * connection.
 */
export function advanceStatement(act: Act, input: Advance): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const p = (value: unknown, type: string) => `$${values.push(value)}::${type}`;
  const from = statesBefore(act);
  const to = stateAfter(from[0] as State, act) as State;
  const takes = takesSlot(act);
  const frees = freesSlotOf(act);
  const interrupts = takesUp.has(act) && input.comesBack !== true;
  const at = p(input.at, 'timestamptz');
  const id = p(input.interactionId, 'uuid');
  const agent = input.agentId === undefined ? undefined : p(input.agentId, 'uuid');

  const where = [`i.id = ${id}`, `i.state = any(${p(from, 'text[]')})`];
  if (!namesNewAgent(act) && agent !== undefined) where.push(`i.agent_id = ${agent}`);
  if (input.seq !== undefined) where.push(`i.seq = ${p(input.seq, 'integer')}`);
  if (act === 'expire') where.push(`i.offer_until <= ${at}`); // a timer of an earlier offer ends no later one
  if (input.clients !== undefined) where.push(`i.client_id = any(${p(input.clients, 'uuid[]')})`);

  const ctes: string[] = [];
  if (input.fence !== undefined) {
    // The lease row is share-locked on its key with the epoch: whoever takes over must wait for this statement, and after
    // that this statement finds no row. A plain lock would starve the lease's renewal.
    ctes.push(
      `owner as materialized (select 1 from pool_owner where pool = ${p(input.fence.pool, 'text')} and epoch = ${p(input.fence.epoch, 'bigint')} for key share)`,
    );
    where.push('exists (select 1 from owner)');
  }
  if ((takes || frees) && input.seq === undefined) {
    // The assignments below are seen as they were when the statement began. If it then has to wait for the row, the act it waited
    // for may have taken or freed the slot meanwhile: this one moves nothing and is tried again on what is true.
    ctes.push(`seen as materialized (select seq, agent_id from interaction where id = ${id})`);
    where.push('i.seq = (select seq from seen)');
  }
  if (takes) {
    ctes.push(
      `free as materialized (
        select s.agent_id, s.channel, s.slot from capacity_slot s join interaction i on i.id = ${id} and i.channel = s.channel
         where s.agent_id = ${agent ?? 'i.agent_id'} and not s.retired
           and not exists (select 1 from assignment a where a.agent_id = s.agent_id and a.channel = s.channel and a.slot = s.slot)
           and ${isBelowLimit}
         order by s.slot limit 1)`,
      `held as materialized (select 1 from assignment where interaction_id = ${id})`,
    );
    where.push('(exists (select 1 from free) or exists (select 1 from held))');
  }
  if (input.comesBack === true) {
    ctes.push(rulesCte(p));
    where.push('i.interrupted_by is not null', `not ${isInterrupted('i')}`);
  }

  const steps = input.line === undefined ? 1 : 2;
  const set = [`state = ${p(to, 'text')}`, `seq = i.seq + ${steps}`];
  if (!from.includes(to)) set.push(`state_since = ${at}`); // what goes on waiting has waited since it began to
  const over = to === 'closed' || to === 'abandoned';
  if (to === 'offered')
    set.push(`agent_id = ${agent}`, `offer_until = ${p(input.offerUntil, 'timestamptz')}`);
  else set.push('offer_until = null');
  if (act === 'take') set.push(`agent_id = ${agent}`, `handled_by = ${agent}`);
  if (act === 'interrupt') set.push(`interrupted_by = ${p(input.interruptedBy, 'uuid')}`);
  else if (from.includes('parked')) set.push('interrupted_by = null');
  if (to === 'waiting' || over) set.push('agent_id = null');
  if (act === 'accept') set.push('handled_by = i.agent_id');
  if (act === 'decline' || act === 'expire' || act === 'pull')
    set.push(
      'not_to = case when i.agent_id = any (i.not_to) then i.not_to else array_append(i.not_to, i.agent_id) end',
    );
  if (beginsAfresh.has(act)) set.push(`not_to = '{}'`);
  if (settlesWhere.has(act)) {
    const { teamId, agentId, until } = input.to ?? {};
    const { preferred } = input;
    set.push(
      `to_team_id = ${teamId === undefined ? 'null' : p(teamId, 'uuid')}`,
      `to_agent_id = ${agentId === undefined ? 'null' : p(agentId, 'uuid')}`,
      `to_until = ${until === undefined ? 'null' : p(until, 'timestamptz')}`,
      ...(preferred === undefined
        ? ['preferred_agent_id = null, preferred_until = null, preferred_why = null']
        : [
            `preferred_agent_id = ${p(preferred.agentId, 'uuid')}`,
            `preferred_until = ${p(preferred.until, 'timestamptz')}`,
            `preferred_why = ${p(preferred.why, 'text')}`,
          ]),
    );
  }
  if (act === 'transfer' && input.typeId !== undefined) set.push(`type_id = ${p(input.typeId, 'uuid')}`);
  if (input.priority !== undefined) set.push(`priority = ${p(input.priority, 'smallint')}`);
  set.push(`due_at = ${input.dueAt == null ? 'null' : p(input.dueAt, 'timestamptz')}`);
  if (over) set.push(`closed_at = ${at}`);
  if (to === 'closed') set.push(`outcome_code = ${p(input.outcomeCode, 'text')}`);
  if (input.line?.author === 'customer') set.push('unread = true');

  ctes.push(
    `moved as (update interaction i set ${set.join(', ')} where ${where.join(' and ')} returning i.*)`,
  );
  if (takes) {
    ctes.push(
      `slot as (insert into assignment (agent_id, channel, slot, interaction_id, since)
        select f.agent_id, f.channel, f.slot, m.id, ${at} from moved m, free f where not exists (select 1 from held))`,
    );
  }
  if (frees) {
    ctes.push(
      'freed as (delete from assignment a using moved m where a.interaction_id = m.id returning a.agent_id, a.channel, a.slot)',
      `idle as (update capacity_slot s set freed_at = ${at} from freed f where s.agent_id = f.agent_id and s.channel = f.channel and s.slot = f.slot)`,
    );
  }
  // Offers let pass in a row are counted with the act itself: whoever answers one begins anew.
  if (act === 'expire')
    ctes.push(
      `missed as (insert into missed_offer (agent_id, interaction_id, seq, at) select f.agent_id, m.id, m.seq, ${at} from moved m, freed f)`,
    );
  if (act === 'accept' || act === 'decline')
    ctes.push(
      `answered as (delete from missed_offer o using ${act === 'accept' ? 'moved' : 'freed'} a where o.agent_id = a.agent_id)`,
    );
  const beside = interrupts || (frees && leaves.has(act));
  if (beside) ctes.push(...(interrupts ? interruptCtes(p, at) : comeBackCtes(p, at)));
  const says = `'agentId', coalesce(${[
    ...(frees ? ['(select agent_id from freed)'] : []),
    'm.agent_id',
    ...(act === 'release' && input.seq === undefined ? ['(select agent_id from seen)'] : []),
    ...(agent === undefined ? [] : [agent]),
  ].join(
    ', ',
  )})${act === 'interrupt' ? `, 'by', ${p(input.interruptedBy, 'uuid')}` : ''}${interrupts ? `, 'interrupts', (select jsonb_agg(id order by id) from beside)` : ''}`;
  const logged = `${p(input.body ?? {}, 'jsonb')} || jsonb_strip_nulls(jsonb_build_object(${says}))`;
  if (input.why !== undefined) {
    ctes.push(
      `why as (insert into decision (interaction_id, seq, client_id, agent_id, epoch, why, at, run_id, position)
        select id, seq, client_id, agent_id, ${p(input.fence?.epoch ?? '0', 'bigint')}, ${p(input.why, 'jsonb')}, ${at},
               ${p(input.decidedAs?.runId ?? null, 'uuid')}, ${p(input.decidedAs?.position ?? null, 'integer')} from moved)`,
    );
  }
  if (input.line !== undefined) ctes.push(...lineCtes(input, p, at, agent));
  ctes.push(
    `logged as (insert into event (stream, seq, kind, client_id, at, body)
      select m.id, m.seq${steps === 1 ? '' : ' - 1'}, ${p(kindOf[act], 'text')}, m.client_id, ${at}, ${logged} from moved m returning body)`,
  );
  const text = `with ${ctes.join(',\n')}
select m.*, ${frees ? '(select agent_id from freed)' : 'null::uuid'} as freed_agent_id, (select body from logged) as event_body, null::text as beside_kind from moved m${
    beside
      ? `
union all select h.*, null::uuid, l.body, l.kind from beside h join beside_logged l on l.stream = h.id`
      : ''
  }`;
  return { text, values };
}

function lineCtes(
  input: Advance,
  p: (value: unknown, type: string) => string,
  at: string,
  agent: string | undefined,
): string[] {
  const line = input.line!;
  const writer = line.author === 'agent' ? (agent ?? 'null::uuid') : 'null::uuid';
  const author = p(line.author, 'text');
  const audience = p(line.audience, 'text');
  return [
    `said as (insert into message (stream, seq, client_id, author, agent_id, audience, text, at, key)
      select id, seq, client_id, ${author}, ${writer}, ${audience}, ${p(line.text, 'text')}, ${at}, ${p(line.key, 'text')} from moved)`,
    `keyed as (insert into inbound_key (key, client_id, stream, seq, at) select ${p(line.dedupe, 'bytea')}, client_id, id, seq, ${at} from moved)`,
    `spoken as (insert into event (stream, seq, kind, client_id, at, body)
      select id, seq, 'interaction.line', client_id, ${at},
             jsonb_strip_nulls(jsonb_build_object('author', ${author}, 'audience', ${audience}, 'agentId', ${writer})) from moved)`,
  ];
}

/** Every act of the table, for tests that walk them all. */
export const acts = [...new Set(Object.values(lifecycle).flatMap((next) => Object.keys(next)))] as Act[];
