import type { Input } from './journal-form.ts';
import { createReplay, JournalBroken, type Replay, type ToldChunk } from './replay.ts';
import type { InteractionState, Millis, Standing, Why } from './seam.ts';

// What was true of one interaction at a moment that is over, from the journal alone.

/** A moment, or a decision of the run by its number. */
export type MomentAsked = { interactionId: string } & ({ at: Millis } | { position: number });

export type MomentAnswer =
  /** It waited: for what, and where everybody stood. */
  | { kind: 'waiting'; why: Why; agents: Standing[] }
  /** It was decided: who could take it at that instant and who not, before the choice was made. */
  | { kind: 'decided'; decidedAt: Millis; agentId: string; why: Why; agents: Standing[] }
  /** It was known, and not waiting to be decided. A decision under way says its number. */
  | { kind: 'not-waiting'; state: InteractionState; position?: number }
  /** It had not arrived, or was over. */
  | { kind: 'not-there' }
  | { kind: 'nobody-routed' };

/** Whoever routes tells its journal something every ten seconds: after so much silence at a run's end it routed no more, in ms. */
export const quietMs = 15_000;

/** Whether it is the engine's being told the time: facts before it were told at that time too. */
const timeOf = (input: Input): Millis | undefined =>
  input[0] === 'decide' || input[0] === 'time' ? input[1] : undefined;

/**
 * @param chunks of one run, from one with which a replay may begin
 * @throws JournalBroken when they are not what they should be
 */
export function momentOf(chunks: Iterable<ToldChunk>, asked: MomentAsked): MomentAnswer {
  return 'at' in asked ? stateAt(chunks, asked) : choiceOf(chunks, asked);
}

function stateAt(
  chunks: Iterable<ToldChunk>,
  { interactionId, at }: { interactionId: string; at: Millis },
): MomentAnswer {
  const replay = createReplay();
  let state: InteractionState | undefined;
  let position: number | undefined;
  let lastTold: Millis | undefined;
  let goesOn = false;
  const tell = (input: Input) => {
    if (input[0] === 'is' && input[1] === interactionId) state = input[3];
    lastTold = timeOf(input) ?? lastTold;
    for (const replayed of replay.tell(input))
      if (replayed.decision.interactionId === interactionId) position = replayed.position;
  };
  let facts: Input[] = [];
  reading: for (const chunk of chunks) {
    const inputs = replay.inputsOf(chunk);
    // What a restart point tells was known before.
    const known = chunk.kind === 'part' || chunk.kind === 'restart' ? chunk.inputs.length : 0;
    for (const [index, input] of inputs.entries()) {
      if (index < known) {
        tell(input);
        continue;
      }
      const time = timeOf(input);
      if (time === undefined) {
        facts.push(input);
        continue;
      }
      if (time > at) {
        goesOn = true;
        break reading;
      }
      for (const fact of facts) tell(fact);
      facts = [];
      tell(input);
    }
  }
  if (lastTold === undefined || (!goesOn && at - lastTold > quietMs)) return { kind: 'nobody-routed' };
  const explained = replay.engine.explain(interactionId, at);
  if (explained !== undefined) return { kind: 'waiting', ...explained };
  if (state === undefined || state === 'closed' || state === 'abandoned') return { kind: 'not-there' };
  return { kind: 'not-waiting', state, ...(state === 'waiting' && position !== undefined && { position }) };
}

/** Up to the decision, the round it belongs to one by one: so that it is seen between the one before it and itself. */
function choiceOf(
  chunks: Iterable<ToldChunk>,
  { interactionId, position }: { interactionId: string; position: number },
): MomentAnswer {
  const replay = createReplay();
  for (const chunk of chunks)
    for (const input of replay.inputsOf(chunk)) {
      if (input[0] !== 'decide' || replay.decided() + input[3] < position) replay.tell(input);
      else return chosenAt(replay, input[1], { interactionId, position });
    }
  throw new JournalBroken(`decision ${position} is not in it`);
}

function chosenAt(
  { engine, decided }: Replay,
  now: Millis,
  { interactionId, position }: { interactionId: string; position: number },
): MomentAnswer {
  const before = position - decided() - 1;
  if (before > 0) for (let taken = 0; taken < before; taken += 1) engine.decide(now, 1);
  const explained = engine.explain(interactionId, now);
  const [decision] = engine.decide(now, 1);
  if (explained === undefined || decision?.interactionId !== interactionId)
    throw new JournalBroken(`decision ${position} is about another interaction`);
  const { why, agentId } = decision;
  return { kind: 'decided', decidedAt: now, agentId, why, agents: explained.agents };
}
