import type { ComprehensiveAnswer } from './comprehensive.dto.js';
import type { StopAllAnswer } from './instance-commands.dto.js';
import type { CommandAnswer, CreateAnswer, InstancePageView, InstanceView } from './instance-view.dto.js';

const CREATED_AT = '2026-03-01T09:55:00.000Z';
const ID = 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE';
const NOVITA_ID = '5f2c8d1e9a7b4c30';

/** An instance right after its create. */
const CREATED_EXAMPLE = {
  id: ID,
  name: 'llama-inference',
  status: 'creating',
  origin: 'managed',
  createdBy: 'user:ci',
  owner: 'user:ci',
  marker: '-nfk3v9x8y9zabcde',
  desired: 'running',
  desiredBy: 'user:ci',
  desiredAt: CREATED_AT,
  gpuNum: 1,
  rootfsSize: 60,
  region: 'CN-HK-01',
  product: { id: '4090.16c62g.os', name: 'RTX 4090 24GB' },
  billingMode: 'onDemand',
  pricePerHour: 0.35,
  image: 'vllm/vllm-openai:v0.8.4',
  envs: [{ key: 'MODEL', value: 'llama-3-8b' }],
  portMappings: [],
  connectionDetails: {},
  createdAt: CREATED_AT,
  confirmedAt: null,
  autoStop: { enabled: true, thresholdMinutes: 20 },
  revision: 1,
} satisfies InstanceView;

/** What is usual of such a start-up. */
const USUAL = { startupEstimateSeconds: 210, startupEstimateP95Seconds: 395, startupEstimateBasedOn: 24 };

/** The same one when it is ready. */
export const INSTANCE_EXAMPLE = {
  ...CREATED_EXAMPLE,
  status: 'ready',
  novitaInstanceId: NOVITA_ID,
  novitaStatus: 'running',
  portMappings: [{ port: 8080, type: 'http', endpoint: `https://${NOVITA_ID}-8080.cn-hk-1.gpu-instance.novita.ai` }],
  connectionDetails: { ssh: { command: 'ssh -p 32787 root@proxy.cn-hk-1.gpu-instance.novita.ai' } },
  probes: [{ port: 8080, protocol: 'http', ok: true, at: '2026-03-01T09:58:30.000Z', detail: '200' }],
  billedNow: 'running',
  cost: {
    usd: 0,
    asOf: '2026-03-01T09:55:04.000Z',
    usdPerHour: 0.35,
    countedFrom: CREATED_AT,
  },
  startedAt: '2026-03-01T09:55:04.000Z',
  readyAt: '2026-03-01T09:58:30.000Z',
  observedAt: '2026-03-01T09:58:29.000Z',
  confirmedAt: '2026-03-01T09:58:00.000Z',
  revision: 7,
  lastUsedAt: '2026-03-01T10:00:00.000Z',
  idleSince: '2026-03-01T10:00:00.000Z',
  autoStopAt: '2026-03-01T10:20:00.000Z',
} satisfies InstanceView;

export const INSTANCE_PAGE_EXAMPLE: InstancePageView = { instances: [INSTANCE_EXAMPLE], total: 1, nextCursor: null };

const { autoStopAt: _, ...WITHOUT_IDLE_TIME } = INSTANCE_EXAMPLE;

export const COMMAND_EXAMPLE: CommandAnswer = {
  ...WITHOUT_IDLE_TIME,
  status: 'stopping',
  desired: 'stopped',
  desiredAt: '2026-03-01T10:05:00.000Z',
  confirmedAt: null,
  revision: 8,
  instanceId: ID,
  message: 'Stop accepted; it is done when status says stopped.',
};

export const STOP_ALL_EXAMPLE: StopAllAnswer = {
  success: true,
  message: 'Dry run: 1 instance would be stopped; still costing: 1 instance',
  data: {
    dryRun: true,
    stopping: [{ instanceId: ID, name: 'llama-inference', status: 'ready', pricePerHour: 0.35 }],
    skipped: [],
    failed: [],
    ending: { usdPerHour: 0.35, instances: 1, unpriced: 0 },
    stillCosting: {
      usdPerHour: 0.5,
      instances: 1,
      unpriced: 0,
      byReason: {
        madeElsewhere: { usdPerHour: 0.5, instances: 1 },
        monthly: { usdPerHour: 0, instances: 0 },
        notStopped: { usdPerHour: 0, instances: 0 },
      },
    },
  },
};

export const CREATE_ANSWER_EXAMPLE: CreateAnswer = {
  ...CREATED_EXAMPLE,
  ...USUAL,
  message:
    'The cheapest RTX 4090 24GB in stock in CN-HK-01, at $0.35 an hour. EU-01 has one at $0.33 an hour; "region": "any" takes the cheapest.',
  cheaperElsewhere: { region: 'EU-01', productId: '4090.8c31g.eu', pricePerHour: 0.33 },
};

export const CREATE_EXAMPLES = {
  anywhere: {
    summary: 'On the cheapest RTX 4090 in stock anywhere',
    value: { name: 'llama-inference', productName: 'RTX 4090', image: 'vllm/vllm-openai:v0.8.4', region: 'any' },
  },
  image: {
    summary: 'An image on the cheapest RTX 4090 in DEFAULT_REGION',
    value: { name: 'llama-inference', productName: 'RTX 4090', image: 'vllm/vllm-openai:v0.8.4', ports: ['8080/http'] },
  },
  template: {
    summary: 'A template, two GPUs, in one region',
    value: { name: 'notebook', productName: 'RTX 4090', templateId: '212', gpuNum: 2, region: 'CN-HK-01' },
  },
};

const MANAGED = {
  id: INSTANCE_EXAMPLE.novitaInstanceId,
  name: `${INSTANCE_EXAMPLE.name}${INSTANCE_EXAMPLE.marker}`,
  status: 'running',
  region: 'CN-HK-01',
  productId: '4090.16c62g.os',
  productName: 'RTX 4090 24GB',
  gpuNum: 1,
  billingMode: 'onDemand',
  createdAt: '2026-03-01T09:55:02.000Z',
  startedAt: '2026-03-01T09:55:04.000Z',
} as const;

export const COMPREHENSIVE_EXAMPLE: ComprehensiveAnswer = {
  success: true,
  message: '2 instances shown; 1 in both, 0 only here, 1 only at Novita',
  data: {
    instances: [
      { ...INSTANCE_EXAMPLE, presence: 'both', novita: MANAGED },
      { presence: 'novita-only', novita: { ...MANAGED, id: '0a1b2c3d4e5f6071', name: 'made-at-the-console' } },
    ],
    totalInstances: 2,
    novitaInstances: 2,
    localInstances: 1,
    mergedInstances: 1,
    localOnlyInstances: 0,
    novitaOnlyInstances: 1,
    listing: { clean: true, startedAt: '2026-03-01T10:00:00.000Z' },
    options: { syncLocalState: false, includeNovitaOnly: true },
    duration: 412,
    timestamp: '2026-03-01T10:00:00.412Z',
  },
};
