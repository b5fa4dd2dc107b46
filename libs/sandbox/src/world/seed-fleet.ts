import { type BillingMode, clustersOf, GPU_PRODUCTS, type GpuProduct } from '../catalogue/gpu-products.js';
import { TEMPLATES, type Template } from '../catalogue/templates.js';
import type { InstanceRecord, InstanceSpec } from './instance-record.js';
import type { SeededRandom } from './seeded-random.js';
import type { World } from './world.js';

const PURPOSES = ['train', 'finetune', 'inference', 'comfyui', 'notebook', 'render', 'whisper', 'eval'] as const;
const OWNERS = ['llama', 'qwen', 'sdxl', 'flux', 'mistral', 'whisper', 'bert', 'clip'] as const;
const HOUR_MS = 3_600_000;
const MONTH_MS = 30 * 24 * HOUR_MS;
/** So many orders are shared by the whole fleet: it keeps 100,000 instances small. */
const DISTINCT_SPECS = 240;

/**
 * Makes instances that have been there for a while: most running, others exited, a few failed or frozen. All are at
 * rest, so that an untouched fleet does not change. They take nothing from the stock.
 *
 * @param count how many
 */
export function seedFleet(world: World, count: number): InstanceRecord[] {
  if (count === 0) return [];
  const specs = Array.from({ length: Math.min(DISTINCT_SPECS, count) }, () => randomSpec(world.random));
  const now = Math.floor(world.clock.realNow());
  const first = world.fleet.size;
  const records: InstanceRecord[] = [];
  for (let index = 0; index < count; index++) {
    const { random } = world;
    const name = `${random.pick(PURPOSES)}-${random.pick(OWNERS)}-${String(first + index).padStart(4, '0')}`;
    // The newest is made last, some minutes ago at least, and none is older than three months.
    const age = HOUR_MS * (1 + random.below(3)) + Math.floor(((count - index) / count) * 3 * MONTH_MS);
    const record = world.place(name, random.pick(specs), now - age);
    settleDown(record, random, now);
    world.bills.note(record, record.lastStartedAt);
    records.push(record);
  }
  return records;
}

/** One instance of that name, made now. It takes nothing from the stock. */
export function placeInstance(world: World, name: string): InstanceRecord {
  return world.place(name, randomSpec(world.random), Math.floor(world.clock.realNow()));
}

function settleDown(record: InstanceRecord, random: SeededRandom, now: number): void {
  const fate = random.below(100);
  record.lastStartedAt = record.createdAt + 60_000;
  if (record.spec.billingMode === 'monthly') record.endsAt = now + MONTH_MS - random.below(20) * 24 * HOUR_MS;
  if (fate < 72) {
    record.status = 'running';
    if (record.spec.billingMode === 'spot') record.spotStatus = 'running';
    return;
  }
  if (fate < 73) {
    record.status = 'freezing';
    return;
  }
  record.status = 'exited';
  record.lastStoppedAt = record.createdAt + 60_000 + random.below(50) * 60_000;
  if (fate < 75) {
    record.lastStartedAt = 0;
    record.statusError = { state: 'failed', message: 'failed to pull image: manifest unknown' };
  } else if (fate < 78 && record.spec.billingMode === 'spot') {
    record.spotStatus = 'terminated';
    record.spotReclaimAt = record.lastStoppedAt;
  }
}

function randomSpec(random: SeededRandom): InstanceSpec {
  const product = random.pick(GPU_PRODUCTS);
  const template = random.pick(TEMPLATES);
  const cluster = random.pick(clustersOf(product));
  const gpuNum = random.pick([1, 1, 1, 2, 4, 8]);
  return {
    kind: 'gpu',
    productId: product.id,
    productName: product.name,
    clusterId: cluster.id,
    clusterName: cluster.name,
    gpuNum,
    cpuNum: product.cpuPerGpu * gpuNum,
    memoryGb: product.memoryPerGpu * gpuNum,
    rootfsSize: Math.min(template.rootfsSize, product.maxRootFS),
    maxRootfsSize: product.maxRootFS,
    imageUrl: template.image,
    imageAuthId: template.imageAuth,
    command: template.startCommand,
    entrypoint: template.entrypoint,
    ports: portsOf(template),
    envs: template.envs,
    tools: template.tools,
    volumes: [{ type: 'local', id: '', mountPath: '/workspace', sizeGb: 50 }],
    networkId: '',
    billingMode: billingModeOf(product, random),
  };
}

function portsOf(template: Template): InstanceSpec['ports'] {
  return template.ports.flatMap(({ type, ports }) => (type === 'udp' ? [] : ports.map((port) => ({ port, type }))));
}

function billingModeOf(product: GpuProduct, random: SeededRandom): BillingMode {
  return random.chance(0.5) ? 'onDemand' : random.pick(product.billingMethods);
}
