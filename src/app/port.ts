import { once } from 'node:events';
import { createServer } from 'node:net';
import { UnusableSetting } from '#src/platform/settings.ts';

/**
 * Says at once that a port cannot be had, before a database is started or migrated for nothing.
 *
 * @throws UnusableSetting with the sentence that says what to do
 */
export async function refuseTakenPort(port: number): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  probe.listen({ port, host: '::' });
  try {
    await once(probe, 'listening');
  } catch (error) {
    const sentence = portUnusable(error, port);
    if (sentence !== undefined) throw sentence;
    return; // a machine without IPv6 has no `::`: the server itself tries what else there is
  }
  probe.close();
  await once(probe, 'close');
}

/** The sentence for a port that could not be opened, where a person can mend it. */
export function portUnusable(error: unknown, port: number): UnusableSetting | undefined {
  const code = (error as { code?: string } | null)?.code;
  if (code === 'EADDRINUSE')
    return new UnusableSetting(`Port ${port} is taken by another program; set PARLEY_PORT to a free one.`);
  if (code === 'EACCES')
    return new UnusableSetting(
      `Port ${port} may not be opened by this user; set PARLEY_PORT to one above 1023.`,
    );
  return undefined;
}
