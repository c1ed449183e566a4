import { useCallback, useEffect, useRef, useState } from 'react';
import type { InteractionEvent } from '#src/modules/interactions/contract.ts';
import { api } from '#web/link/api.ts';
import { worthRepeating } from '#web/link/problem.ts';
import { useFailureWords } from '../failure.tsx';
import { useLiveState } from '../line.tsx';
import { recordedKeys } from './conversation.ts';
import { keepUnsent, readUnsent, stillUnsent, type Unsent } from './drafts.ts';

/** While the server is not reached a line is tried again after so many milliseconds. */
const againMs = 4_000;

/**
 * Lines on their way. They are kept in the browser until the record holds them, go one after the other so that their order stays, and
 * are sent again under the same key when it is not known whether they arrived: the server takes each key once.
 */
export function useUnsent(personId: string, interactionId: string, events: readonly InteractionEvent[]) {
  const [lines, setLines] = useState<readonly Unsent[]>(() =>
    readUnsent(localStorage, personId, interactionId),
  );
  const { line } = useLiveState();
  const words = useFailureWords();
  const latest = useRef(lines);
  const sending = useRef(false);

  const change = useCallback(
    (next: readonly Unsent[]) => {
      latest.current = next;
      keepUnsent(localStorage, personId, interactionId, next, Date.now());
      setLines(next);
    },
    [personId, interactionId],
  );

  useEffect(() => {
    const left = stillUnsent(latest.current, recordedKeys(events));
    if (left !== latest.current) change(left);
  }, [events, change]);

  const [attempt, setAttempt] = useState(0);
  const live = line.is === 'live';
  useEffect(() => {
    if (sending.current) return;
    const next = latest.current.find(({ refused, sent }) => refused === undefined && !sent);
    if (next === undefined) return;
    sending.current = true;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const send = async () => {
      const { key, text, audience } = next;
      try {
        await api.post(`/api/interactions/${interactionId}/messages`, { key, text, audience });
        change(latest.current.map((one) => (one.key === key ? { ...one, sent: true as const } : one)));
      } catch (error) {
        if (worthRepeating(error)) retry = setTimeout(() => setAttempt((count) => count + 1), againMs);
        else change(latest.current.map((one) => (one.key === key ? { ...one, refused: words(error) } : one)));
      } finally {
        sending.current = false;
      }
    };
    void send();
    return () => clearTimeout(retry);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `live` and `attempt` make it worth trying again
  }, [lines, live, attempt, interactionId]);

  return {
    lines,
    send(text: string, audience: 'all' | 'staff') {
      change([...latest.current, { key: crypto.randomUUID(), text, audience, at: Date.now() }]);
    },
    again(key: string) {
      change(latest.current.map((one) => (one.key === key ? withoutRefusal(one) : one)));
    },
    /** Takes a refused line back; answers its text, to be put into the draft. */
    takeBack(key: string): string {
      const text = latest.current.find((one) => one.key === key)?.text ?? '';
      change(latest.current.filter((one) => one.key !== key));
      return text;
    },
  };
}

function withoutRefusal({ key, text, audience, at }: Unsent): Unsent {
  return { key, text, audience, at };
}
