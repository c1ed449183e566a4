import { canonicalAgent, canonicalInteraction, canonicalRules, canonicalType } from './canonical.ts';
import type { InvariantName } from './contract.ts';
import { Account } from './invariants.ts';
import type {
  AgentSeen,
  Channel,
  EngineSnapshot,
  InteractionSeen,
  InteractionState,
  Millis,
  RulesSeen,
  Seen,
  TypeSeen,
} from './seam.ts';

// What of the record is against a published invariant: pure, over one consistent picture of the database. What the engine would say of it is
// not asked, the plain account of `invariants.ts` is. All of it goes step by step, so that whoever runs it can let others work between.

/** In the order in which they are published. */
export const invariantNames = [
  'over-capacity',
  'not-eligible',
  'idle-beside-work',
  'out-of-order',
  'not-in-one-place',
  'differs-from-record',
  'lost-or-doubled',
] as const satisfies readonly InvariantName[];

export interface Finding {
  invariant: InvariantName;
  /** What of it, as a word of the log. */
  what: string;
  ids: readonly string[];
  /** The same in two pictures: it is about the same facts. */
  key: string;
  /** Stands in the log for good; all else could be on its way to where it belongs, and is looked at twice. */
  settled: boolean;
}

/** Something an agent has done or was given, as the log says it. */
export interface Happened {
  stream: string;
  seq: number;
  kind: string;
  at: Millis;
  agentId?: string;
  /** Of a presence: what it became, and was. */
  state?: string;
  from?: string;
}

/** An offer of the log with the decision that is kept for it, if one is. */
export interface Offered {
  interactionId: string;
  seq: number;
  at: Millis;
  /** Whom the log names. */
  agentId?: string;
  decision?: {
    agentId: string;
    epoch: string;
    /** When the interaction was last moved before: it has waited as it was since then. */
    since: Millis;
    why: DecidedWhy;
  };
}

/** What of a why is judged. */
export interface DecidedWhy {
  decidedAt: Millis;
  typeId: string;
  clientId: string;
  channel: Channel;
  order: { priority: number; arrivedAt: Millis };
  requires?: readonly { competencyId: string; level: number }[];
  language?: { language: string; level: number };
  toTeam?: unknown;
  toAgent?: unknown;
  preferred?: unknown;
  askedAgain?: true;
}

export interface Tail {
  stream: string;
  /** From this seq on the stream was counted. */
  from: number;
  count: number;
  min: number;
  max: number;
  /** What the row of the stream says, where there is one. */
  head?: { seq: number; state?: InteractionState };
}

export interface AssessedOnce {
  agentId: string;
  competencyId: string;
  language: string | null;
  level: number;
  validUntil: Millis;
  recordedAt: Millis;
}

/** What the database holds at one moment. */
export interface Picture {
  at: Millis;
  /** All that is open is in it, not a part. */
  whole: boolean;
  rules: RulesSeen;
  rulesChangedAt: Millis;
  types: readonly TypeSeen[];
  agents: readonly AgentSeen[];
  open: readonly { seen: InteractionSeen; since: Millis; dueAt?: Millis; offerUntil?: Millis }[];
  /** Slots that are taken. */
  taken: readonly { agentId: string; channel: Channel; interactionId: string; since: Millis }[];
  presence: readonly { agentId: string; state: string; since: Millis }[];
  /** What happened since the last check, by stream and seq. */
  happened: readonly Happened[];
  /** Of the time before that, what was changed of types, people and presence: whoever decided may not have heard of it yet. */
  changedBefore: readonly Happened[];
  /** Since when all that was changed is known. */
  changedSince: Millis;
  tails: readonly Tail[];
  offered: readonly Offered[];
  /** Of those who were offered something: the newest before that, and all since. Oldest first. */
  assessed: readonly AssessedOnce[];
  /** The owner's epoch, and what its engine held back after a write that failed: from when to when. */
  epoch?: string;
  heldBack: ReadonlyMap<string, readonly { from: Millis; until: Millis }[]>;
  /** The state that an act of this name leads to: undefined when it may not follow, the state itself when the kind is no act. */
  follow: (state: InteractionState, kind: string) => InteractionState | undefined;
}

