import { UnusableSetting } from '#src/platform/settings.ts';

/** PostgreSQL versions that Parley is tested on, both ends included. */
export const postgresMajors = { oldest: 15, newest: 18 } as const;

/**
 * What to tell the person at the start when the port cannot be listened on.
 * @returns undefined for a fault that no setting mends.
 */
export function whyNotListen(error: unknown, port: number): UnusableSetting | undefined {
  const code = codeOf(error);
  if (code === 'EADDRINUSE') {
    return new UnusableSetting(
      `Port ${port} is taken by another program: stop that one, or choose another port by PARLEY_PORT.`,
      { cause: error },
    );
  }
  if (code === 'EACCES') {
    return new UnusableSetting(
      `Port ${port} is for the administrator's programs: choose one from 1024 on by PARLEY_PORT.`,
      {
        cause: error,
      },
    );
  }
  return undefined;
}

/**
 * What to tell the person at the start when a database of their own cannot be used. The address is not repeated: a password may
 * stand in it.
 * @returns undefined for a fault that no setting mends.
 */
export function whyNotConnect(error: unknown): UnusableSetting | undefined {
  const remedy = connectRemedies[codeOf(error) ?? ''];
  return remedy === undefined
    ? undefined
    : new UnusableSetting(`The database that PARLEY_DATABASE_URL names ${remedy}.`, { cause: error });
}

/** By the codes of the operating system, of the driver, and of PostgreSQL (appendix A of its manual). */
const connectRemedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'does not answer: start it, or mend host and port in the address',
  ECONNRESET: 'breaks the connection off: see whether it wants TLS (?sslmode=require)',
  CONNECTION_CLOSED:
    'breaks the connection off: see whether it is a PostgreSQL, and whether it wants TLS (?sslmode=require)',
  CONNECT_TIMEOUT: 'cannot be reached: mend the host in the address, or let this machine through to it',
  ETIMEDOUT: 'cannot be reached: mend the host in the address, or let this machine through to it',
  EHOSTUNREACH: 'cannot be reached: mend the host in the address, or let this machine through to it',
  ENETUNREACH: 'cannot be reached: mend the host in the address, or let this machine through to it',
  ENOTFOUND: 'is on a host that nobody knows: mend the host in the address',
  EAI_AGAIN:
    'is on a host whose name cannot be looked up now: mend the host in the address, or the name service',
  ENOENT: 'has no socket there: start it, or mend the folder in the address',
  '28P01': 'refuses the password: mend user and password in the address',
  '28000': "refuses this user: mend the user in the address, or the server's pg_hba.conf",
  '3D000': 'does not exist on that server: create it, or mend the name in the address',
  '42501':
    'does not give this user the rights that are needed: let its owner run the migrations, or grant them',
  '53300': 'has no connection left: raise its max_connections, or end others',
  '57P03': 'is still starting: start Parley again when it is up',
};

/**
 * Whether a server is of a version that Parley works with.
 * @param serverVersion the number that `show server_version_num` gives, for example 150020.
 */
export function whyNotVersion(serverVersion: number): UnusableSetting | undefined {
  const major = Math.floor(serverVersion / 10_000);
  const { oldest, newest } = postgresMajors;
  if (major >= oldest && major <= newest) return undefined;
  const remedy =
    major < oldest
      ? 'upgrade it, or name another by PARLEY_DATABASE_URL'
      : 'name another by PARLEY_DATABASE_URL';
  return new UnusableSetting(
    `The database is PostgreSQL ${major}, and Parley works with ${oldest} to ${newest}: ${remedy}.`,
  );
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}
