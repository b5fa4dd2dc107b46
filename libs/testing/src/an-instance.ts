import {
  type InstanceRecord,
  type InstanceSpec,
  type InstanceTimestamps,
  instanceIdFromUlid,
  type NewInstanceRecord,
} from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { SequentialIds } from './doubles.js';

const ids = new SequentialIds();
const CREATED = timestampFromMs(Date.UTC(2026, 0, 1));

/** Members replace the built ones as a whole; of `spec` and `timestamps` any part may be given. */
export type InstanceOverrides = Partial<Omit<InstanceRecord, 'spec' | 'timestamps'>> & {
  readonly spec?: Partial<InstanceSpec>;
  readonly timestamps?: Partial<InstanceTimestamps>;
};

/**
 * A record that was just created here and that the provider does not know yet; id, name and marker are its own. Nothing
 * makes status, deadlines and time stamps agree with the overrides: a test gives everything that it rests on.
 */
export function aNewInstance(overrides: InstanceOverrides = {}): NewInstanceRecord {
  const { revision: _, ...record } = anInstance(overrides);
  return record;
}

/** The same as `aNewInstance`, as a record that was written once. */
export function anInstance(overrides: InstanceOverrides = {}): InstanceRecord {
  const id = overrides.id ?? instanceIdFromUlid(ids.ulid());
  const { spec, timestamps, ...members } = overrides;
  const created = timestamps?.created ?? CREATED;
  return {
    id,
    novitaInstanceId: null,
    name: `instance-${id.slice(-10)}`,
    marker: `-nftest${id.slice(-10).toLowerCase()}`,
    origin: 'managed',
    createdBy: 'user:test',
    desired: { state: 'running', at: created, by: 'user:test' },
    restartRequestedAt: null,
    status: 'creating',
    novitaStatus: null,
    observedAt: null,
    source: null,
    confirmedAt: null,
    deadlines: {},
    autoStop: {},
    maxLifetimeMinutes: null,
    price: { usdPerHour: 0.35 },
    cost: null,
    connection: { ssh: null, jupyter: null, webTerminal: null, portMappings: [] },
    webhookUrl: null,
    lastError: null,
    attempts: { creates: 0, commands: 0, lastCommandAt: null, faults: 0, openCreate: null },
    probes: [],
    foreignChange: null,
    spot: null,
    migration: null,
    stopHold: null,
    missingSince: null,
    ignored: null,
    reportToken: null,
    revision: 1,
    ...members,
    spec: { ...SPEC, ...spec },
    timestamps: { created, ...timestamps },
  };
}

const SPEC: InstanceSpec = {
  productId: 'prod-rtx-4090',
  productName: 'RTX 4090 24GB',
  gpuNum: 1,
  rootfsSize: 60,
  region: 'CN-HK-01',
  clusterId: 'cluster-hk-01',
  image: 'docker.io/library/nginx:1.29',
  imageAuthId: null,
  ports: [{ port: 8080, protocol: 'http' }],
  tools: [],
  envs: [],
  command: null,
  entrypoint: null,
  templateId: null,
  networkStorages: [],
  billingMode: 'onDemand',
  minCudaVersion: null,
  fallbacks: [],
};
