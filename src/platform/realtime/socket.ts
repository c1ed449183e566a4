import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** What a live line may hold back for a slow reader before it is dropped (and catches up when it returns), and what it may send. */
export const socketLimits = {
  bufferedBytesMax: 1_000_000,
  frameBytesMax: 64 * 1024,
  silenceMs: 60_000,
} as const;

/** Ends with these codes tell the browser what to do: 4000 and above are ours. */
export const closing = {
  tooSlow: 4001,
  stopping: 1012,
  refused: 4003,
  unreadable: 4004,
  signInNeeded: 4005,
  silent: 4006,
} as const;

export interface Line<In, Out> {
  send(message: Out): void;
  /** Sends what is serialised already: one text for many readers. */
  sendText(text: string): void;
  close(code: number, why: string): void;
  readonly open: boolean;
  onMessage(take: (message: In) => void): void;
  onClose(act: () => void): void;
}

/**
 * A WebSocket with bounds: JSON only, frames of bounded size (the server's maxPayload), a slow reader is dropped rather than
 * kept in memory, and one that says nothing for a minute is gone (browsers ping every 20 s).
 *
 * @param wire what the WebSocket runs over: what is sent in one turn (an acknowledgement and the line it acknowledges, several lines
 * of one commit) leaves in one write
 */
export function lineOver<In, Out>(
  socket: WebSocket,
  { after }: { after: (ms: number, act: () => void) => () => void },
  wire: Duplex,
): Line<In, Out> {
  let gathering = false;
  let silence = after(socketLimits.silenceMs, () => close(closing.silent, 'silent'));
  const close = (code: number, why: string) => {
    silence();
    socket.close(code, why);
    after(2_000, () => socket.terminate());
  };
  const sendText = (text: string) => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > socketLimits.bufferedBytesMax) {
      socket.terminate();
      return;
    }
    if (!gathering) {
      gathering = true;
      wire.cork();
      process.nextTick(() => {
        gathering = false;
        wire.uncork();
      });
    }
    socket.send(text);
  };
  socket.on('error', () => socket.terminate());
  return {
    sendText,
    send: (message) => sendText(JSON.stringify(message)),
    close,
    get open() {
      return socket.readyState === socket.OPEN;
    },
    onMessage(take) {
      socket.on('message', (data, isBinary) => {
        silence();
        silence = after(socketLimits.silenceMs, () => close(closing.silent, 'silent'));
        let message: In;
        try {
          if (isBinary) throw new Error('binary');
          message = JSON.parse((data as Buffer).toString());
          if (typeof message !== 'object' || message === null) throw new Error('no object');
        } catch {
          close(closing.unreadable, 'a JSON object is expected');
          return;
        }
        take(message);
      });
    },
    onClose(act) {
      socket.on('close', () => {
        silence();
        act();
      });
    },
  };
}
