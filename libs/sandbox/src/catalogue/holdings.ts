import type { SeededRandom } from '../world/seeded-random.js';
import { CLUSTERS } from './clusters.js';
import { TEAM_REGISTRY_AUTH_ID } from './templates.js';

export interface RegistryAuth {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  /** The provider gives it out in clear. */
  readonly password: string;
}

export interface NetworkStorage {
  readonly storageId: string;
  readonly storageName: string;
  /** GB. */
  readonly storageSize: number;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly price: string;
}

/** The guide's $0.002 per GB and day in 1/100000 USD; the unit is not confirmed. */
export const STORAGE_PRICE = '200';

export function initialRegistryAuths(): readonly RegistryAuth[] {
  return [
    { id: TEAM_REGISTRY_AUTH_ID, name: 'team-registry', username: 'team-bot', password: 'sandbox-registry-password' },
    { id: 'a1s2d3f4g5h6j7k8l9z0x1c2v3b4n5m6', name: 'docker-hub', username: 'fleet', password: 'sandbox-hub-password' },
  ];
}

/** One storage in every cluster that supports them. */
export function initialNetworkStorages(random: SeededRandom): readonly NetworkStorage[] {
  return CLUSTERS.filter((cluster) => cluster.supportNetworkStorage).map((cluster, index) => ({
    storageId: random.uuid(),
    storageName: `datasets-${cluster.name.split(' ')[0]?.toLowerCase() ?? cluster.id}`,
    storageSize: 100 * (index + 1),
    clusterId: cluster.id,
    clusterName: cluster.name,
    price: STORAGE_PRICE,
  }));
}
