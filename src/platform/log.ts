import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';
import type { LogLevel } from '#src/platform/settings.ts';

export type { Logger } from 'pino';

/** Names under which a secret could reach the log by mistake, at the top of an entry or one step below. */
const secretNames = ['password', 'secret', 'token', 'authorization', 'cookie', 'databaseUrl'];

/** What the reader of a terminal does not need on every line. */
const plumbing = new Set(['level', 'time', 'pid', 'hostname', 'msg', 'err']);

/**
 * The program's log: one JSON object a line on stderr, so that stdout keeps what was asked for. On a terminal the same
 * entries are short lines for people.
 */
export function openLog(level: LogLevel): Logger {
  return logTo(
    level,
    process.stderr.isTTY ? forPeople(process.stderr) : pino.destination({ dest: 2, sync: true }),
  );
}

/** As `openLog`, to a destination that is handed in. */
export function logTo(level: LogLevel, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err },
      redact: {
        paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.headers.${name}`]),
        censor: '(hidden)',
      },
    },
    destination,
  );
}

/** Turns each JSON entry into a line such as `12:03:44 warn  The database is recovering. attempt=2`. */
export function forPeople(out: { write(text: string): unknown }): DestinationStream {
  return {
    write(entry) {
      const fields = JSON.parse(entry) as Record<string, unknown> & {
        time: string;
        level: string;
        msg?: string;
      };
      const rest = Object.entries(fields)
        .filter(([name]) => !plumbing.has(name))
        .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
      const fault = fields.err as { stack?: string } | undefined;
      const line = [fields.time.slice(11, 19), fields.level.padEnd(5), fields.msg ?? '', ...rest]
        .join(' ')
        .trimEnd();
      out.write(fault?.stack === undefined ? `${line}\n` : `${line}\n${fault.stack}\n`);
    },
  };
}