/** How long things may take before they count, in ms. */
export const judging = {
  /** Free agent and waiting interaction beside each other; that they are found twice comes on top. */
  besideMs: 5_000,
  /** After this long whoever decides has heard of a change, also when its telling was lost. */
  heardMs: 15_000,
  /** For clocks that differ, and for acts that met. */
  metMs: 2_000,
  /** How long something may be overdue. */
  overdueMs: 30_000,
} as const;

/** Pairs of agent and interaction that one check tries; beyond it the next ones go on. */
export const pairsMax = 1_000_000;

const states: readonly InteractionState[] = [
  'waiting',
  'scheduled',
  'offered',
  'handling',
  'parked',
  'wrapping',
  'closed',
  'abandoned',
];
const withSlot: readonly InteractionState[] = ['offered', 'handling', 'wrapping'];
const holds = (one: InteractionSeen) =>
  withSlot.includes(one.state) || (one.state === 'parked' && one.comesBack === true);
const stepsAtOnce = 200;

/** An account of what stands in the record, which knows by agent what is theirs. */
class Recorded extends Account {
  readonly byAgent = new Map<string, InteractionSeen[]>();

  override concerning(agentId: string): Iterable<InteractionSeen> {
    return this.byAgent.get(agentId) ?? [];
  }

  add(seen: Seen): void {
    this.take({ did: 'see', seen });
    if (seen.kind !== 'interaction' || seen.agentId === undefined) return;
    const own = this.byAgent.get(seen.agentId);
    if (own === undefined) this.byAgent.set(seen.agentId, [seen]);
    else own.push(seen);
  }
}

export interface Judged {
  findings: Finding[];
  /** False: there was more to try than `pairsMax`. */
  whole: boolean;
}

/**
 * All findings of a picture, in steps of which none takes long.
 *
 * @param suspects findings of an earlier picture: what they speak of is looked at first
 * @param turn counts the checks: of what is too much for one, each looks at another part
 */
export function* judge(
  picture: Picture,
  {
    suspects = [],
    turn = 0,
    most = pairsMax,
  }: { suspects?: readonly Finding[]; turn?: number; most?: number } = {},
): Generator<void, Judged> {
  const account = new Recorded();
  account.add(picture.rules);
  for (const type of picture.types) account.add(type);
  for (const [index, agent] of picture.agents.entries()) {
    account.add(agent);
    if (index % stepsAtOnce === 0) yield;
  }
  for (const [index, { seen }] of picture.open.entries()) {
    account.add(seen);
    if (index % stepsAtOnce === 0) yield;
  }
  const findings: Finding[] = [];
  yield* places(picture, account, findings);
  yield* rights(picture, account, findings);
  yield* overdue(picture, account, findings);
  const whole = yield* beside(picture, account, findings, suspects, turn, most);
  yield* streams(picture, findings);
  yield* offers(picture, account, findings);
  yield* order(picture, account, findings);
  return { findings, whole };
}

/** 1 and 5: each interaction in the place that its state says, each slot with what holds it, nobody with more than they may. */
function* places({ open, taken, rulesChangedAt }: Picture, account: Recorded, found: Finding[]) {
  const slotOf = new Map(taken.map((one) => [one.interactionId, one]));
  for (const [index, { seen }] of open.entries()) {
    if (index % stepsAtOnce === 0) yield;
    const { interactionId, seq, agentId, channel } = seen;
    const slot = slotOf.get(interactionId);
    if (!holds(seen)) continue;
    if (slot !== undefined && slot.agentId === agentId && slot.channel === channel) continue;
    const held = agentId === undefined ? 0 : account.slotsTaken(agentId, channel);
    const size = account.agents.get(agentId ?? '')?.capacity[channel] ?? 0;
    if (slot === undefined && held > size)
      found.push(once('over-capacity', 'more-than-places', [interactionId, agentId ?? ''], `${seq}`));
    else
      found.push(
        once(
          'not-in-one-place',
          slot === undefined ? 'without-place' : 'in-another-place',
          [interactionId],
          `${seq}`,
        ),
      );
  }
  for (const [index, slot] of taken.entries()) {
    if (index % stepsAtOnce === 0) yield;
    const one = account.interactions.get(slot.interactionId);
    if (one === undefined || !holds(one))
      found.push(
        once(
          'not-in-one-place',
          'place-held-by-nothing',
          [slot.interactionId, slot.agentId],
          `${slot.since}`,
        ),
      );
    else if (one.state === 'offered') {
      const beside = excludedBy(slot, one, account, slotOf, rulesChangedAt);
      if (beside !== undefined)
        found.push(
          once(
            'over-capacity',
            'beside-what-excludes-it',
            [one.interactionId, beside, slot.agentId],
            `${one.seq}`,
          ),
        );
    }
  }
}

