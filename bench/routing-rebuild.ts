import { rebuiltEngine } from '#src/modules/routing/index.ts';
import { systemClock } from '#src/platform/clock.ts';
import type { Sql } from '#src/platform/db/sql.ts';
import { newId } from '#src/platform/ids.ts';
import { makeCentre, today } from '#test/support/centre.ts';
import { testCluster } from '#test/support/cluster.ts';
import { testDatabase } from '#test/support/database.ts';
import { type BenchOptions, type BenchResult, median, rounded } from './harness/bench.ts';
import { chance } from './harness/chance.ts';

// What whoever takes over does before it decides: an engine from the record alone, beside what it costs to read those rows and do
// nothing with them.

export interface RebuildSize {
  /** Agents, and as many open interactions, four of ten of them with an agent. */
  sizes: readonly [thousand: number, tenThousand: number];
  competencies: number;
  competenciesEach: number;
  times: number;
}

export const rebuildSize: RebuildSize = {
  sizes: [1_000, 10_000],
  competencies: 60,
  competenciesEach: 5,
  times: 5,
};
export const rebuildSmallSize: RebuildSize = {
  sizes: [20, 100],
  competencies: 10,
  competenciesEach: 3,
  times: 1,
};

export async function rebuild(
  size: RebuildSize,
  { seed, say }: Pick<BenchOptions, 'seed' | 'say'>,
): Promise<BenchResult> {
  const cluster = await testCluster({ fsync: true });
  const wrong: string[] = [];
  try {
    const [small, large] = [
      await measure(size, size.sizes[0], { seed, cluster, wrong }),
      await measure(size, size.sizes[1], { seed, cluster, wrong }),
    ];
    for (const [count, { seconds, raw }] of [
      [size.sizes[0], small],
      [size.sizes[1], large],
    ] as const)
      say(`${count}: rebuilt in ${rounded(seconds)} s, the rows alone in ${rounded(raw)} s`);
    return {
      line: {
        bench: 'routing',
        scenario: 'rebuild',
        figures: { seconds1000: rounded(small.seconds), seconds10000: rounded(large.seconds) },
        limits: { rawLoadSeconds1000: rounded(small.raw), rawLoadSeconds10000: rounded(large.raw) },
        ratios: { ofRawLoad: rounded(large.seconds / large.raw) },
        seed,
      },
      wrong,
    };
  } finally {
    await cluster.stop();
  }
}

async function measure(
  size: RebuildSize,
  count: number,
  {
    seed,
    cluster,
    wrong,
  }: { seed: number; cluster: Awaited<ReturnType<typeof testCluster>>; wrong: string[] },
): Promise<{ seconds: number; raw: number }> {
  await using own = await testDatabase({ clock: systemClock, cluster });
  const { ctx } = own;
  await fill(own, count, size, seed);
  const seconds: number[] = [];
  const raw: number[] = [];
  // Connections are opened and statements prepared before it counts, for both.
  await rowsAlone(ctx.db.system);
  await rebuiltEngine(ctx);
  for (let time = 0; time < size.times; time += 1) {
    raw.push(await timed(() => rowsAlone(ctx.db.system)));
    seconds.push(
      await timed(async () => {
        const engine = await rebuiltEngine(ctx);
        const { interactions, agents } = engine.snapshot(ctx.clock.now().getTime());
        if (interactions.length !== count || agents.length !== count)
          wrong.push(
            `${interactions.length} interactions and ${agents.length} agents were rebuilt of ${count}.`,
          );
      }),
    );
  }
  return { seconds: median(seconds), raw: median(raw) };
}

/** The same rows by the same driver, each table as it lies. */
async function rowsAlone(sql: Sql): Promise<void> {
  await Promise.all([
    sql`select * from interaction_type`,
    sql`select * from type_competency`,
    sql`select * from person where active and 'agent' = any (roles)`,
    sql`select * from person_client`,
    sql`select * from capacity_slot`,
    sql`select * from assignment`,
    sql`select * from assessment`,
    sql`select * from agent_presence`,
    sql`select * from interaction where state not in ('closed', 'abandoned')`,
  ]);
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return (performance.now() - startedAt) / 1_000;
}

