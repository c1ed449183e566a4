import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { competencyChanged } from '#src/modules/competencies/index.ts';
import type { WorkItem, WorkSnapshot } from '#src/modules/interactions/contract.ts';
import {
  type CommittedLine,
  eventsAfter,
  eventView,
  type InteractionRow,
  interactionById,
  inWorkOrder,
  kindOf,
  type LineWriter,
  lineKeySchema,
  lineText,
  waitingPerClient,
  workItemAfter,
} from '#src/modules/interactions/index.ts';
import { teamChanged } from '#src/modules/organisation/index.ts';
import { type Actors, personChanged } from '#src/modules/people/index.ts';
import { lineChanged, type PresenceKeeper, presenceChanged } from '#src/modules/presence/index.ts';
import type { Context } from '#src/platform/context.ts';
import { isConnectionFault, seeing } from '#src/platform/db/sql.ts';
import type { Committed } from '#src/platform/events/bus.ts';
import { type Actor, hasRole, sees } from '#src/platform/identity/actor.ts';
import { whyNotPermitted } from '#src/platform/identity/permissions.ts';
import { createLimiter } from '#src/platform/limits.ts';
import type { NamesOf } from '#src/platform/names.ts';
import { closing, type Line, lineOver } from '#src/platform/realtime/socket.ts';
import { isRefusal, problemOf, type Refusal, refusalOfFault, refuse } from '#src/platform/refusal.ts';
import { whole } from '#src/platform/route/route.ts';
import { createUnderWay } from '#src/platform/under-way.ts';
import type { FromStaff, ToStaff } from './contract.ts';
import { createPeopleSeen } from './people-seen.ts';
import { permissions } from './permissions.ts';
import { askedNamesIn, workSnapshot } from './work.ts';

/** Every topic a browser may follow, each with a row `topic NAME` in the permission table. */
export const topics = {
  work: { summary: 'One’s own work: whole after each act, else what changed of it', of: /^work$/ },
  interaction: {
    summary: 'An interaction’s events after a seq, then each as it happens',
    of: /^interaction:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  },
} as const;

export const liveLimits = {
  lines: { burst: 40, perSecond: 10 },
  /** Topics that one person asks for: a desk that comes back asks again for all it follows. */
  subscribes: { burst: 400, perSecond: 20 },
  subscriptionsMax: 200,
  eventsAtOnce: 500,
  /** How soon a desk hears of a change in its work, and of one that can wait (a line's excerpt, numbers of others). */
  soonMs: 5,
  laterMs: 300,
  /** How many wait is told so often, and with very many desks so much more slowly that each takes this long of a round. */
  waitingMs: 2_000,
  waitingPerDeskMs: 5,
  /** A session that is over ends its live lines within this time; a right that is taken ends them at once. */
  rightsMs: 60_000,
} as const;

const fromStaff = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('subscribe'),
    topic: z.string().max(100),
    after: whole.min(0).optional(),
  }),
  z.object({ do: z.literal('unsubscribe'), topic: z.string().max(100) }),
  z.object({
    do: z.literal('say'),
    id: z.string().max(100),
    interactionId: z.uuid(),
    key: lineKeySchema,
    text: lineText,
    audience: z.enum(['all', 'staff']).default('all'),
  }),
  z.object({ do: z.literal('ping') }),
]) satisfies z.ZodType<FromStaff>;

/** After these the agent has what they had, in another state. */
const stays: ReadonlySet<string> = new Set([kindOf.accept, kindOf.end]);

interface Browser {
  token: string;
  actor: Actor;
  line: Line<unknown, ToStaff>;
  follows: Set<string>;
}

/** What one agent's browsers were told last, and whether it must be read again. */
interface Work {
  browsers: Set<Browser>;
  snapshot?: WorkSnapshot;
  /** What lines, or others' work, changed in the snapshot that was told: told by itself, unless the whole is told anyway. */
  changed?: Set<WorkItem>;
  /** Something in the snapshot is other than was told, by an act that said all of it: it is told whole, and need not be read again. */
  mended?: boolean;
  reading: boolean;
  stale: boolean;
  /** When it was told last, on the steady clock. */
  toldAt?: number;
  planned?: { at: number; cancel: () => void };
}

