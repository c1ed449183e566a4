import { createHash } from 'node:crypto';
import type { Context } from '#src/platform/context.ts';
import { brokenConstraint, isConnectionFault } from '#src/platform/db/sql.ts';
import type { Committed } from '#src/platform/events/bus.ts';
import { faultPoint } from '#src/platform/fault-point.ts';
import { isRefusal, type Refused, refuse } from '#src/platform/refusal.ts';
import { advance } from './advance.ts';
import type { MessageView } from './contract.ts';
import { interactionById, keyTaken } from './queries.ts';
import type { InteractionRow } from './row.ts';
import { whyNotWrite } from './rules.ts';

export interface Line {
  interactionId: string;
  author: 'customer' | 'agent' | 'system';
  /** The agent who writes; none for customers. */
  agentId?: string;
  /** The conversation of the customer who writes; none for agents. */
  threadId?: string;
  audience: 'all' | 'staff';
  text: string;
  /** The writer's own id of the line: written twice, it stands once. */
  key: string;
  /** Clients the writer may see; none given: the writer is the customer of this very interaction. */
  clients?: readonly string[];
}

export interface Written {
  interactionId: string;
  seq: number;
  at: Date;
  /** True when an earlier attempt had written it: this is where it stands. */
  before?: true;
}

/** A committed line on the bus: the event with its words. */
export interface CommittedLine extends Committed {
  message: Omit<MessageView, 'agentName'>;
}

/**
 * What makes an inbound line the same line again. It binds the writer (the customer's conversation or the agent) to the
 * writer's own id, so that nobody can take a key that is not theirs.
 */
export function lineKey(writer: string, key: string): Buffer {
  return createHash('sha256').update(`line\0${writer}\0${key}`).digest();
}

/** At most this many lines wait for a commit; more are refused, not kept. */
export const linesWaitingMax = 10_000;
const linesInCommitMax = 100;
const commitsAtOnceMax = 2;

interface Pending extends Line {
  dedupe: Buffer;
  at: Date;
  settle: (answer: Refused<Written>) => void;
  fail: (fault: unknown) => void;
}

/**
 * Writes lines of many interactions, several to a commit: what arrives while a commit is under way shares the next one. Each
 * line is acknowledged after its commit, and lines of one interaction keep the order in which they came.
 */
export function createLineWriter(ctx: Context) {
  const waiting: Pending[] = [];
  const busyInteractions = new Set<string>();
  const commits = new Set<Promise<void>>();
  let underWay = 0;

  function write(line: Line): Promise<Refused<Written>> {
    if (waiting.length >= linesWaitingMax)
      return Promise.resolve(refuse('too-many-lines', { retryAfterSeconds: 1 }));
    const { promise, resolve, reject } = Promise.withResolvers<Refused<Written>>();
    const writer = line.author === 'agent' ? `agent ${line.agentId}` : `thread ${line.threadId}`;
    waiting.push({
      ...line,
      dedupe: lineKey(writer, line.key),
      at: ctx.clock.now(),
      settle: resolve,
      fail: reject,
    });
    pump();
    return promise;
  }

  function pump(): void {
    while (underWay < commitsAtOnceMax && waiting.length > 0) {
      const batch = take();
      if (batch.length === 0) return;
      underWay++;
      const under = commit(batch).finally(() => {
        underWay--;
        commits.delete(under);
        for (const line of batch) busyInteractions.delete(line.interactionId);
        pump();
      });
      commits.add(under);
    }
  }

  // An interaction whose lines are in a commit under way waits for it: two commits at once must not swap its lines.
  function take(): Pending[] {
    const batch: Pending[] = [];
    const passed: Pending[] = [];
    const mine = new Set<string>();
    for (const line of waiting) {
      const blocked = busyInteractions.has(line.interactionId) && !mine.has(line.interactionId);
      if (batch.length >= linesInCommitMax || blocked) passed.push(line);
      else {
        mine.add(line.interactionId);
        busyInteractions.add(line.interactionId);
        batch.push(line);
      }
    }
    waiting.splice(0, waiting.length, ...passed);
    return batch;
  }

  async function commit(batch: Pending[]): Promise<void> {
    let rest = batch;
    if (batch.length > 1) {
      try {
        const written = await writeLines(ctx, batch);
        rest = batch.filter((_, index) => !written.has(index));
        batch.forEach((line, index) => {
          const at = written.get(index);
          if (at !== undefined) line.settle(at);
        });
      } catch (fault) {
        // One line broke the commit for all (a key taken at the same moment, words that cannot be kept): each on its own then.
        // When the database is away, none would fare better.
        if (isConnectionFault(fault)) {
          for (const line of batch) line.fail(fault);
          return;
        }
      }
    }
    for (const line of rest) await writeAlone(ctx, line).then(line.settle, line.fail);
  }

  return {
    write,
    waiting: () => waiting.length,
    /** Resolves once all that was taken is committed or refused: what is in flight at a stop is finished. */
    async drained(): Promise<void> {
      while (commits.size > 0) await Promise.allSettled(commits);
    },
  };
}

export type LineWriter = ReturnType<typeof createLineWriter>;

/** How often a line is tried again that nothing stands against: the interaction changed while it was looked at. */
const triesMax = 4;

