export { type DataFolder, openDataFolder, readOrMakeSecret } from './data-folder.ts';
export { type Cluster, type ClusterOptions, startCluster } from './start-cluster.ts';
export { type SupervisedCluster, superviseCluster } from './supervise-cluster.ts';