/** The staff's live lines of this node. Rights are asked at subscribing and again whenever somebody's rights change. */
export function createStaffLive(
  ctx: Context,
  {
    actors,
    names,
    lines,
    keeper,
  }: { actors: Actors; names: NamesOf; lines: LineWriter; keeper: PresenceKeeper },
) {
  const browsers = new Set<Browser>();
  const followers = new Map<string, Set<Browser>>();
  const works = new Map<string, Work>();
  const acts = createUnderWay(ctx.clock);
  const lineLimit = createLimiter(ctx.clock, liveLimits.lines);
  const subscribeLimit = createLimiter(ctx.clock, liveLimits.subscribes);
  let waitingStale = false;
  let waitingCounts: Awaited<ReturnType<typeof waitingPerClient>> | undefined;
  let stopped = false;
  const peopleSeen = createPeopleSeen(ctx);
  /** Names of competencies and teams, until one of them changes. */
  const asked = new Map<'en' | 'fr', Promise<Record<string, string>>>();

  function askedNames(language: 'en' | 'fr'): Promise<Record<string, string>> {
    const found = asked.get(language) ?? askedNamesIn(ctx, language);
    asked.set(language, found);
    found.catch(() => asked.get(language) === found && asked.delete(language));
    return found;
  }

  ctx.bus.listen((events) => {
    for (const event of events) {
      if (event.kind === competencyChanged.kind || event.kind === teamChanged.kind) asked.clear();
      if (event.kind.startsWith('interaction.')) tellInteraction(event);
      else if (event.kind === presenceChanged.kind || event.kind === lineChanged)
        markWork((event.body as { agentId?: string }).agentId, 'soon');
      else if (event.kind === personChanged.kind) markWork(event.stream, 'soon');
    }
  });
  ctx.bus.onGap(() => {
    asked.clear();
    for (const agentId of works.keys()) markWork(agentId, 'soon');
    for (const [topic, there] of followers) {
      // Each browser asks again from the last seq it holds: an empty telling with an unknown head makes it do so.
      for (const browser of there)
        if (topic.startsWith('interaction:'))
          browser.line.send({ topic, events: [], head: Number.MAX_SAFE_INTEGER });
    }
  });
  const stopRights = actors.onChange((personId) => {
    for (const browser of browsers)
      if (personId === undefined || browser.actor.personId === personId) void askAgain(browser);
  });

  function tellInteraction(event: Committed): void {
    const row = event.after as InteractionRow | undefined;
    const topic = `interaction:${event.stream}`;
    const there = followers.get(topic);
    if (there !== undefined) {
      const { message } = event as Partial<CommittedLine>;
      const view = eventView(
        {
          seq: event.seq,
          kind: event.kind,
          at: event.at,
          body: event.body,
          author: message?.author ?? null,
          agent_id: message?.agentId ?? null,
          audience: message?.audience ?? null,
          text: message?.text ?? null,
          key: message?.key ?? null,
        },
        names.now(),
      );
      const text = JSON.stringify({ topic, events: [view], head: event.seq } satisfies ToStaff);
      for (const browser of there) browser.line.sendText(text);
    }
    if (event.kind === 'interaction.line') patchLine(event as CommittedLine, row);
    else {
      const { agentId } = event.body as { agentId?: string };
      if (!mendWork(agentId, event, row)) markWork(agentId, 'soon');
      if (row?.agent_id !== agentId) markWork(row?.agent_id ?? undefined, 'soon');
      waitingStale = true;
    }
  }

  /**
   * What an agent does with what is before them changes that one thing, and the event says how: the snapshot at hand is mended. Three
   * acts of four of a life are these, and each would otherwise be several queries. Whatever is not plainly so is read again.
   */
  function mendWork(agentId: string | undefined, event: Committed, row: InteractionRow | undefined): boolean {
    const work = agentId === undefined ? undefined : works.get(agentId);
    const snapshot = work?.snapshot;
    if (work === undefined || snapshot === undefined || row === undefined || work.stale || work.reading)
      return false;
    const item = snapshot.interactions.find(({ id }) => id === row.id);
    if (item === undefined || event.seq !== row.seq || event.seq !== item.seq + 1) return false;
    if (item.interrupts.length > 0 || item.interruptedBy !== null) return false;
    const others = snapshot.interactions.filter((other) => other !== item);
    if (stays.has(event.kind) && row.agent_id === agentId)
      snapshot.interactions = inWorkOrder([...others, workItemAfter(item, row, names.now())]);
    else if (event.kind === kindOf.complete) {
      const places = snapshot.capacity[row.channel];
      if (places === undefined) return false;
      places.used -= 1;
      snapshot.interactions = others;
    } else return false;
    work.changed?.delete(item);
    work.mended = true;
    planWork(agentId!, work, liveLimits.soonMs);
    return true;
  }

  // A line changes only its item's excerpt: the snapshot at hand is mended instead of being read again for each line.
  function patchLine({ stream, at, seq, message }: CommittedLine, row: InteractionRow | undefined): void {
    if (row === undefined) return markHolders(stream); // whoever told it did not know of whom the work is
    const work = row.agent_id === null ? undefined : works.get(row.agent_id);
    if (work === undefined) return;
    // What is being read may be older than this line, and is shown in place of what is mended here: it is read again after that.
    if (work.reading) work.stale = true;
    const item = work.snapshot?.interactions.find(({ id }) => id === row.id);
    if (item === undefined || message === undefined || message.audience === 'staff' || seq <= item.seq) {
      if (work.stale) planWork(row.agent_id!, work, liveLimits.laterMs);
      return;
    }
    item.seq = seq;
    item.unread = row.unread;
    item.lastLine = { author: message.author, text: message.text, at: at.toISOString() };
    work.changed = (work.changed ?? new Set()).add(item);
    planWork(row.agent_id!, work, liveLimits.laterMs);
  }

  function markHolders(interactionId: string): void {
    for (const [agentId, { snapshot }] of works)
      if (snapshot?.interactions.some(({ id }) => id === interactionId)) markWork(agentId, 'later');
  }

  function markWork(agentId: string | undefined, when: 'soon' | 'later'): void {
    const work = agentId === undefined ? undefined : works.get(agentId);
    if (work === undefined) return;
    work.stale = true;
    planWork(agentId!, work, when === 'soon' ? liveLimits.soonMs : liveLimits.laterMs);
  }

  // What comes after a quiet moment is told at once; what comes right behind it, or while it is being read, is gathered.
  function planWork(agentId: string, work: Work, soonest: number): void {
    const now = ctx.clock.monotonic();
    const waited = work.reading || soonest !== liveLimits.soonMs ? 0 : now - (work.toldAt ?? 0);
    const ms = Math.max(0, soonest - waited);
    const at = now + ms;
    if (work.planned !== undefined) {
      if (work.planned.at <= at) return;
      work.planned.cancel();
    }
    if (ms > 0) {
      work.planned = { at, cancel: ctx.clock.after(ms, () => void tellWork(agentId, work)) };
      return;
    }
    // At once, and yet after all that is told of in this turn.
    let cancelled = false;
    work.planned = {
      at,
      cancel() {
        cancelled = true;
      },
    };
    queueMicrotask(() => cancelled || void tellWork(agentId, work));
  }

  async function tellWork(agentId: string, work: Work): Promise<void> {
    work.planned = undefined;
    if (stopped || work.browsers.size === 0) return;
    if (work.reading) {
      planWork(agentId, work, liveLimits.soonMs);
      return;
    }
    work.toldAt = ctx.clock.monotonic();
    if (!work.stale && work.snapshot !== undefined) {
      if (work.mended !== true) return tellChange(work, work.snapshot);
      work.snapshot.serverTime = ctx.clock.now().toISOString();
      return tellWhole(work, work.snapshot);
    }
    work.reading = true;
    try {
      const [first] = work.browsers;
      work.stale = false;
      const { actor } = first!;
      const asked = askedNames(actor.language);
      work.snapshot = await workSnapshot(ctx, actor, names, { waiting: waitingCounts, asked, peopleSeen });
      tellWhole(work, work.snapshot);
    } catch (fault) {
      work.stale = true;
      if (!isConnectionFault(fault))
        ctx.log.warn({ err: fault }, 'An agent’s work could not be read; it is read again.');
      planWork(agentId, work, 1_000);
    } finally {
      work.reading = false;
    }
  }

  function tellWhole(work: Work, snapshot: WorkSnapshot): void {
    work.changed = undefined;
    work.mended = undefined;
    const text = JSON.stringify({ topic: 'work', snapshot } satisfies ToStaff);
    for (const browser of work.browsers) browser.line.sendText(text);
  }

  // A desk has many conversations and each line concerns one: the whole would be written, sent and read again for every line.
  function tellChange(work: Work, { waiting }: WorkSnapshot): void {
    const interactions = [...(work.changed ?? [])].map(({ id, seq, unread, lastLine }) => ({
      id,
      seq,
      unread,
      lastLine,
    }));
    work.changed = undefined;
    const change = { interactions, waiting, serverTime: ctx.clock.now().toISOString() };
    const text = JSON.stringify({ topic: 'work', change } satisfies ToStaff);
    for (const browser of work.browsers) browser.line.sendText(text);
  }

  // How many wait concerns everybody: one count for all desks, now and then, if anything moved.
  async function tellWaiting(): Promise<void> {
    if (waitingStale && works.size > 0) {
      waitingStale = false;
      try {
        const counts = (waitingCounts = await waitingPerClient(ctx.db.system));
        // A thousand desks are not told in one breath: whoever is offered something meanwhile would wait for all of them.
        let nth = 0;
        const spread = waitingRoundMs() / 2 / works.size;
        for (const [agentId, work] of works) {
          const [first] = work.browsers;
          if (work.snapshot === undefined || first === undefined) continue;
          const waiting = counts
            .filter((row) => first.actor.clients.includes(row.client_id))
            .reduce((sum, row) => sum + row.waiting, 0);
          if (work.reading) waitingStale = true; // what is being read may hold the older count
          if (waiting === work.snapshot.waiting) continue;
          work.snapshot.waiting = waiting;
          planWork(agentId, work, liveLimits.soonMs + spread * nth++);
        }
      } catch {
        waitingStale = true; // the database is away: counted again in the next round
      }
    }
    if (!stopped) ctx.clock.after(waitingRoundMs(), () => void tellWaiting());
  }

  function waitingRoundMs(): number {
    return Math.max(liveLimits.waitingMs, works.size * liveLimits.waitingPerDeskMs);
  }

  async function askAgain(browser: Browser): Promise<void> {
    try {
      const actor = await actors.of(browser.token);
      if (actor === undefined) return browser.line.close(closing.signInNeeded, 'sign-in-needed');
      if (actor.clients.join() !== browser.actor.clients.join()) markWork(actor.personId, 'soon');
      browser.actor = actor;
      for (const topic of browser.follows) {
        const reason = await whyNotFollow(actor, topic);
        if (reason !== undefined) endTopic(browser, topic, reason);
      }
    } catch {
      browser.line.close(closing.stopping, 'try again'); // rights that cannot be read are no rights
    }
  }

  async function whyNotFollow(actor: Actor, topic: string): Promise<string | undefined> {
    const name = (Object.keys(topics) as (keyof typeof topics)[]).find((key) => topics[key].of.test(topic));
    if (name === undefined) return 'not-found';
    const reason = whyNotPermitted(permissions, `topic ${name}`, actor);
    if (reason !== undefined || name === 'work') return reason;
    const row = await interactionById(ctx.db.system, topic.slice('interaction:'.length), actor.clients);
    return row !== undefined && sees(actor, row.client_id) ? undefined : 'interaction-unknown';
  }

  function endTopic(browser: Browser, topic: string, code: string): void {
    unfollow(browser, topic);
    browser.line.send({ ended: topic, code });
  }

  function unfollow(browser: Browser, topic: string): void {
    browser.follows.delete(topic);
    if (topic === 'work') {
      const work = works.get(browser.actor.personId);
      work?.browsers.delete(browser);
      if (work?.browsers.size === 0) {
        work.planned?.cancel();
        works.delete(browser.actor.personId);
      }
      return;
    }
    const there = followers.get(topic);
    there?.delete(browser);
    if (there?.size === 0) followers.delete(topic);
  }

  async function subscribe(browser: Browser, topic: string, after: number): Promise<void> {
    if (subscribeLimit.take(browser.actor.personId) > 0) return endTopic(browser, topic, 'too-many-requests');
    let actor: Actor;
    let reason: string | undefined;
    do {
      // Whose rights changed while they were looked at was told before this topic was theirs to lose.
      actor = browser.actor;
      reason = await whyNotFollow(actor, topic);
    } while (actor !== browser.actor);
    if (reason !== undefined) return endTopic(browser, topic, reason);
    if (browser.follows.size >= liveLimits.subscriptionsMax && !browser.follows.has(topic))
      return endTopic(browser, topic, 'too-many-requests');
    if (!browser.line.open) return;
    browser.follows.add(topic);
    if (topic === 'work') {
      const { personId } = browser.actor;
      const work = works.get(personId) ?? { browsers: new Set(), reading: false, stale: true };
      works.set(personId, work);
      work.browsers.add(browser);
      work.stale = true;
      planWork(personId, work, 0);
      return;
    }
    // Followed before it is read: what is committed meanwhile comes twice at worst, and the seq tells.
    const there = followers.get(topic) ?? new Set();
    followers.set(topic, there.add(browser));
    const stream = topic.slice('interaction:'.length);
    const known = await names.all();
    const { rows, head } = await seeing(ctx.db, browser.actor.clients, async (tx) => {
      const row = await interactionById(tx, stream, browser.actor.clients);
      return { rows: await eventsAfter(tx, stream, after, liveLimits.eventsAtOnce), head: row?.seq ?? 0 };
    });
    if (!browser.follows.has(topic)) return; // taken away, or given up, while it was read
    browser.line.send({ topic, events: rows.map((row) => eventView(row, known)), head });
  }

  async function say(browser: Browser, message: Extract<FromStaff, { do: 'say' }>): Promise<void> {
    const reason = whyNotPermitted(permissions, 'POST /api/interactions/:id/messages', browser.actor);
    const seconds = lineLimit.take(browser.actor.personId);
    const answer =
      reason !== undefined
        ? refuse(reason)
        : seconds > 0
          ? refuse('too-many-requests', { retryAfterSeconds: seconds })
          : await lines.write({
              interactionId: message.interactionId,
              author: 'agent',
              agentId: browser.actor.personId,
              clients: browser.actor.clients,
              audience: message.audience ?? 'all',
              key: message.key,
              text: message.text,
            });
    if (isRefusal(answer)) return refused(browser, message.id, answer);
    browser.line.send({ said: message.id, seq: answer.seq, at: answer.at.toISOString() });
  }

  function refused(browser: Browser, id: string, refusal: Refusal): void {
    browser.line.send({ refused: id, problem: problemOf(refusal, browser.actor.language) });
  }

  function connect(
    socket: WebSocket,
    { token, actor, wire }: { token: string; actor: Actor; wire: Duplex },
  ): void {
    const line = lineOver<unknown, ToStaff>(socket, ctx.clock, wire);
    const browser: Browser = { token, actor, line, follows: new Set() };
    browsers.add(browser);
    let gone = false;
    let leave: (() => void) | undefined;
    if (hasRole(actor, 'agent')) {
      keeper.connected(actor.personId).then(
        (left) => {
          leave = left;
          if (gone) left();
        },
        (fault) => {
          ctx.log.warn({ err: fault }, 'An agent’s line could not be noted; their browser connects again.');
          line.close(closing.stopping, 'try again');
        },
      );
    }
    line.onClose(() => {
      gone = true;
      browsers.delete(browser);
      for (const topic of browser.follows) unfollow(browser, topic);
      leave?.();
    });
    line.send({ hello: { personId: actor.personId, serverTime: ctx.clock.now().toISOString() } });
    line.onMessage((raw) => {
      const read = fromStaff.safeParse(raw);
      if (!read.success) {
        const id = (raw as { id?: unknown }).id;
        return refused(browser, typeof id === 'string' ? id : '', refuse('input-invalid'));
      }
      const message = read.data;
      const act =
        message.do === 'subscribe'
          ? subscribe(browser, message.topic, message.after ?? 0)
          : message.do === 'say'
            ? say(browser, message)
            : message.do === 'unsubscribe'
              ? unfollow(browser, message.topic)
              : line.send({ pong: true });
      const done = Promise.resolve(act).catch((fault) => {
        if (!isConnectionFault(fault))
          ctx.log.error({ err: fault }, 'A desk’s live line met a fault; it is asked to try again.');
        if (message.do === 'say') refused(browser, message.id, refusalOfFault(isConnectionFault(fault)));
        else line.close(closing.stopping, 'try again');
      });
      acts.note(done);
    });
  }

  async function askAllAgain(): Promise<void> {
    for (const browser of browsers) await askAgain(browser);
    if (!stopped) ctx.clock.after(liveLimits.rightsMs, () => void askAllAgain());
  }

  return {
    start(): void {
      ctx.clock.after(liveLimits.waitingMs, () => void tellWaiting());
      ctx.clock.after(liveLimits.rightsMs, () => void askAllAgain());
    },
    connect,
    connections: () => browsers.size,
    stop(): void {
      stopped = true;
      stopRights();
      for (const { line } of browsers) line.close(closing.stopping, 'stopping');
    },
    /** Waits for the acts that came over these lines, at most so long; answers how many are left. */
    over: acts.over,
  };
}

export type StaffLive = ReturnType<typeof createStaffLive>;
