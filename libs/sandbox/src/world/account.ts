import { CLUSTERS } from '../catalogue/clusters.js';
import { TEAM_REGISTRY_AUTH_ID, TEMPLATES, type Template } from '../catalogue/templates.js';
import type { SeededRandom } from './seeded-random.js';

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

/** A VPC. */
export interface Network {
  readonly id: string;
  readonly name: string;
  readonly clusterId: string;
  readonly segment: string;
  /** Unix seconds. */
  readonly createTime: number;
}

export interface PrewarmTask {
  readonly id: string;
  readonly imageUrl: string;
  readonly repositoryAuth: string;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly products: readonly { readonly productId: string; readonly productName: string }[];
  readonly note: string;
  /** Unix seconds. */
  readonly createTime: number;
  /** Sandbox time. */
  readonly doneAt: number;
}

export interface ServerlessEndpoint {
  readonly id: string;
  /** As it was sent, apart from what the provider adds. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What the account holds beside instances and jobs. */
export class Account {
  readonly registryAuths = new Map<string, RegistryAuth>();
  readonly networkStorages = new Map<string, NetworkStorage>();
  readonly templates = new Map<string, Template>();
  readonly networks = new Map<string, Network>();
  readonly prewarmTasks = new Map<string, PrewarmTask>();
  readonly endpoints = new Map<string, ServerlessEndpoint>();
  private lastTemplateId = 1_000;

  constructor(random: SeededRandom) {
    for (const auth of initialRegistryAuths()) this.registryAuths.set(auth.id, auth);
    for (const storage of initialNetworkStorages(random)) this.networkStorages.set(storage.storageId, storage);
    for (const template of TEMPLATES) this.templates.set(template.Id, template);
    const endpointId = random.alphanumeric(16);
    this.endpoints.set(endpointId, { id: endpointId, settings: FIRST_ENDPOINT });
  }

  nextTemplateId(): string {
    return String(++this.lastTemplateId);
  }
}

const FIRST_ENDPOINT = {
  name: 'team-inference',
  appName: 'team-inference',
  workerConfig: { minNum: 0, maxNum: 2, freeTimeout: 300, maxConcurrent: 4, gpuNum: 1, cudaVersion: '12.4' },
  ports: [{ port: '8000' }],
  policy: { type: 'queue', value: 60 },
  image: { image: 'registry.example.com/team/inference:1.9.2', authId: '', command: '' },
  products: [{ id: '4090.16c62g.us' }],
  rootfsSize: 100,
  volumeMounts: [{ type: 'local', size: 30, mountPath: '/workspace' }],
  clusterID: '1',
  envs: [],
  healthy: { path: '/health' },
} as const;

/** The guide's $0.002 per GB and day in 1/100000 USD; the unit is not confirmed. */
export const STORAGE_PRICE = '200';

export function initialRegistryAuths(): readonly RegistryAuth[] {
  return [
    { id: TEAM_REGISTRY_AUTH_ID, name: 'team-registry', username: 'team-bot', password: 'sandbox-registry-password' },
    { id: 'a1s2d3f4g5h6j7k8l9z0x1c2v3b4n5m6', name: 'docker-hub', username: 'fleet', password: 'sandbox-hub-password' },
  ];
}

/** One storage in every cluster that supports them. */
function initialNetworkStorages(random: SeededRandom): readonly NetworkStorage[] {
  return CLUSTERS.filter((cluster) => cluster.supportNetworkStorage).map((cluster, index) => ({
    storageId: random.uuid(),
    storageName: `datasets-${cluster.name.split(' ')[0]?.toLowerCase() ?? cluster.id}`,
    storageSize: 100 * (index + 1),
    clusterId: cluster.id,
    clusterName: cluster.name,
    price: STORAGE_PRICE,
  }));
}