/** What the agent held well before this was offered to them, and which excludes it. */
function excludedBy(
  { agentId, since }: Picture['taken'][number],
  offered: InteractionSeen,
  account: Recorded,
  slotOf: ReadonlyMap<string, Picture['taken'][number]>,
  rulesChangedAt: Millis,
): string | undefined {
  if (rulesChangedAt > since - judging.heardMs) return undefined;
  for (const held of account.concerning(agentId)) {
    if (held.channel === offered.channel || !withSlot.includes(held.state)) continue;
    if (account.rules?.channels[offered.channel]?.[held.channel] !== 'excluded') continue;
    const from = Math.max(
      slotOf.get(held.interactionId)?.since ?? Number.POSITIVE_INFINITY,
      held.agentSince ?? 0,
    );
    if (from < since - judging.metMs) return held.interactionId;
  }
  return undefined;
}

/** 2, of what is held now: by somebody who works for its client. */
function* rights({ open }: Picture, account: Recorded, found: Finding[]) {
  for (const [index, { seen }] of open.entries()) {
    if (index % stepsAtOnce === 0) yield;
    if (seen.agentId === undefined || !withSlot.includes(seen.state)) continue;
    const agent = account.agents.get(seen.agentId);
    if (agent?.clients.includes(seen.clientId) !== true)
      found.push(
        once('not-eligible', 'held-without-right', [seen.interactionId, seen.agentId], `${seen.seq}`),
      );
  }
}

/** 7: nothing that nobody will come back to. */
function* overdue({ at, open, presence }: Picture, account: Recorded, found: Finding[]) {
  const heads = new Map(presence.map((head) => [head.agentId, head]));
  const before = at - judging.overdueMs;
  for (const [index, { seen, since, dueAt, offerUntil }] of open.entries()) {
    if (index % stepsAtOnce === 0) yield;
    const { interactionId, seq, state, agentId } = seen;
    const lost = (what: string, ...more: string[]) =>
      found.push(once('lost-or-doubled', what, [interactionId, ...more], `${seq}`));
    if (agentId === undefined) {
      if (state !== 'waiting' && state !== 'scheduled') lost('without-agent');
      else if (state === 'scheduled' && (dueAt ?? at) < before) lost('due-and-not-back');
      continue;
    }
    const head = heads.get(agentId);
    const away = head === undefined || (head.state === 'offline' && head.since < before);
    if (state === 'offered' && (offerUntil ?? at) < before) lost('offer-without-end', agentId);
    else if (withSlot.includes(state) && away && since < before) lost('with-who-is-away', agentId);
    else if (state === 'parked' && away && (dueAt ?? at) < before) lost('due-and-not-back', agentId);
    else if (seen.comesBack === true && !isInterrupted(account, seen, agentId))
      lost('interrupted-and-not-back', agentId);
  }
}

/** Whether something that the agent works on, or that waits to come back itself, interrupts it. */
function isInterrupted(account: Recorded, parked: InteractionSeen, agentId: string): boolean {
  for (const one of account.concerning(agentId)) {
    if (one === parked || !(one.state === 'handling' || one.state === 'wrapping' || one.comesBack === true))
      continue;
    if (account.rules?.channels[one.channel]?.[parked.channel] === 'interrupts') return true;
  }
  return false;
}

