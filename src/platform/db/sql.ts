import type postgres from 'postgres';
import { driver } from './driver.ts';

export type Sql = postgres.Sql<Record<string, never>>;
export type Tx = postgres.TransactionSql<Record<string, never>>;
/** What can run a statement: a pool or a transaction. */
export type Queryable = Sql | Tx;

/** How to reach a server: a connection string, or the socket folder of the embedded one. */
export type Address = { url: string } | { host: string; port: number; user: string; database: string };

export const databaseRoles = { request: 'parley_request', system: 'parley_system' } as const;

/** The program's three ways in. Requests see the clients in a setting; the system role sees all; the owner only migrates. */
export interface Database {
  owner: Sql;
  system: Sql;
  request: Sql;
  address: Address;
  close(): Promise<void>;
}

// One pool per role; the role is set while the connection starts, so that no statement ever runs as the owner by mistake.
// Sizes: 16 writers reach the machine's group-commit ceiling; requests are short.
const poolSizes = { owner: 2, system: 16, request: 8 } as const;

// A statement that hangs is a fault: nothing of ours takes half a minute, migrations apart.
const statementMs = 30_000;
/**
 * A server that says nothing for so long while it owes an answer is not there any more, whatever the network pretends: one that is
 * would have broken the statement off.
 */
const silenceMs = 45_000;

export function openPool(
  address: Address,
  role: keyof typeof poolSizes,
  options: { max?: number; name?: string; silenceMs?: number } = {},
): Sql {
  const connection: Record<string, string> = {
    application_name: options.name ?? `parley ${role}`,
    ...(role === 'owner' ? {} : { role: databaseRoles[role], statement_timeout: String(statementMs) }),
    TimeZone: 'UTC',
  };
  const shared: postgres.Options<Record<string, never>> & { silence_timeout: number } = {
    silence_timeout: options.silenceMs ?? (role === 'owner' ? 0 : silenceMs),
    max: options.max ?? poolSizes[role],
    connect_timeout: 10,
    idle_timeout: 0,
    max_lifetime: null,
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 1),
    onnotice: () => {},
    connection,
    types: {
      // A calendar day is not a moment: it stays the string yyyy-mm-dd. Moments are timestamptz and become Date.
      date: {
        to: 1184,
        from: [1114, 1184],
        serialize: (x: Date | string) => (x instanceof Date ? x : new Date(x)).toISOString(),
        parse: (x: string) => new Date(x),
      },
      day: { to: 1082, from: [1082], serialize: (x: string) => x, parse: (x: string) => x },
    } as never,
  };
  return ('url' in address
    ? driver(address.url, shared)
    : driver({ ...shared, ...address })) as unknown as Sql;
}

export function openDatabase(address: Address, sizes: { system?: number; request?: number } = {}): Database {
  const owner = openPool(address, 'owner');
  const system = openPool(address, 'system', sizes.system === undefined ? {} : { max: sizes.system });
  const request = openPool(address, 'request', sizes.request === undefined ? {} : { max: sizes.request });
  return {
    owner,
    system,
    request,
    address,
    close: async () => {
      await Promise.all([owner, system, request].map((pool) => pool.end({ timeout: 5 })));
    },
  };
}

/** Runs reads as the plain request role that sees these clients and no others, in one transaction. */
export async function seeing<Answer>(
  db: Pick<Database, 'request'>,
  clients: readonly string[],
  read: (tx: Tx) => Promise<Answer>,
): Promise<Answer> {
  return db.request.begin(async (tx) => {
    await tx`select set_config('parley.clients', ${`{${clients.join(',')}}`}, true)`;
    return read(tx as Tx);
  }) as Promise<Answer>;
}

/** Resolves once the server has answered anything at all. */
export async function answers(db: Queryable): Promise<void> {
  await db`select 1`;
}

/** The name of the constraint a statement broke (SQLSTATE class 23), if that is what happened. */
export function brokenConstraint(error: unknown): string | undefined {
  if (!(error instanceof driver.PostgresError) || !error.code.startsWith('23')) return undefined;
  return error.constraint_name ?? error.code;
}

export function sqlState(error: unknown): string | undefined {
  return error instanceof driver.PostgresError ? error.code : undefined;
}

// What the driver says of a connection, and what the system says of a socket that it holds.
const driverCodes = ['CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'CONNECTION_ENDED', 'CONNECT_TIMEOUT'];
const networkCodes = [
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
];
const socketCalls = ['connect', 'getaddrinfo', 'read', 'write'];

/**
 * True for a fault of the connection or the server, not of the statement: the database is away, and it is worth trying again. A file
 * that is missing is no database that is missing, though both are ENOENT: the system says on which call.
 */
export function isConnectionFault(error: unknown): boolean {
  const state = sqlState(error);
  // Connection exceptions; shutting down, starting, crashed; no connection free; a primary that became a standby.
  if (state !== undefined) return /^(?:08...|57P..|53300|25006)$/.test(state);
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  if (typeof code !== 'string') return false;
  return (
    driverCodes.includes(code) ||
    (networkCodes.includes(code) && typeof syscall === 'string' && socketCalls.includes(syscall))
  );
}
