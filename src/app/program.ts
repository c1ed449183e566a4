import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type InteractionRow, interactionsByIds, messagesAt } from '#src/modules/interactions/index.ts';
import { anyPerson, createFirstAccount } from '#src/modules/people/index.ts';
import { heads } from '#src/modules/presence/index.ts';
import { folderKeeper } from '#src/platform/blobs/folder-keeper.ts';
import { s3Keeper } from '#src/platform/blobs/s3-keeper.ts';
import type { Clock } from '#src/platform/clock.ts';
import type { Context } from '#src/platform/context.ts';
import { migrate } from '#src/platform/db/migrate.ts';
import { earliestIdTime, ensurePartitions } from '#src/platform/db/partitions.ts';
import { ensureRoles } from '#src/platform/db/roles.ts';
import { type Address, answers, openDatabase, type Sql } from '#src/platform/db/sql.ts';
import { type Committed, createBus } from '#src/platform/events/bus.ts';
import { forgetOtherNodes, logIsForeign } from '#src/platform/events/queries.ts';
import { startRelay } from '#src/platform/events/relay.ts';
import type { Logger } from '#src/platform/log.ts';
import { isRefusal } from '#src/platform/refusal.ts';
import { defaultDataDir, type Settings, UnusableSetting } from '#src/platform/settings.ts';
import { createProbes } from './metrics.ts';
import { createModules, type Modules } from './modules.ts';
import { permissions } from './permissions.ts';
import { portUnusable } from './port.ts';
import { createServer, type Server } from './server.ts';
import { createUpkeep } from './upkeep.ts';

export interface Program {
  ctx: Context;
  modules: Modules;
  server: Server;
  port: number;
  stop(): Promise<void>;
}

/**
 * One running copy of Parley on a database that is there: migrates, loads, serves. Used by `main.ts` and by tests alike.
 *
 * @throws UnusableSetting with one sentence that says what to do
 */
export async function startProgram({
  address,
  settings,
  secret,
  clock,
  log,
  alone,
  isUp = () => true,
  checkAnswers = false,
}: {
  address: Address;
  settings: Pick<Settings, 'port' | 'publicUrl' | 'adminEmail' | 'adminPassword'> &
    Partial<Pick<Settings, 'journalDays' | 'dataDir' | 'blobs'>>;
  secret: string;
  clock: Clock;
  log: Logger;
  /** No other node can run on this database. */
  alone: boolean;
  isUp?: () => boolean;
  checkAnswers?: boolean;
}): Promise<Program> {
  const db = openDatabase(address);
  const undo: (() => Promise<unknown>)[] = [() => db.close()];
  // One part that cannot stop must not keep the others from it, the database's connections least of all.
  const undoAll = async () => {
    for (const act of undo)
      await act().catch((fault) => log.error({ err: fault }, 'A part could not be stopped in order.'));
  };
  try {
    await answersInTime(db.owner, clock);
    await ensureRoles(db.owner);
    await migrate(db.owner, clock.now());
    if (await logIsForeign(db.owner)) {
      throw new UnusableSetting(
        'This database was restored or moved without its event log being mended; run "node bootstrap.mjs mend-log" with the same settings, then start again.',
      );
    }
    await ensurePartitions(db.owner, clock.now(), await earliestIdTime(db.owner));
    let port = settings.port;
    const bus = createBus((fault) =>
      log.error({ err: fault }, 'A listener met a fault; the others were told.'),
    );
    const ctx: Context = {
      db,
      clock,
      bus,
      log,
      node: randomUUID(),
      secret,
      publicUrl: () => settings.publicUrl ?? `http://localhost:${port}`,
    };
    await makeAdministrator(ctx, settings);

    if (alone) await forgetOtherNodes(db.system, ctx.node);
    const blobKeeper =
      settings.blobs === undefined
        ? folderKeeper(join(settings.dataDir ?? defaultDataDir, 'blobs'))
        : s3Keeper(settings.blobs);
    const modules = createModules(ctx, { alone, publicUrl: settings.publicUrl, blobKeeper });
    await modules.names.all();
    const relay = await startRelay(ctx, (events) => complete(ctx, events));
    undo.unshift(() => relay.stop());
    await modules.routing.start();
    undo.unshift(() => modules.routing.stop());
    modules.dispatcher.start();
    undo.unshift(() => modules.dispatcher.stop());
    modules.jobs.start();
    undo.unshift(() => modules.jobs.stop());
    const upkeep = createUpkeep(ctx, modules, { journalDays: settings.journalDays });
    upkeep.start();
    undo.unshift(() => upkeep.stop());
    modules.chatLive.start();
    modules.staffLive.start();
    const server = await createServer(ctx, modules, {
      permissions,
      probes: createProbes(ctx, () => modules, isUp),
      publicUrl: settings.publicUrl,
      checkAnswers,
    });
    undo.unshift(() => modules.lines.drained());
    undo.unshift(() => modules.keeper.noted());
    undo.unshift(async () => {
      const left = await Promise.all([modules.staffLive.over(actsMs), modules.chatLive.over(actsMs)]);
      if (left.some((count) => count > 0))
        log.warn({ left }, 'The stop does not wait any longer for acts that came over live lines.');
    });
    undo.unshift(() => server.close());
    port = await server.listen(settings.port).catch((error) => {
      throw portUnusable(error, settings.port) ?? error;
    });
    return {
      ctx,
      modules,
      server,
      port,
      async stop() {
        await undoAll();
      },
    };
  } catch (error) {
    await undoAll();
    throw error;
  }
}

