import { type Cluster, findCluster } from '../catalogue/clusters.js';
import { CPU_PRODUCTS } from '../catalogue/cpu-products.js';
import { type BillingMode, clustersOf, GPU_PRODUCTS, type GpuProduct } from '../catalogue/gpu-products.js';
import type { EnvSpec } from '../catalogue/templates.js';
import type { InstanceSpec, VolumeSpec } from '../world/instance-record.js';
import type { Target } from '../world/interference.js';
import type { World } from '../world/world.js';
import {
  type Json,
  objects,
  oneOf,
  optionalFlag,
  optionalInteger,
  optionalText,
  requiredInteger,
  requiredText,
} from './fields.js';
import type { Answer, ApiContext, ApiRequest } from './operation.js';
import { checkTogether, parsePortString, readTools } from './ports.js';
import { balanceNotEnough, insufficientResource, invalidParameter, notFound, Refusal } from './refusal.js';

const MOST_ENVS = 100;
const MOST_STORAGES = 30;
const SMALLEST_ROOTFS = 10;
const LARGEST_ROOTFS = 6_144;
export const BILLING_MODES: readonly BillingMode[] = ['onDemand', 'monthly', 'spot'];
export const MONTH_MS = 30 * 24 * 3_600_000;

/** What create and the product list call the hardware, GPU or CPU. */
interface Hardware {
  readonly kind: 'gpu' | 'cpu';
  readonly id: string;
  readonly name: string;
  readonly gpuNum: number;
  readonly cpuNum: number;
  readonly memoryGb: number;
  readonly minRootFS: number;
  readonly maxRootFS: number;
  readonly clusters: readonly Cluster[];
  readonly billingMethods: readonly BillingMode[];
  readonly hasRoom: (cluster: Cluster) => boolean;
}

/**
 * `POST /gpu/instance/create`. Syntax is checked first, then what it names, then money, then stock. Names may be
 * doubled; the answer is the id alone.
 */
export function createInstance({ body }: ApiRequest, { world }: ApiContext): Answer {
  const { name, order, months, autoRenew } = readOrder(body);
  const hardware = findHardware(body, world);
  const billingMode = billingModeOf(order.billingMode, months, hardware);
  const rootfsSize = rootfsOf(body, hardware);
  const volumes = volumesOf(body, world);
  const imageAuthId = optionalText(body, 'imageAuthId') ?? '';
  if (imageAuthId !== '' && !world.account.registryAuths.has(imageAuthId)) throw notFound('image auth');
  const networkId = optionalText(body, 'networkId') ?? '';
  if (networkId !== '' && !world.account.networks.has(networkId)) throw notFound('network', 'NETWORK_NOT_FOUND');

  const target: Target = { instanceId: null, name, productId: hardware.id };
  if (world.interference.outOfBalance('createInstance', target)) throw balanceNotEnough();
  if (world.interference.outOfStock('createInstance', target)) throw insufficientResource();
  const cluster = chooseCluster(optionalText(body, 'clusterId', { max: 255 }) ?? '', hardware, world);
  if (hardware.kind === 'gpu' && !world.stock.take(hardware.id, cluster.id, hardware.gpuNum)) {
    throw insufficientResource();
  }
  const spec: InstanceSpec = {
    kind: hardware.kind,
    productId: hardware.id,
    productName: hardware.name,
    clusterId: cluster.id,
    clusterName: cluster.name,
    gpuNum: hardware.gpuNum,
    cpuNum: hardware.cpuNum,
    memoryGb: hardware.memoryGb,
    rootfsSize,
    maxRootfsSize: hardware.maxRootFS,
    imageUrl: order.imageUrl,
    imageAuthId,
    command: order.command,
    entrypoint: order.entrypoint,
    ports: order.ports,
    envs: order.envs,
    tools: order.tools,
    volumes,
    networkId,
    billingMode,
  };
  const endsAt = billingMode === 'monthly' ? Math.floor(world.clock.realNow()) + Math.max(months, 1) * MONTH_MS : 0;
  const record = world.create(name, spec, endsAt, world.interference.startFailure('createInstance', target));
  record.autoRenew = autoRenew && billingMode === 'monthly';
  return { kind: 'json', body: JSON.stringify({ id: record.id }), instanceId: record.id };
}

/** What can be judged without knowing what exists. */
function readOrder(body: Json) {
  const name = optionalText(body, 'name', { max: 255 }) ?? '';
  const ports = parsePortString(optionalText(body, 'ports') ?? '');
  const tools = readTools(body);
  checkTogether(ports, tools);
  optionalText(body, 'imageAuth', { max: 10_239 });
  optionalText(body, 'minCudaVersion', { max: 255 });
  const months = optionalInteger(body, 'month', { min: 0 }) ?? 0;
  const autoRenew = optionalFlag(body, 'autoRenew') ?? false;
  optionalInteger(body, 'autoRenewMonth', { min: 1, max: 12 });
  const order = {
    imageUrl: requiredText(body, 'imageUrl', { max: 500 }),
    command: optionalText(body, 'command', { max: 2_047 }) ?? '',
    entrypoint: optionalText(body, 'entrypoint', { max: 2_047 }) ?? '',
    envs: readEnvs(body),
    billingMode: oneOf(body, 'billingMode', BILLING_MODES) ?? 'onDemand',
    ports,
    tools,
  };
  return { name, order, months, autoRenew };
}