/** 3: what waits and an agent who could have had it, free beside it. */
function* beside(
  { at, open }: Picture,
  account: Recorded,
  found: Finding[],
  suspects: readonly Finding[],
  turn: number,
  most: number,
): Generator<void, boolean> {
  const suspected = new Map(
    suspects.filter(({ invariant }) => invariant === 'idle-beside-work').map(({ ids }) => [ids[0]!, ids[1]!]),
  );
  // Of those that are alike, whoever may take one may take the one that has waited longest: it has been asked for widest.
  const alike = new Map<string, InteractionSeen>();
  const single: InteractionSeen[] = [];
  for (const [index, { seen, since }] of open.entries()) {
    if (index % stepsAtOnce === 0) yield;
    if (seen.state !== 'waiting' || since > at - judging.besideMs) continue;
    if (!isOffered(account, seen, at)) continue;
    if (suspected.has(seen.interactionId) || !isPlain(seen)) single.push(seen);
    else {
      const group = groupOf(account, seen);
      const known = alike.get(group);
      if (known === undefined || seen.arrivedAt < known.arrivedAt) alike.set(group, seen);
    }
  }
  const waiting = [...single.filter((one) => suspected.has(one.interactionId)), ...alike.values(), ...single];
  if (waiting.length === 0) return true;

  const free = new Map<string, AgentSeen[]>();
  for (const [index, agent] of [...account.agents.values()].entries()) {
    if (index % stepsAtOnce === 0) yield;
    if (!agent.ready || agent.idleSince > at - judging.besideMs) continue;
    for (const channel of Object.keys(agent.capacity) as Channel[]) {
      if (!account.hasSlot(agent, channel) || account.interrupted(agent.agentId, channel) === undefined)
        continue;
      for (const client of agent.clients) {
        const key = `${client} ${channel}`;
        const there = free.get(key);
        if (there === undefined) free.set(key, [agent]);
        else there.push(agent);
      }
    }
  }
  const competent = new Map<string, AgentSeen[]>();
  let pairs = 0;
  const first = suspected.size + ((turn * 997) % Math.max(1, waiting.length - suspected.size));
  const inTurn = [
    ...waiting.slice(0, suspected.size),
    ...waiting.slice(first),
    ...waiting.slice(suspected.size, first),
  ];
  for (const one of inTurn) {
    const group = groupOf(account, one);
    let able = competent.get(group);
    if (able === undefined) {
      able = [];
      for (const agent of free.get(`${one.clientId} ${one.channel}`) ?? []) {
        if (++pairs % stepsAtOnce === 0) yield;
        if (account.isCompetent(agent, one, at)) able.push(agent);
      }
      competent.set(group, able);
    }
    const suspect = account.agents.get(suspected.get(one.interactionId) ?? '');
    for (const agent of suspect === undefined ? able : [suspect, ...able]) {
      if (++pairs % stepsAtOnce === 0) yield;
      if (!account.mayTake(agent, one, at)) continue;
      found.push(
        once(
          'idle-beside-work',
          'waits-beside-idle',
          [one.interactionId, agent.agentId],
          `${one.seq} ${agent.idleSince}`,
        ),
      );
      break;
    }
    if (pairs > most) return false;
  }
  return true;
}

function isOffered(account: Account, one: InteractionSeen, at: Millis): boolean {
  return !((one.heldUntil ?? at) > at) && !account.isClosed(account.types.get(one.typeId), at);
}

/** Nothing but its type says who is asked. */
function isPlain({ notTo, toAgent, toTeam, preferred }: InteractionSeen): boolean {
  return (
    (notTo === undefined || notTo.length === 0) &&
    toAgent === undefined &&
    toTeam === undefined &&
    preferred === undefined
  );
}

function groupOf(account: Account, { typeId, language }: InteractionSeen): string {
  return account.types.get(typeId)?.language === undefined ? typeId : `${typeId} ${language}`;
}

/** 7: a log without gap or double, whose acts may follow each other, and rows that say the same. */
function* streams({ happened, tails, follow }: Picture, found: Finding[]) {
  const lastOf = new Map<string, { seq: number; may: ReadonlySet<InteractionState> }>();
  let steps = 0;
  for (const { stream, seq, kind } of happened) {
    if (++steps % stepsAtOnce === 0) yield;
    if (!kind.startsWith('interaction.')) continue;
    const last = lastOf.get(stream);
    if (kind === 'interaction.arrived') {
      if (seq !== 1) found.push(always('lost-or-doubled', 'act-out-of-place', [stream], `${seq}`));
      lastOf.set(stream, { seq, may: new Set(['waiting']) });
      continue;
    }
    const before = last?.seq === seq - 1 ? last.may : new Set(states);
    let after = new Set([...before].flatMap((state) => follow(state, kind) ?? []));
    if (after.size === 0) {
      found.push(
        always(
          'lost-or-doubled',
          kind === 'interaction.offered' ? 'offered-twice' : 'act-out-of-place',
          [stream],
          `${seq}`,
        ),
      );
      after = new Set(states.flatMap((state) => follow(state, kind) ?? []));
    }
    lastOf.set(stream, { seq, may: after });
  }
  for (const { stream, from, count, min, max, head } of tails) {
    if (++steps % stepsAtOnce === 0) yield;
    if (min !== from || count !== max - from + 1)
      found.push(always('lost-or-doubled', 'gap-in-log', [stream], ''));
    else if (head !== undefined && head.seq !== max)
      found.push(once('lost-or-doubled', 'row-unlike-log', [stream], `${head.seq} ${max}`));
    else if (head?.state !== undefined) {
      const last = lastOf.get(stream);
      if (last?.seq === head.seq && !last.may.has(head.state))
        found.push(once('lost-or-doubled', 'row-unlike-log', [stream], `${head.seq} ${head.state}`));
    }
  }
}