/** The account from the settings, on a database that has none: for installations nobody clicks through. */
async function makeAdministrator(
  ctx: Context,
  { adminEmail, adminPassword }: Pick<Settings, 'adminEmail' | 'adminPassword'>,
): Promise<void> {
  if (adminEmail === undefined || adminPassword === undefined || (await anyPerson(ctx.db.system))) return;
  const made = await createFirstAccount(ctx, {
    email: adminEmail,
    name: adminEmail.split('@')[0]!,
    password: adminPassword,
    language: 'en',
  });
  if (!isRefusal(made)) ctx.log.info({ email: adminEmail }, 'The account named in the settings was made.');
}

/** What this node's listeners expect beside an event of another node: lines' words, rows as they are now. */
async function complete(ctx: Context, events: Committed[]): Promise<Committed[]> {
  const interactions = events.filter(({ kind }) => kind.startsWith('interaction.'));
  const rows = new Map<string, InteractionRow>();
  for (const row of await interactionsByIds(ctx.db.system, [
    ...new Set(interactions.map(({ stream }) => stream)),
  ]))
    rows.set(row.id, row);
  const messages = await messagesAt(
    ctx.db.system,
    interactions.filter(({ kind }) => kind === 'interaction.line'),
  );
  const lines = events.filter(({ kind }) => kind === 'presence.line').map(({ body }) => String(body.agentId));
  const presences = new Map(
    lines.length === 0 ? [] : (await heads(ctx.db.system, lines)).map((row) => [row.agent_id, row]),
  );
  return events.map((event) => {
    if (event.kind === 'presence.line') {
      const head = presences.get(String(event.body.agentId));
      return { ...event, body: { ...event.body, connected: head?.connected === true }, after: head };
    }
    const message = messages.get(`${event.stream}:${event.seq}`);
    return {
      ...event,
      ...(rows.has(event.stream) ? { after: rows.get(event.stream) } : {}),
      ...(message === undefined ? {} : { message }),
    };
  });
}

/** How long a stop waits for acts that came over live lines. */
const actsMs = 10_000;
const answerMs = 20_000;

/** Something that takes the connection and never speaks PostgreSQL would hold the start for ever. */
async function answersInTime(owner: Sql, clock: Clock): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(answerMs, () =>
    reject(
      new UnusableSetting(
        `PARLEY_DATABASE_URL: what listens there did not answer as a PostgreSQL within ${answerMs / 1000} s; check the address and that the server runs.`,
      ),
    ),
  );
  try {
    await Promise.race([answers(owner), late]);
  } finally {
    cancel();
  }
}
