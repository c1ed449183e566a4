import { UnusableSetting } from '#src/platform/settings.ts';
import { databaseRoles, type Sql, sqlState } from './sql.ts';

// Two starts at once that both grant would change the same membership under each other's hands.
const makingRoles = 7_265_543;

/**
 * Makes the two plain roles when the owner may, and lets the owner switch to them. Roles belong to the whole server, so
 * several databases (and several programs starting at once) share them.
 *
 * @throws UnusableSetting with the statements to run when the right to make roles is missing.
 */
export async function ensureRoles(owner: Sql): Promise<void> {
  const missing: string[] = [];
  for (const role of Object.values(databaseRoles)) {
    const [known] = await owner`select from pg_roles where rolname = ${role}`;
    if (known === undefined) missing.push(`create role ${role} nologin noinherit`);
    if (known === undefined || !(await maySwitchTo(owner, role)))
      missing.push(`grant ${role} to current_user`);
  }
  for (const statement of missing) {
    try {
      await owner.begin(async (tx) => {
        await tx`select pg_advisory_xact_lock(${makingRoles})`;
        await tx.unsafe(statement);
      });
    } catch (error) {
      const state = sqlState(error);
      if (state === '42710' || state === '23505') continue; // somebody else's start made it at the same moment
      if (state === '42501') {
        const { user } = (await owner<{ user: string }[]>`select current_user as user`)[0]!;
        const words = missing.map((line) => line.replace('current_user', `"${user}"`)).join('; ');
        throw new UnusableSetting(
          `PARLEY_DATABASE_URL: the user "${user}" may not make the roles Parley needs; run these once as a superuser: ${words};`,
        );
      }
      throw error;
    }
  }
}

/** From PostgreSQL 16 on a membership may lack the right to switch, so it is tried rather than looked up. */
async function maySwitchTo(owner: Sql, role: string): Promise<boolean> {
  try {
    await owner.begin((tx) => tx.unsafe(`set local role ${role}`));
    return true;
  } catch (error) {
    if (sqlState(error) === '42501') return false;
    throw error;
  }
}