/** Whether an event of this kind says that something about a type, an agent or their presence is other than before. */
export function saysChange(kind: string): boolean {
  return /[.-]changed$/.test(kind); // `person.bars-changed` among them
}

/** 2 and 7, of the offers since the last check: each by a decision, to somebody who could have it at that moment. */
function* offers(
  { offered, assessed, happened, changedBefore, changedSince, presence }: Picture,
  account: Recorded,
  found: Finding[],
) {
  const changed = new Map<string, Millis[]>();
  const presences = new Map<string, Happened[]>();
  let steps = 0;
  for (const event of [...changedBefore, ...happened]) {
    if (++steps % stepsAtOnce === 0) yield;
    if (event.kind === 'presence.changed' && event.agentId !== undefined)
      push(presences, event.agentId, event);
    else if (saysChange(event.kind)) push(changed, event.stream, event.at);
  }
  const heads = new Map(presence.map((head) => [head.agentId, head]));
  const own = Map.groupBy(assessed, ({ agentId }) => agentId);
  for (const offer of offered) {
    if (++steps % stepsAtOnce === 0) yield;
    const { interactionId, seq, decision } = offer;
    if (decision === undefined || decision.agentId !== offer.agentId) {
      found.push(
        always(
          'lost-or-doubled',
          decision === undefined ? 'offer-without-decision' : 'offer-unlike-decision',
          [interactionId],
          `${seq}`,
        ),
      );
      continue;
    }
    const { agentId, why } = decision;
    const at = why.decidedAt;
    const heardFrom = at - judging.heardMs;
    const isSettled = (stream: string) =>
      heardFrom >= changedSince && !(changed.get(stream) ?? []).some((changedAt) => changedAt > heardFrom);
    const not = (what: string) =>
      found.push(always('not-eligible', what, [interactionId, agentId], `${seq}`));

    const type = isSettled(why.typeId) ? account.types.get(why.typeId) : undefined;
    const requires = type?.requires ?? why.requires ?? [];
    const mine = own.get(agentId) ?? [];
    const counts = (all: readonly AssessedOnce[], level: number) =>
      heardOf(all, heardFrom, at).some((one) => one.level >= level && one.validUntil > at - judging.metMs);
    const agent = account.agents.get(agentId);
    if (isSettled(agentId) && agent?.clients.includes(why.clientId) !== true) not('offered-without-right');
    else if (isSettled(agentId) && agent?.barred?.some(({ typeId }) => typeId === why.typeId) === true)
      not('offered-while-barred');
    else if (
      !requires.every(({ competencyId, level }) =>
        counts(
          mine.filter((one) => one.competencyId === competencyId),
          level,
        ),
      )
    )
      not('offered-without-competency');
    else if (
      why.language !== undefined &&
      ![
        ...Map.groupBy(
          mine.filter(({ language }) => language === why.language?.language),
          (one) => one.competencyId,
        ).values(),
      ].some((all) => counts(all, why.language!.level))
    )
      not('offered-without-language');
    else if (!mayHaveBeenReady(presences.get(agentId) ?? [], heads.get(agentId), heardFrom, at))
      not('offered-while-not-ready');
  }
}

/** The assessments of one competency that were the newest at some moment of that time. Oldest first. */
function heardOf(all: readonly AssessedOnce[], from: Millis, to: Millis): AssessedOnce[] {
  return all.filter(({ recordedAt }, index) => {
    const next = all[index + 1];
    return recordedAt <= to && (next === undefined || next.recordedAt > from);
  });
}

