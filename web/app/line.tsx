import { createContext, useContext, useEffect, useMemo, useSyncExternalStore } from 'react';
import { type LineState, LiveLine } from '#web/link/live.ts';
import type { Stream } from '#web/link/stream.ts';

const Context = createContext<LiveLine | undefined>(undefined);

/** Keeps the live line open as long as somebody is signed in, and hurries it when the network or the lid comes back. */
export function Live({
  open,
  onLost,
  children,
}: {
  open: boolean;
  onLost: () => void;
  children: React.ReactNode;
}) {
  const line = useMemo(
    () =>
      new LiveLine({
        open: () => new WebSocket(new URL('/api/live', location.href.replace(/^http/, 'ws'))) as never,
        now: () => Date.now(),
        random: () => Math.random(),
        after: (ms, act) => {
          const timer = setTimeout(act, ms);
          return () => clearTimeout(timer);
        },
        onLost,
      }),
    [onLost],
  );
  useEffect(() => {
    if (!open) return;
    line.start();
    const hurry = () => {
      if (document.visibilityState === 'visible') line.hurry();
    };
    const leave = () => line.stop();
    // A page that comes back from the browser's cache had closed its line on leaving.
    const comeBack = () => {
      line.start();
      hurry();
    };
    const gone = () => line.networkGone();
    window.addEventListener('offline', gone);
    window.addEventListener('online', hurry);
    window.addEventListener('pageshow', comeBack);
    document.addEventListener('visibilitychange', hurry);
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('offline', gone);
      window.removeEventListener('online', hurry);
      window.removeEventListener('pageshow', comeBack);
      document.removeEventListener('visibilitychange', hurry);
      window.removeEventListener('pagehide', leave);
      line.stop();
    };
  }, [line, open]);
  return <Context value={line}>{children}</Context>;
}

export function useLine(): LiveLine {
  const line = useContext(Context);
  if (line === undefined) throw new Error('Outside of the live line.');
  return line;
}

export function useLiveState() {
  const line = useLine();
  return useSyncExternalStore(
    (listener) => line.listen(listener),
    () => line.state,
  );
}

export const isLive = (line: LineState) => line.is === 'live';

/** The events of an interaction, followed as long as this is shown. */
export function useStream(interactionId: string, follow: boolean): Stream {
  const line = useLine();
  useEffect(() => (follow ? line.watch(interactionId) : undefined), [line, interactionId, follow]);
  return useSyncExternalStore(
    (listener) => line.listen(listener),
    () => line.stream(interactionId),
  );
}
