import type postgres from 'postgres';
import { cookieName } from '#src/app/server.ts';
import { openSession } from '#src/modules/people/index.ts';
import { systemClock } from '#src/platform/clock.ts';
import type { Context } from '#src/platform/context.ts';
import { type Address, openDatabase } from '#src/platform/db/sql.ts';
import { createBus } from '#src/platform/events/bus.ts';
import { newId } from '#src/platform/ids.ts';
import { logTo } from '#src/platform/log.ts';
import { eachOf } from './caller.ts';
import type { CentreAgent } from './centre.ts';

/**
 * Further agents like the first, who was made by the public interface: what they may do and master, and their password, are copied
 * in the database, and each has a session. A thousand passwords take minutes to hash, twice each, and that is not what is measured.
 */
export async function moreAgents(
  address: Extract<Address, { host: string }>,
  sql: postgres.Sql,
  first: CentreAgent,
  count: number,
): Promise<CentreAgent[]> {
  const ids = Array.from({ length: count }, () => newId(systemClock.now()));
  const assessments = ids.map(() => newId(systemClock.now()));
  await sql.begin(async (tx) => {
    await tx`
      insert into person (id, email, name, password_hash, roles, language, created_at)
      select n.id, 'further-' || n.nth || '@centre.example', 'Further agent ' || n.nth, p.password_hash, p.roles, p.language, p.created_at
        from person p, unnest(${ids}::uuid[]) with ordinality as n (id, nth) where p.id = ${first.id}`;
    await tx`
      insert into person_client (person_id, client_id)
      select n, client_id from person_client, unnest(${ids}::uuid[]) n where person_id = ${first.id}`;
    await tx`
      insert into capacity_slot (agent_id, channel, slot)
      select n, channel, slot from capacity_slot, unnest(${ids}::uuid[]) n where agent_id = ${first.id} and not retired`;
    await tx`
      insert into assessment (id, agent_id, competency_id, level, assessed_on, valid_until, assessed_by, recorded_at)
      select n.id, n.agent, competency_id, level, assessed_on, valid_until, assessed_by, recorded_at
        from assessment, unnest(${assessments}::uuid[], ${ids}::uuid[]) as n (id, agent) where agent_id = ${first.id}`;
  });
  const db = openDatabase(address, { system: 8 });
  try {
    const ctx: Context = {
      db,
      clock: systemClock,
      bus: createBus(() => {}),
      log: logTo('silent', { write() {} }),
      node: 'bench',
      secret: '',
      publicUrl: () => '',
    };
    return await eachOf(ids, 8, async (id, nth) => ({
      id,
      name: `Further agent ${nth + 1}`,
      email: `further-${nth + 1}@centre.example`,
      cookie: `${cookieName}=${(await openSession(ctx, id)).token}`,
    }));
  } finally {
    await db.close();
  }
}
