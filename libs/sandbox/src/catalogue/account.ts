import type { SeededRandom } from '../world/seeded-random.js';
import { initialNetworkStorages, initialRegistryAuths, type NetworkStorage, type RegistryAuth } from './holdings.js';
import { TEMPLATES, type Template } from './templates.js';

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