function mayHaveBeenReady(
  events: readonly Happened[],
  head: Picture['presence'][number] | undefined,
  from: Millis,
  to: Millis,
): boolean {
  const inOrder = events.toSorted((a, b) => a.at - b.at);
  if (inOrder.length === 0) return head === undefined || head.since > from || head.state === 'ready';
  let state = inOrder[0]!.from;
  let was = state === 'ready';
  for (const event of inOrder) {
    if (event.at > to) break;
    state = event.state;
    // What held before this time says nothing of it, once something followed.
    was = event.at <= from ? state === 'ready' : was || state === 'ready';
  }
  return was;
}

/**
 * 4: a decision that overtook one of the same type and language. Of those decided under the present epoch, since only this owner
 * knows what it held back after a write that failed.
 */
function* order({ offered, open, happened, epoch, heldBack }: Picture, account: Recorded, found: Finding[]) {
  interface Standing {
    one: InteractionSeen;
    since: Millis;
    until: Millis;
  }
  const moved = new Set<string>();
  let steps = 0;
  for (const { kind, stream } of happened) {
    if (++steps % stepsAtOnce === 0) yield;
    if (kind === 'interaction.reordered' || kind === 'interaction.pushed') moved.add(stream);
  }
  const groups = new Map<string, Standing[]>();
  for (const { seen, since } of open) {
    if (++steps % stepsAtOnce === 0) yield;
    if (seen.state === 'waiting' && isPlain(seen) && !moved.has(seen.interactionId))
      push(groups, groupOf(account, seen), { one: seen, since, until: Number.POSITIVE_INFINITY });
  }
  const decided: (Standing & { agentId: string; seq: number })[] = [];
  for (const { interactionId, seq, decision } of offered) {
    if (++steps % stepsAtOnce === 0) yield;
    if (decision === undefined || decision.epoch !== epoch) continue;
    const { why, since, agentId } = decision;
    if (
      why.toAgent !== undefined ||
      why.toTeam !== undefined ||
      why.preferred !== undefined ||
      why.askedAgain
    )
      continue;
    const one: InteractionSeen = {
      kind: 'interaction',
      interactionId,
      seq,
      state: 'waiting',
      clientId: why.clientId,
      typeId: why.typeId,
      channel: why.channel,
      priority: why.order.priority,
      arrivedAt: why.order.arrivedAt,
      ...(why.language === undefined ? {} : { language: why.language.language }),
    };
    const standing = { one, since, until: why.decidedAt, agentId, seq };
    decided.push(standing);
    // One that came back may have been declined by whoever took the other: only the first offer of each is surely plain.
    if (since <= one.arrivedAt && !moved.has(interactionId)) push(groups, groupOf(account, one), standing);
  }
  for (const standing of groups.values()) standing.sort((a, b) => a.one.arrivedAt - b.one.arrivedAt);
  for (const { one, until: at, agentId, seq } of decided) {
    const agent = account.agents.get(agentId);
    const type = account.types.get(one.typeId);
    if (agent === undefined || type === undefined) continue;
    for (const other of groups.get(groupOf(account, one)) ?? []) {
      if (++steps % stepsAtOnce === 0) yield;
      if (other.one.arrivedAt > at - judging.heardMs) break;
      if (other.one.interactionId === one.interactionId || other.until <= at) continue;
      if (other.since > at - judging.heardMs || account.inOrder(other.one, one, at) >= 0) continue;
      // Who waited less may still be asked of fewer.
      if ((type.widening !== undefined || type.teams !== undefined) && other.one.arrivedAt > one.arrivedAt)
        continue;
      if ((heldBack.get(other.one.interactionId) ?? []).some(({ from, until }) => from <= at && at <= until))
        continue;
      found.push(
        always(
          'out-of-order',
          'overtaken',
          [other.one.interactionId, one.interactionId, agentId],
          `${seq} ${other.one.seq}`,
        ),
      );
      break;
    }
  }
}

/**
 * 6: how the owner's engine differs from one that was rebuilt from the record, both at the same instant. What is decided and not yet
 * written is left out. Versions are each engine's own.
 *
 * @param whole the record is all that is open: then lines, slots and places must be the same too
 */