/** @throws Refusal VALIDATOR_PARAM */
export function readEnvs(body: Json): readonly EnvSpec[] {
  return objects(body, 'envs', MOST_ENVS).map((item) => ({
    key: optionalText(item, 'key', { max: 511 }) ?? '',
    value: optionalText(item, 'value', { max: 4_095 }) ?? '',
  }));
}

function findHardware(body: Json, world: World): Hardware {
  const kind = oneOf(body, 'kind', ['gpu', 'cpu']);
  if (kind === null) throw invalidParameter('kind is required');
  const productId = requiredText(body, 'productId', { max: 255 });
  if (kind === 'cpu') return cpuHardware(productId);
  const gpuNum = requiredInteger(body, 'gpuNum', { min: 1, max: 8 });
  const product = GPU_PRODUCTS.find((candidate) => candidate.id === productId);
  if (product === undefined) throw notFound('product');
  return gpuHardware(product, gpuNum, world);
}

function gpuHardware(product: GpuProduct, gpuNum: number, world: World): Hardware {
  return {
    kind: 'gpu',
    id: product.id,
    name: product.name,
    gpuNum,
    cpuNum: product.cpuPerGpu * gpuNum,
    memoryGb: product.memoryPerGpu * gpuNum,
    minRootFS: product.minRootFS,
    maxRootFS: product.maxRootFS,
    clusters: clustersOf(product),
    billingMethods: product.billingMethods,
    hasRoom: (cluster) => world.stock.available(product.id, cluster.id) >= gpuNum,
  };
}

function cpuHardware(productId: string): Hardware {
  const product = CPU_PRODUCTS.find((candidate) => candidate.id === productId);
  if (product === undefined) throw notFound('product');
  return {
    kind: 'cpu',
    id: product.id,
    name: product.name,
    gpuNum: 0,
    cpuNum: product.cpuNum,
    memoryGb: product.memorySize,
    minRootFS: SMALLEST_ROOTFS,
    maxRootFS: product.rootfsSize,
    clusters: clustersOf(product),
    billingMethods: ['onDemand', 'monthly'],
    hasRoom: () => product.availableDeploy,
  };
}

/** A number of months makes it a subscription, whatever `billingMode` says. */
function billingModeOf(asked: BillingMode, months: number, hardware: Hardware): BillingMode {
  const mode = months > 0 ? 'monthly' : asked;
  if (!hardware.billingMethods.includes(mode)) {
    throw new Refusal(400, 'UNSUPPORTED_BILLING_MODE', `billing mode ${mode} is not offered for this product`);
  }
  return mode;
}

/** Less than the least is raised to it; more than the product has is refused. */
function rootfsOf(body: Json, hardware: Hardware): number {
  const asked =
    hardware.kind === 'gpu'
      ? requiredInteger(body, 'rootfsSize', { max: LARGEST_ROOTFS })
      : (optionalInteger(body, 'rootfsSize', { max: LARGEST_ROOTFS }) ?? hardware.maxRootFS);
  const size = Math.max(asked, SMALLEST_ROOTFS, hardware.minRootFS);
  if (size > hardware.maxRootFS) throw invalidParameter(`rootfsSize must be at most ${hardware.maxRootFS}`);
  return size;
}

function volumesOf(body: Json, world: World): readonly VolumeSpec[] {
  const mountPath = optionalText(body, 'localStorageMountPoint', { min: 1, max: 4_095 }) ?? '/workspace';
  const local: VolumeSpec = { type: 'local', id: '', mountPath, sizeGb: 50 };
  const network = objects(body, 'networkStorages', MOST_STORAGES).map((item): VolumeSpec => {
    const id = requiredText(item, 'Id');
    const storage = world.account.networkStorages.get(id);
    if (storage === undefined) throw notFound('network storage', 'NETWORK_STORAGE_NOT_FOUND');
    const mountPoint = optionalText(item, 'mountPoint', { min: 1, max: 4_095 }) ?? '/network';
    return { type: 'network', id, mountPath: mountPoint, sizeGb: storage.storageSize };
  });
  return [local, ...network];
}

/** Without a cluster one with room is chosen. */
function chooseCluster(clusterId: string, hardware: Hardware, world: World): Cluster {
  if (clusterId === '') {
    const open = hardware.clusters.filter(hardware.hasRoom);
    if (open.length === 0) throw insufficientResource();
    return world.random.pick(open);
  }
  const cluster = findCluster(clusterId);
  if (cluster === undefined) throw notFound('cluster');
  if (!hardware.clusters.includes(cluster)) throw invalidParameter(`product is not offered in cluster ${cluster.name}`);
  if (!hardware.hasRoom(cluster)) throw insufficientResource();
  return cluster;
}
