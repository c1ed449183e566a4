import { join } from 'node:path';
import { type Cluster, startCluster } from '#src/platform/launcher/index.ts';
import { postgresBinaries, temporaryFolder } from './cluster.ts';

let started: Promise<Cluster> | undefined;

/**
 * A server of this file's own, where an open transaction disturbs no other test and none disturbs it; it takes prepared transactions.
 * It goes when the test process ends.
 */
export function ownCluster(): Promise<Cluster> {
  started ??= startCluster({
    dataDir: join(temporaryFolder(), 'data'),
    binDir: postgresBinaries(),
    say() {},
    settings: {
      fsync: 'off',
      full_page_writes: 'off',
      synchronous_commit: 'off',
      max_prepared_transactions: '4',
      // Its workers write too, and a test that looks for the one writer should find that one.
      autovacuum: 'off',
    },
  });
  return started;
}
