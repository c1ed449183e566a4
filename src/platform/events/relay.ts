import type { Context } from '../context.ts';
import type { Committed } from './bus.ts';
import { eventsAt, otherNodes, renewNode } from './queries.ts';

const channel = 'parley';
/** How often the nodes tell each other, how large a telling may be (PostgreSQL's limit is 8,000 bytes), how many wait at most. */
const batchMs = 5;
const payloadBytesMax = 7_500;
const refsWaitingMax = 20_000;
/** How long a node counts as running after it was last heard, and how often it says so. */
export const nodeLease = { ms: 10_000, renewalMs: 2_000 } as const;

/** Hints: no events of record, and told by whom they concern. By their mark in a telling; each names the field that says whom. */
const hints: Readonly<Record<string, { kind: string; field: string }>> = {
  /** An agent's line came or went. */
  l: { kind: 'presence.line', field: 'agentId' },
  /** Whoever routed a pool let go of it. */
  p: { kind: 'pool.free', field: 'pool' },
};
const markOf = new Map(Object.entries(hints).map(([mark, { kind }]) => [kind, mark]));

/** What is told of an event: its place, by which the others read it. */
function refOf(event: Committed): string {
  const mark = markOf.get(event.kind);
  return mark === undefined
    ? `${event.stream}:${event.seq}:`
    : `${String(event.body[hints[mark]!.field])}:0:${mark}`;
}

/**
 * Carries committed events to the other nodes: ids only, in batches, from one timer, never inside the transaction that wrote
 * them. A node that runs alone tells nobody. Whoever misses a telling reads again: `gap`.
 *
 * @param complete fills in what listeners expect beside the event itself (lines' words, rows), read by the receiving node
 */
export async function startRelay(ctx: Context, complete: (events: Committed[]) => Promise<Committed[]>) {
  let refs: string[] = [];
  let others: ReadonlySet<string> = new Set();
  let stopped = false;
  let overflowed = false;
  /** Who said hello while it was asked who runs: the answer may be older than their hello, and must not forget them. */
  const greeted = new Set<string>();

  const stopListening = ctx.bus.listen((events) => {
    if (others.size === 0) return;
    for (const event of events) {
      if (event.remote === true) continue;
      if (refs.length >= refsWaitingMax) overflowed = true;
      else refs.push(refOf(event));
    }
  });

  async function flush(): Promise<void> {
    while (refs.length > 0 || overflowed) {
      const batch: string[] = [];
      let bytes = ctx.node.length + 1;
      while (refs.length > 0 && bytes + refs[0]!.length + 1 <= payloadBytesMax) {
        const ref = refs.shift()!;
        bytes += ref.length + 1;
        batch.push(ref);
      }
      const words = batch.length === 0 ? 'gap' : batch.join(' ');
      if (batch.length === 0) overflowed = false;
      await ctx.db.system`select pg_notify(${channel}, ${`${ctx.node} ${words}`})`;
    }
  }

  function tick(): void {
    if (stopped) return;
    flush()
      .catch((fault) => {
        overflowed = true; // what was taken off the list may be lost to the others: they shall read again
        ctx.log.warn({ err: fault }, 'Other nodes could not be told; they will read again.');
      })
      .finally(() => ctx.clock.after(batchMs, tick));
  }

  const listening = await ctx.db.system.listen(
    channel,
    (payload) => {
      const [from, ...words] = payload.split(' ');
      if (from === ctx.node) return;
      if (words[0] === 'hello') {
        if (from === undefined) return;
        others = new Set([...others, from]);
        greeted.add(from);
        return;
      }
      if (words[0] === 'gap') return ctx.bus.gap();
      hear(words).catch((fault) => {
        ctx.log.warn({ err: fault }, 'What another node told could not be read; everything is read again.');
        ctx.bus.gap();
      });
    },
    // Called at the first connection and after each reconnection: something may have been missed.
    () => ctx.bus.gap(),
  );

  // Tellings are read one after the other, so that they are passed on in the order in which they came.
  let hearing = Promise.resolve();
  function hear(words: string[]): Promise<void> {
    const places = words.map((word) => word.split(':') as [string, string, string]);
    hearing = hearing
      .catch(() => {})
      .then(async () => {
        const logged = places
          .filter(([, , mark]) => mark === '')
          .map(([stream, seq]) => ({ stream, seq: Number(seq) }));
        const events: Committed[] = (await eventsAt(ctx.db.system, logged)).map((event) => ({
          ...event,
          remote: true,
        }));
        for (const [whom, , mark] of places) {
          const hint = hints[mark];
          if (hint === undefined) continue;
          events.push({
            stream: whom,
            seq: 0,
            kind: hint.kind,
            clientId: null,
            at: ctx.clock.now(),
            body: { [hint.field]: whom },
            remote: true,
          });
        }
        ctx.bus.tell(await complete(events));
      });
    return hearing;
  }

  let heardAt = ctx.clock.monotonic();
  async function renew(): Promise<void> {
    if (stopped) return;
    try {
      const asked = ctx.clock.monotonic();
      greeted.clear();
      await renewNode(ctx.db.system, ctx.node, nodeLease.ms);
      const running = new Set([...(await otherNodes(ctx.db.system, ctx.node)), ...greeted]);
      if (running.size > 0 && others.size === 0)
        ctx.log.info('Another node is running: commits are told to it.');
      // A node that went may have committed what it never told; while this one was not heard, nobody told it anything.
      const went = [...others].some((node) => !running.has(node));
      others = running;
      if (went || asked - heardAt > nodeLease.ms) ctx.bus.gap();
      heardAt = asked;
    } catch (fault) {
      ctx.log.warn({ err: fault }, 'This node could not say that it runs; it says so again.');
    }
    if (!stopped) ctx.clock.after(nodeLease.renewalMs, () => void renew());
  }
  await renew();
  // Whoever runs already starts telling us; what was committed before they heard is read at once afterwards.
  await ctx.db.system`select pg_notify(${channel}, ${`${ctx.node} hello`})`;
  ctx.clock.after(batchMs, tick);
  if (others.size > 0) ctx.clock.after(nodeLease.renewalMs, () => ctx.bus.gap());

  return {
    hasOthers: () => others.size > 0,
    async stop(): Promise<void> {
      stopped = true;
      stopListening();
      if (others.size > 0) await flush().catch(() => {});
      await listening.unlisten();
      await renewNode(ctx.db.system, ctx.node, 0);
    },
  };
}
