import type { BenchOptions, BenchResult } from './harness/bench.ts';
import { engine, engineSize, engineSmallSize } from './routing-engine.ts';
import { failover, failoverSize, failoverSmallSize } from './routing-failover.ts';
import { path, pathSize, pathSmallSize } from './routing-path.ts';
import { rebuild, rebuildSize, rebuildSmallSize } from './routing-rebuild.ts';

export const summary =
  'how fast is decided, how soon an offer is at its agent, what a takeover and a rebuild cost';

export async function* run(options: BenchOptions): AsyncGenerator<BenchResult> {
  const { small } = options;
  yield await engine(small ? engineSmallSize : engineSize, options);
  yield await path(small ? pathSmallSize : pathSize, options);
  yield await failover(small ? failoverSmallSize : failoverSize, options);
  yield await rebuild(small ? rebuildSmallSize : rebuildSize, options);
}