/** Agents with competencies, places and presence, and open interactions, written as rows: it is the reading that is measured. */
async function fill(
  { ctx, db }: { ctx: Parameters<typeof makeCentre>[0]; db: { owner: Sql } },
  count: number,
  { competencies, competenciesEach }: RebuildSize,
  seed: number,
): Promise<void> {
  const drawn = chance(seed);
  const centre = await makeCentre(ctx, { agents: 1 });
  const [first] = centre.agents;
  const now = ctx.clock.now();
  const ids = (many: number) => Array.from({ length: many }, () => newId(now));
  const further = ids(competencies);
  const agents = [first!.id, ...ids(count - 1)];
  const assessed = agents.flatMap((agent) =>
    Array.from({ length: competenciesEach }, (_, nth) => ({
      id: newId(now),
      agent,
      competency: further[(drawn.index(competencies) + nth) % competencies]!,
      level: 1 + drawn.index(4),
    })),
  );
  const handled = Math.floor(count * 0.4);
  await db.owner.begin(async (tx) => {
    await tx`
      insert into competency (id, client_id, kind, name_en, name_fr, created_at)
      select n.id, ${centre.client.id}, 'technical', 'Competency ' || n.nth, 'Compétence ' || n.nth, ${now}
        from unnest(${further}::uuid[]) with ordinality as n (id, nth)`;
    await tx`
      insert into person (id, email, name, password_hash, roles, language, created_at)
      select n.id, 'further-' || n.nth || '@centre.example', 'Further agent ' || n.nth, p.password_hash, p.roles, p.language, p.created_at
        from person p, unnest(${agents.slice(1)}::uuid[]) with ordinality as n (id, nth) where p.id = ${first!.id}`;
    await tx`
      insert into person_client (person_id, client_id) select n, ${centre.client.id} from unnest(${agents.slice(1)}::uuid[]) n`;
    await tx`
      insert into capacity_slot (agent_id, channel, slot) select n, 'chat', 1 from unnest(${agents.slice(1)}::uuid[]) n`;
    await tx`
      insert into assessment (id, agent_id, competency_id, level, assessed_on, valid_until, recorded_at)
      select n.id, n.agent, n.competency, n.level, ${today(ctx)}::date, ${today(ctx)}::date + 300, ${now}
        from unnest(${assessed.map((a) => a.id)}::uuid[], ${assessed.map((a) => a.agent)}::uuid[], ${assessed.map((a) => a.competency)}::uuid[],
                    ${assessed.map((a) => a.level)}::integer[]) as n (id, agent, competency, level)`;
    await tx`
      insert into agent_presence (agent_id, session_id, seq, state, reason, since, connected, lease_until)
      select n.agent, n.session, 1, 'ready', 'chosen', ${now}, true, ${now}::timestamptz + interval '1 day'
        from unnest(${agents.slice(1)}::uuid[], ${ids(count - 1)}::uuid[]) as n (agent, session)`;
    const customer = newId(now);
    await tx`
      insert into customer (id, client_id, language, created_at) values (${customer}, ${centre.client.id}, 'en', ${now})`;
    const open = ids(count);
    await tx`
      insert into interaction (id, client_id, type_id, channel, customer_id, thread_id, language, state, agent_id, handled_by, seq, priority, arrived_at, state_since)
      select n.id, ${centre.client.id}, ${centre.type.id}, 'chat', ${customer}, n.thread, 'en',
             case when n.agent is null then 'waiting' else 'handling' end, n.agent, n.agent, 4, 0,
             ${now}::timestamptz - n.nth * interval '1 ms', ${now}
        from unnest(${open}::uuid[], ${ids(count)}::uuid[], ${open.map((_, nth) => (nth < handled ? agents[nth]! : null))}::uuid[])
               with ordinality as n (id, thread, agent, nth)`;
    await tx`
      insert into assignment (agent_id, channel, slot, interaction_id, since)
      select agent_id, channel, 1, id, ${now} from interaction where state = 'handling'`;
  });
  await db.owner`analyze`;
}
