import type {
  AgentSeen,
  Engine,
  Gone,
  InteractionSeen,
  Millis,
  Reserved,
  RulesSeen,
  Seen,
  TypeSeen,
} from './seam.ts';

// What an engine is told, in the form in which it is kept: short lists, which JSON and a compressor make small. What is written here is
// read by every later version: a form is never changed, a new one gets a new letter.

/** One thing an engine is told. */
export type Input =
  | ['agent', AgentSeen]
  /** The agent is as before but for these: most facts about an agent are of this kind. */
  | ['idle', agentId: string, version: number, ready: boolean, idleSince: Millis]
  | ['type', TypeSeen]
  | ['rules', RulesSeen]
  | [
      'is',
      interactionId: string,
      seq: number,
      state: InteractionSeen['state'],
      clientId: string,
      typeId: string,
      channel: InteractionSeen['channel'],
      priority: number,
      arrivedAt: Millis,
      rest?: Partial<InteractionSeen>,
    ]
  | ['gone', Gone]
  /** Decide; the last is how many decisions it gave. Without a greatest number: all. */
  | ['decide', now: Millis, max: number | null, decisions: number]
  /** The instant, by a question that needed it. */
  | ['time', now: Millis]
  | ['release', interactionId: string, notBefore?: Millis]
  /** Only in a restart point: what was decided and not seen yet, and what is held back after a write that failed. */
  | ['reserved', interactionId: string, Reserved]
  | ['held', interactionId: string, notBefore: Millis];

export function inputOf(seen: Seen): Input {
  if (seen.kind === 'agent') return ['agent', withEnds(seen, null)];
  if (seen.kind === 'type') return ['type', seen];
  if (seen.kind === 'rules') return ['rules', seen];
  const {
    kind: _,
    interactionId,
    seq,
    state,
    clientId,
    typeId,
    channel,
    priority,
    arrivedAt,
    ...rest
  } = seen;
  const parts = [interactionId, seq, state, clientId, typeId, channel, priority, arrivedAt] as const;
  for (const part in rest) if (rest[part as keyof typeof rest] !== undefined) return ['is', ...parts, rest];
  return ['is', ...parts];
}

/** JSON knows no "for ever": it stands there as nothing. */
function withEnds(seen: AgentSeen, never: number | null): AgentSeen {
  const isNever = ({ validUntil }: { validUntil: Millis | null }) =>
    validUntil === null || validUntil === Number.POSITIVE_INFINITY;
  const { competencies, languages } = seen;
  if (!competencies.some(isNever) && !languages?.some(isNever)) return seen;
  const withEnd = <One extends { validUntil: Millis }>(one: One): One =>
    isNever(one) ? { ...one, validUntil: never } : one;
  return {
    ...seen,
    competencies: competencies.map(withEnd),
    ...(languages && { languages: languages.map(withEnd) }),
  };
}

/** Whether the agent has the same, whatever they do at the moment. */
export function hasSame(a: AgentSeen, b: AgentSeen): boolean {
  return (
    isSame(a.clients, b.clients) &&
    isSame(a.capacity, b.capacity) &&
    isSame(a.competencies, b.competencies) &&
    isSame(a.languages, b.languages) &&
    isSame(a.teams, b.teams) &&
    isSame(a.barred, b.barred)
  );
}

/** Of parts that are read again and again: most often they are of the same length, and the same word for word. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** The same agent with only these changed: the parts are those of before, so that an engine need not look at them again. */
export function idleAgent(
  known: AgentSeen,
  { version, ready, idleSince }: Pick<AgentSeen, 'version' | 'ready' | 'idleSince'>,
): AgentSeen {
  return { ...known, version, ready, idleSince };
}

/** Tells an engine what another was told. Answers what it decided upon `decide`, nothing else otherwise. */
export function createTeller(engine: Engine) {
  const agents = new Map<string, AgentSeen>();
  return (input: Input): ReturnType<Engine['decide']> | undefined => {
    switch (input[0]) {
      case 'agent': {
        const seen = withEnds(input[1], Number.POSITIVE_INFINITY);
        agents.set(seen.agentId, seen);
        engine.see(seen);
        return undefined;
      }
      case 'idle': {
        const [, agentId, version, ready, idleSince] = input;
        const known = agents.get(agentId);
        if (known === undefined)
          throw new TypeError(`${agentId} is said to be as before, and was not told of`);
        const seen = idleAgent(known, { version, ready, idleSince });
        agents.set(agentId, seen);
        engine.see(seen);
        return undefined;
      }
      case 'type':
      case 'rules':
        engine.see(input[1]);
        return undefined;
      case 'is': {
        const [, interactionId, seq, state, clientId, typeId, channel, priority, arrivedAt, rest] = input;
        engine.see({
          kind: 'interaction',
          interactionId,
          seq,
          state,
          clientId,
          typeId,
          channel,
          priority,
          arrivedAt,
          ...rest,
        });
        return undefined;
      }
      case 'gone':
        if (input[1].kind === 'agent') agents.delete(input[1].agentId);
        engine.forget(input[1]);
        return undefined;
      case 'decide':
        return engine.decide(input[1], input[2] ?? Number.POSITIVE_INFINITY);
      case 'time':
        engine.comeTo(input[1]);
        return undefined;
      case 'release':
        engine.release(input[1], input[2]);
        return undefined;
      case 'reserved':
        engine.reserve(input[1], input[2]);
        return undefined;
      case 'held': {
        // Held back is what was reserved and released: an engine knows no other way.
        const why = { decidedAt: input[2] } as Reserved['why'];
        engine.reserve(input[1], { agentId: '', since: 0, why });
        engine.release(input[1], input[2]);
        return undefined;
      }
      default:
        throw new TypeError(`${String(input[0])} is nothing an engine is told`);
    }
  };
}