export function* differences(
  mine: EngineSnapshot,
  rebuilt: EngineSnapshot,
  { whole }: { whole: boolean },
): Generator<void, Finding[]> {
  const found: Finding[] = [];
  let steps = 0;
  const differ = (what: string, id: string, a: string | undefined, b: string | undefined) => {
    if (a !== b) found.push(once('differs-from-record', what, [id], `${a} ${b}`));
  };
  const underWay = new Set([...mine.reserved, ...mine.released].map(({ interactionId }) => interactionId));
  function* facts<Fact>(
    what: string,
    one: readonly Fact[],
    other: readonly Fact[],
    idOf: (fact: Fact) => string,
    text: (fact: Fact) => string,
    both: boolean,
  ): Generator<void, void> {
    const known = new Map(one.map((fact) => [idOf(fact), fact]));
    for (const fact of other) {
      if (++steps % stepsAtOnce === 0) yield;
      const id = idOf(fact);
      const own = known.get(id);
      known.delete(id);
      differ(what, id, own === undefined ? undefined : text(own), text(fact));
    }
    if (both) for (const [id, fact] of known) differ(what, id, text(fact), undefined);
  }
  if (mine.rules !== undefined && rebuilt.rules !== undefined)
    differ(
      'rules',
      'rules',
      JSON.stringify(canonicalRules({ ...mine.rules, version: 0 })),
      JSON.stringify(canonicalRules({ ...rebuilt.rules, version: 0 })),
    );
  yield* facts(
    'type',
    mine.types,
    rebuilt.types,
    ({ typeId }) => typeId,
    (type) => JSON.stringify(canonicalType({ ...type, version: 0 })),
    true,
  );
  yield* facts(
    'agent',
    mine.agents,
    rebuilt.agents,
    ({ agentId }) => agentId,
    (agent) => JSON.stringify(canonicalAgent({ ...agent, version: 0 })),
    true,
  );
  yield* facts(
    'interaction',
    mine.interactions,
    rebuilt.interactions,
    ({ interactionId }) => interactionId,
    (one) => JSON.stringify(canonicalInteraction(one)),
    whole,
  );
  if (!whole) return found;
  const [here, there] = [standing(mine), standing(rebuilt)];
  yield;
  for (const [id, place] of there) {
    if (++steps % stepsAtOnce === 0) yield;
    if (!underWay.has(id)) differ('place', id, here.get(id), place);
    here.delete(id);
  }
  for (const [id, place] of here) if (!underWay.has(id)) differ('place', id, place, undefined);
  const linesOf = ({ places }: EngineSnapshot) =>
    new Map(places.lines.map((line) => [line.asks, line.interactionIds]));
  const [lines, theirs] = [linesOf(mine), linesOf(rebuilt)];
  for (const [asks, ids] of theirs) {
    if (++steps % stepsAtOnce === 0) yield;
    const own = lines.get(asks) ?? [];
    const [inMine, inTheirs] = [new Set(own), new Set(ids)];
    const [a, b] = [own.filter((id) => inTheirs.has(id)), ids.filter((id) => inMine.has(id))];
    const at = b.findIndex((id, index) => id !== a[index]);
    if (at >= 0) differ('order-in-line', b[at]!, a[at], b[at]);
  }
  return found;
}

/** Where each open interaction stands, by its engine's own structures; one that stands twice is in both. */
function standing({ places }: EngineSnapshot): Map<string, string> {
  const where = new Map<string, string>();
  const put = (place: string, ids: readonly string[]) => {
    for (const id of ids) where.set(id, where.has(id) ? `${where.get(id)} and ${place}` : place);
  };
  for (const { asks, interactionIds } of places.lines) put(`line ${asks}`, interactionIds);
  put('held', places.held);
  put('without type', places.withoutType);
  put('reserved', places.reserved);
  for (const { agentId, channel, interactionIds } of places.slots)
    put(`slot of ${agentId} on ${channel}`, interactionIds);
  put('aside', places.aside);
  return where;
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Perhaps on its way to where it belongs: counts when it is found again. */
function once(invariant: InvariantName, what: string, ids: readonly string[], facts: string): Finding {
  return { invariant, what, ids, key: `${what} ${ids.join(' ')} ${facts}`, settled: false };
}

/** Said by the log for good. */
function always(invariant: InvariantName, what: string, ids: readonly string[], facts: string): Finding {
  return { ...once(invariant, what, ids, facts), settled: true };
}
