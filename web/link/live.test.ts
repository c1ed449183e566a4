import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FromStaff, ToStaff } from '#src/app/contract.ts';
import type { WorkItem } from '#src/modules/interactions/contract.ts';
import { backOffMaxMs, backOffMs } from './back-off.ts';
import { helloWithinMs, LiveLine, pingAfterMs, pongWithinMs, type Socket } from './live.ts';

/** A world whose clock moves when told to, and whose server is this test. */
function world() {
  let now = Date.parse('2026-11-25T10:00:00Z');
  const timers = new Set<{ at: number; act: () => void }>();
  const sockets: (Socket & { sent: FromStaff[]; closed: boolean })[] = [];
  let lost = 0;
  const line = new LiveLine({
    open: () => {
      const socket = {
        sent: [] as FromStaff[],
        closed: false,
        send: (text: string) => void socket.sent.push(JSON.parse(text) as FromStaff),
        close: () => {
          socket.closed = true;
        },
        onopen: null,
        onmessage: null,
        onclose: null,
        onerror: null,
      } as Socket & { sent: FromStaff[]; closed: boolean };
      sockets.push(socket);
      return socket;
    },
    now: () => now,
    random: () => 0,
    after: (ms, act) => {
      const timer = { at: now + ms, act };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    onLost: () => {
      lost += 1;
    },
  });
  return {
    line,
    sockets,
    lostTimes: () => lost,
    socket: () => sockets.at(-1)!,
    say: (message: ToStaff) => sockets.at(-1)!.onmessage?.({ data: JSON.stringify(message) }),
    hello: () =>
      sockets.at(-1)!.onmessage?.({
        data: JSON.stringify({ hello: { personId: 'p', serverTime: new Date(now).toISOString() } }),
      }),
    advance: (ms: number) => {
      const until = now + ms;
      for (;;) {
        const next = [...timers].filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
        if (next === undefined) break;
        timers.delete(next);
        now = next.at;
        next.act();
      }
      now = until;
    },
  };
}
const event = (seq: number) => ({ seq, kind: 'interaction.line', at: '2026-11-25T10:00:00Z', body: {} });

test('the line is live only when the server said hello', () => {
  const { line, hello, socket } = world();
  line.start();
  assert.equal(line.state.line.is, 'connecting');
  hello();
  assert.equal(line.state.line.is, 'live');
  assert.deepEqual(socket().sent, [{ do: 'subscribe', topic: 'work' }]);
});

test('after a loss the line comes back by itself and asks for what came after the last line held', () => {
  const { line, hello, say, socket, advance, sockets } = world();
  line.start();
  hello();
  line.watch('i1');
  say({ topic: 'interaction:i1', events: [event(1), event(2)], head: 2 });
  socket().onclose?.();
  assert.equal(line.state.line.is, 'lost');
  advance(backOffMaxMs);
  assert.equal(sockets.length, 2);
  hello();
  assert.deepEqual(socket().sent, [
    { do: 'subscribe', topic: 'work' },
    { do: 'subscribe', topic: 'interaction:i1', after: 2 },
  ]);
});

test('a lost line says since when and up to when what is shown was true', () => {
  const { line, hello, socket, advance } = world();
  line.start();
  hello();
  advance(5_000);
  socket().onclose?.();
  assert.deepEqual(line.state.line, {
    is: 'lost',
    since: Date.parse('2026-11-25T10:00:05Z'),
    heardAt: Date.parse('2026-11-25T10:00:00Z'),
  });
});

test('the line counts as lost as soon as the browser says that the network is gone, and hurries when it is back', () => {
  const { line, hello, sockets, advance, lostTimes } = world();
  line.start();
  hello();
  advance(5_000);
  line.networkGone();
  assert.equal(line.state.line.is, 'lost');
  assert.equal(sockets[0]?.closed, true);
  assert.equal(lostTimes(), 1);
  line.hurry();
  assert.equal(sockets.length, 2);
  hello();
  assert.equal(line.state.line.is, 'live');
});

test('a line that is silent is asked, and counts as lost when it does not answer', () => {
  const { line, hello, socket, advance, say } = world();
  line.start();
  hello();
  advance(pingAfterMs);
  assert.deepEqual(socket().sent.at(-1), { do: 'ping' });
  say({ pong: true });
  advance(pingAfterMs + pongWithinMs - 1);
  assert.equal(line.state.line.is, 'live');
  advance(1);
  assert.equal(line.state.line.is, 'lost');
});

test('an opening without a hello is given up and tried again', () => {
  const { line, sockets, advance, lostTimes } = world();
  line.start();
  advance(helloWithinMs);
  assert.equal(sockets[0]?.closed, true);
  assert.equal(lostTimes(), 1);
  advance(backOffMaxMs);
  assert.ok(sockets.length > 1);
});

test('a missing line is asked for at once, and the later one is not shown before it', () => {
  const { line, hello, say, socket } = world();
  line.start();
  hello();
  line.watch('i1');
  say({ topic: 'interaction:i1', events: [event(1)], head: 1 });
  say({ topic: 'interaction:i1', events: [event(3)], head: 3 });
  assert.deepEqual(socket().sent.at(-1), { do: 'subscribe', topic: 'interaction:i1', after: 1 });
  assert.deepEqual(
    line.stream('i1').events.map(({ seq }) => seq),
    [1],
  );
});

test('a gap that its answer did not close is asked for once more, not in a loop', () => {
  const { line, hello, say, socket, advance } = world();
  line.start();
  hello();
  line.watch('i1');
  say({ topic: 'interaction:i1', events: [event(2)], head: 2 });
  say({ topic: 'interaction:i1', events: [event(2)], head: 2 });
  const asked = () =>
    socket().sent.filter((message) => message.do === 'subscribe' && message.topic === 'interaction:i1')
      .length;
  assert.equal(asked(), 1);
  advance(1_000);
  assert.ok(asked() <= 3);
});

test('two who watch one interaction subscribe once, and the last who leaves unsubscribes', () => {
  const { line, hello, socket } = world();
  line.start();
  hello();
  const one = line.watch('i1');
  const other = line.watch('i1');
  one();
  one();
  assert.equal(socket().sent.filter((message) => message.do !== 'ping').length, 2);
  other();
  assert.deepEqual(socket().sent.at(-1), { do: 'unsubscribe', topic: 'interaction:i1' });
});

test('signing out closes the line and forgets what it brought', () => {
  const { line, hello, say, socket, advance, sockets } = world();
  line.start();
  hello();
  line.watch('i1');
  say({ topic: 'interaction:i1', events: [event(1)], head: 1 });
  line.stop();
  assert.equal(socket().closed, true);
  assert.deepEqual(line.stream('i1').events, []);
  advance(60_000);
  assert.equal(sockets.length, 1);
});

test('a right that is lost ends that interaction only', () => {
  const { line, hello, say } = world();
  line.start();
  hello();
  line.watch('i1');
  say({ ended: 'interaction:i1', code: 'interaction-unknown' });
  assert.equal(line.stream('i1').ended, 'interaction-unknown');
  assert.equal(line.state.line.is, 'live');
});

test('the pause between attempts grows, is jittered and has a ceiling', () => {
  assert.equal(
    backOffMs(1, () => 0),
    200,
  );
  assert.equal(
    backOffMs(1, () => 1),
    400,
  );
  assert.equal(
    backOffMs(50, () => 1),
    backOffMaxMs,
  );
});

test('a line is put into the work that is shown, and what belongs to no conversation there is asked for, not again and again', () => {
  const { line, hello, say, socket, advance } = world();
  line.start();
  const change = (id: string, seq: number) =>
    say({
      topic: 'work',
      change: {
        interactions: [
          { id, seq, unread: true, lastLine: { author: 'customer', text: `line ${seq}`, at: 'then' } },
        ],
        waiting: 3,
        serverTime: '2026-11-25T10:00:00Z',
      },
    });
  const shown = () => line.state.work;
  hello();
  change('one', 2);
  assert.equal(shown(), undefined, 'the whole is under way');
  const item = { id: 'one', seq: 2, unread: false, lastLine: null } as unknown as WorkItem;
  say({
    topic: 'work',
    snapshot: { interactions: [item], waiting: 0, serverTime: '2026-11-25T10:00:00Z' } as never,
  });
  change('one', 3);
  assert.deepEqual(
    shown()?.interactions.map(({ seq, lastLine }) => [seq, lastLine?.text]),
    [[3, 'line 3']],
  );
  assert.equal(shown()?.waiting, 3);
  const asked = () => socket().sent.filter((sent) => sent.do === 'subscribe' && sent.topic === 'work').length;
  assert.equal(asked(), 1);
  change('another', 1);
  change('another', 2);
  assert.equal(asked(), 2);
  advance(1_000);
  change('another', 3);
  assert.equal(asked(), 3);
});
