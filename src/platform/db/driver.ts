import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type postgres from 'postgres';

/**
 * postgres.js, mended where its 3.4.9 does not survive a connection that breaks under load (porsager/postgres#1133, #1193, #1209, #1215,
 * #1216): statements buffered for a dead socket kept the next one from ever being spoken to; a statement of a transaction whose
 * connection was gone ended the process, or ran in somebody else's transaction; a reply that never came was taken for the next one's. And one silence is not in
 * its options: that of a server which owes an answer (`silence_timeout`, in milliseconds; 0: waits without end).
 * `test/db/broken-connections.test.ts` shows each. The driver's own files are read, changed in the places below and loaded beside
 * the unchanged ones; a release that reads differently there is not loaded at all. It goes when upstream has the repairs.
 */
const mends: Readonly<Record<string, readonly [place: string, mended: string][]>> = {
  'connection.js': [
    // Whatever was to be written belongs to the dead socket, and a timer that was cleared must count as cleared.
    [
      `    clearImmediate(nextWriteTimer)
    socket.removeListener('data', data)
    socket.removeListener('connect', connected)
    idleTimer.cancel()`,
      `    clearImmediate(nextWriteTimer)
    nextWriteTimer = chunk = null
    socket.removeListener('data', data)
    socket.removeListener('connect', connected)
    idleTimer.cancel()`,
    ],
    // Who waits for the dead server's answer is told, also if they came between error and close, and nothing of it is left for the next.
    // A server that closes while a connection starts has refused it, as one that is not there: asked again without end nobody was told.
    [
      `    if (initial)
      return reconnect()

    !hadError && (query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))
    closedTime = performance.now()
    hadError && options.shared.retries++
`,
      `    if (hadError || initial) options.shared.retries++;
    (initial || query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))
    query = results = errorResponse = final = null
    result = new Result()
    rows = 0
    closedTime = performance.now()
`,
    ],
    // A transaction may still have something to say when its connection is gone.
    [
      `    if (stream)
      return queryError(q, Errors.generic('COPY_IN_PROGRESS'`,
      `    if (!socket) {
      queryError(q, Errors.connection('CONNECTION_CLOSED', options))
      return true
    }

    if (stream)
      return queryError(q, Errors.generic('COPY_IN_PROGRESS'`,
    ],
    [`    const x = socket.write(chunk, fn)`, `    const x = socket ? socket.write(chunk, fn) : true`],
    // A network that drops packets without a word leaves whoever asked waiting for as long as TCP tries: a quarter of an hour.
    [
      `      const s = StartupMessage()
      write(s)`,
      `      options.silence_timeout && watchSilence(socket)
      const s = StartupMessage()
      write(s)`,
    ],
    [
      `  function error(err) {
    if (connection.queue`,
      `  function watchSilence(mine) {
    let heard = performance.now()
    mine.on('data', () => heard = performance.now())
    const timer = setInterval(() => {
      if (mine !== socket)
        return clearInterval(timer)
      if (!query && !initial && !sent.length)
        heard = performance.now()
      else if (performance.now() - heard > options.silence_timeout)
        mine.destroy(Errors.connection('CONNECTION_CLOSED', options, mine))
    }, options.silence_timeout / 4)
    timer.unref()
  }

  function error(err) {
    if (connection.queue`,
    ],
    // Types are asked for again by the next connection.
    [`        return fetchArrayTypes()`, `        return fetchArrayTypes().catch(() => {})`],
    // After a failure in the middle of its rows the next result begins at its beginning.
    [
      `    query = results = errorResponse = null
    result = new Result()
    connectTimer.cancel()`,
      `    query = results = errorResponse = null
    result = new Result()
    rows = 0
    connectTimer.cancel()`,
    ],
  ],
  'index.js': [
    [`    keep_alive      : 60,`, `    keep_alive      : 60,\n    silence_timeout : 0,`],
    // A transaction ends with its connection: what it says afterwards must not be said on the next one, in another transaction.
    [
      `    let savepoints = 0
      , connection
      , prepare = null
`,
      `    let savepoints = 0
      , connection
      , lost = null
      , prepare = null
`,
    ],
    [
      `        new Promise((_, reject) => connection.onclose = reject)
      ])
    } catch (error) {`,
      `        new Promise((_, reject) => connection.onclose = error => {
          lost = error
          while (queries.length)
            queries.shift().reject(error)
          reject(error)
        })
      ])
    } catch (error) {`,
    ],
    [
      `        q.catch(e => uncaughtError || (uncaughtError = e))
        c.queue === full`,
      `        q.catch(e => uncaughtError || (uncaughtError = e))
        if (lost)
          return q.reject(lost)
        c.queue === full`,
    ],
  ],
};

const mark = '?mended';
const entry = import.meta.resolve('postgres');
const folder = entry.slice(0, entry.lastIndexOf('/') + 1);

const hooks = registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const ours = context.parentURL?.startsWith(folder) === true && context.parentURL.endsWith(mark);
    return ours && found.url.startsWith(folder) ? { ...found, url: `${found.url}${mark}` } : found;
  },
  load(url, context, next) {
    if (!url.startsWith(folder) || !url.endsWith(mark)) return next(url, context);
    const plain = url.slice(0, -mark.length);
    const source = mended(plain.slice(folder.length), readFileSync(new URL(plain), 'utf8'));
    return { format: 'module', shortCircuit: true, source };
  },
});

function mended(name: string, source: string): string {
  return (mends[name] ?? []).reduce((text, [place, change]) => {
    if (text.split(place).length !== 2)
      throw new Error(
        `postgres.js has changed in ${name}: see whether it still needs what src/platform/db/driver.ts mends.`,
      );
    return text.replace(place, () => change);
  }, source);
}

/** Use this, never the package itself, wherever a connection may outlive a server. */
export const driver: typeof postgres = (await import(`${entry}${mark}`)).default;
hooks.deregister();