async function writeAlone(ctx: Context, line: Pending): Promise<Refused<Written>> {
  for (let attempt = 1; attempt <= triesMax; attempt++) {
    const written = await writeLines(ctx, [line]).catch((fault) => {
      if (brokenConstraint(fault)?.startsWith('inbound_key')) return undefined; // written at this very moment
      throw fault;
    });
    const answer = written?.get(0) ?? (await writtenOtherwise(ctx, line));
    if (answer !== undefined) return answer;
  }
  return refuse('act-not-possible-now');
}

/** Where the line stands already, or that it opened the exchange again, or why it cannot be written; undefined when nothing stands against it. */
async function writtenOtherwise(ctx: Context, line: Pending): Promise<Refused<Written> | undefined> {
  const before = await keyTaken(ctx.db.system, line.dedupe);
  if (before !== undefined)
    return { interactionId: before.stream, seq: before.seq, at: before.at, before: true };
  const row = await interactionById(ctx.db.system, line.interactionId, line.clients);
  if (line.author === 'customer' && row?.state === 'wrapping') {
    // The customer writes again while the agent completes the record: the exchange is open again.
    const reopened = await advance(ctx, 'reopen', {
      interactionId: line.interactionId,
      at: line.at,
      line: { author: 'customer', audience: 'all', text: line.text, key: line.key, dedupe: line.dedupe },
      body: { by: 'customer' },
    });
    return isRefusal(reopened)
      ? undefined
      : { interactionId: line.interactionId, seq: reopened.row.seq, at: line.at };
  }
  const by =
    line.author === 'agent'
      ? { author: 'agent' as const, agentId: line.agentId!, audience: line.audience }
      : { author: 'customer' as const };
  const reason = whyNotWrite(row, by);
  return reason === undefined ? undefined : refuse(reason);
}

/**
 * One statement for all lines: rows locked in the order of their ids, seqs counted from the locked row. Keys and times go as text,
 * since the driver takes an array of bytes or dates for a single value.
 */
async function writeLines(ctx: Context, lines: readonly Pending[]): Promise<Map<number, Written>> {
  const column = <T>(pick: (line: Pending) => T) => lines.map(pick);
  await faultPoint('before line');
  const rows = await ctx.db.system.unsafe<(InteractionRow & { ord: number; line_seq: number })[]>(
    writeLinesText,
    [
      column((l) => l.interactionId),
      column((l) => l.author),
      column((l) => l.agentId ?? null),
      column((l) => l.audience),
      column((l) => l.text),
      column((l) => l.key),
      column((l) => l.dedupe.toString('hex')),
      column((l) => l.at.toISOString()),
      lines.map((_, index) => index),
      column((l) => (l.clients === undefined ? null : `{${l.clients.join(',')}}`)),
    ] as never[],
    { prepare: true },
  );
  await faultPoint('after line');
  const written = new Map<number, Written>();
  const told: CommittedLine[] = [];
  for (const { ord, line_seq: seq, ...row } of rows) {
    const { author, agentId, audience, text, key, at } = lines[ord]!;
    written.set(ord, { interactionId: row.id, seq, at });
    told.push({
      stream: row.id,
      seq,
      kind: 'interaction.line',
      clientId: row.client_id,
      at,
      after: row,
      body: { author, audience, ...(agentId === undefined ? {} : { agentId }) },
      message: { author, agentId: agentId ?? null, audience, text, key },
    });
  }
  told.sort((a, b) => a.seq - b.seq);
  ctx.bus.tell(told);
  return written;
}

const writeLinesText = `
with input as materialized (
  select interaction, author, agent, audience, text, key, decode(dedupe, 'hex') as dedupe, at::timestamptz as at, ord, clients
    from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::integer[], $10::text[])
      as l (interaction, author, agent, audience, text, key, dedupe, at, ord, clients)),
locked as materialized (
  select id, client_id, seq, state, agent_id from interaction
   where id in (select interaction from input) order by id for no key update),
fit as materialized (
  select l.*, i.client_id, i.seq + (row_number() over (partition by l.interaction order by l.ord))::integer as seq
    from input l join locked i on i.id = l.interaction
   where (l.clients is null or i.client_id = any (l.clients::uuid[]))
     and case l.author
           when 'agent' then i.agent_id = l.agent and (i.state = 'handling' or l.audience = 'staff' and i.state in ('parked', 'wrapping'))
           else i.state in ('waiting', 'scheduled', 'offered', 'handling', 'parked')
         end
     and not exists (select 1 from inbound_key k where k.key = l.dedupe)),
last as (
  select interaction, max(seq) as seq,
         (array_agg(author order by seq desc) filter (where audience = 'all'))[1] as author from fit group by interaction),
moved as (
  update interaction i set seq = last.seq,
         unread = case when last.author is null then i.unread else last.author = 'customer' end
    from last where i.id = last.interaction returning i.*),
keyed as (insert into inbound_key (key, client_id, stream, seq, at) select dedupe, client_id, interaction, seq, at from fit),
said as (
  insert into message (stream, seq, client_id, author, agent_id, audience, text, at, key)
  select interaction, seq, client_id, author, agent, audience, text, at, key from fit),
logged as (
  insert into event (stream, seq, kind, client_id, at, body)
  select interaction, seq, 'interaction.line', client_id, at,
         jsonb_strip_nulls(jsonb_build_object('author', author, 'audience', audience, 'agentId', agent)) from fit)
select m.*, f.ord, f.seq as line_seq from moved m join fit f on f.interaction = m.id order by f.ord`;
