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

export function openPool(
  address: Address,
  role: keyof typeof poolSizes,
  options: { max?: number; name?: string } = {},
): Sql {
  const connection: Record<string, string> = {
    application_name: options.name ?? `parley ${role}`,
    // A statement that hangs is a fault: nothing of ours takes half a minute, migrations apart.
    ...(role === 'owner' ? {} : { role: databaseRoles[role], statement_timeout: '30000' }),
    TimeZone: 'UTC',
  };
  const shared: postgres.Options<Record<string, never>> = {
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

/** True for a fault of the connection or the server, not of the statement: worth trying again. */
export function isConnectionFault(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return false;
  return (
    code.startsWith('08') ||
    code.startsWith('57P') ||
    [
      'CONNECTION_CLOSED',
      'CONNECTION_DESTROYED',
      'CONNECTION_ENDED',
      'CONNECT_TIMEOUT',
      'ECONNREFUSED',
      'ECONNRESET',
      'ENOENT',
      'EPIPE',
    ].includes(code)
  );
}
