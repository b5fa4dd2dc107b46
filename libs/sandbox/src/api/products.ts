import { CLUSTERS } from '../catalogue/clusters.js';
import { CPU_PRODUCTS, type CpuProduct } from '../catalogue/cpu-products.js';
import { clustersOf, GPU_PRODUCTS, type GpuProduct } from '../catalogue/gpu-products.js';
import type { World } from '../world/world.js';
import { BILLING_MODES } from './create-instance.js';
import { wholeListing } from './listing.js';
import { type Answer, type ApiContext, type ApiRequest, list } from './operation.js';
import { invalidParameter } from './refusal.js';

/** Free GPUs from which the provider's `inventoryState` says `normal`, then `high`. */
const NORMAL_STOCK = 10;
const HIGH_STOCK = 500;
/** What a subscription costs of the hourly price times its hours. */
const MONTHLY_RATES = [
  { month: 1, rate: 0.9 },
  { month: 3, rate: 0.85 },
  { month: 12, rate: 0.75 },
] as const;
const HOURS_A_MONTH = 720;

export function listClusters(): Answer {
  const clusters = CLUSTERS.map((cluster) => ({
    ...cluster,
    availableGpuType: [
      ...new Set(GPU_PRODUCTS.filter((product) => clustersOf(product).includes(cluster)).map(({ name }) => name)),
    ],
  }));
  return list(wholeListing('data', clusters));
}

/** All filters are optional; `billingMethod` is on demand when left out. */
export function listProducts({ query }: ApiRequest, { world }: ApiContext): Answer {
  const billing = query.get('billingMethod') || 'onDemand';
  const mode = BILLING_MODES.find((candidate) => candidate === billing);
  if (mode === undefined) throw invalidParameter(`billingMethod must be one of ${BILLING_MODES.join(', ')}`);
  const clusterId = query.get('clusterId') || null;
  const name = (query.get('productName') ?? '').toLowerCase();
  const gpuNum = numberOf(query, 'gpuNum', 8);
  const minCpu = numberOf(query, 'minCpuPerGpu');
  const minMemory = numberOf(query, 'minMemoryPerGpu');
  const minRootfs = numberOf(query, 'minRootFSSize');
  const products = GPU_PRODUCTS.filter(
    (product) =>
      product.billingMethods.includes(mode) &&
      product.name.toLowerCase().includes(name) &&
      isIn(product, clusterId) &&
      product.cpuPerGpu >= minCpu &&
      product.memoryPerGpu >= minMemory &&
      product.maxRootFS >= minRootfs,
  );
  return list(
    wholeListing(
      'data',
      products.map((product) => productJson(product, world, clusterId, gpuNum)),
    ),
  );
}

export function listCpuProducts({ query }: ApiRequest): Answer {
  const clusterId = query.get('clusterId') || null;
  const name = (query.get('productName') ?? '').toLowerCase();
  const products = CPU_PRODUCTS.filter(
    (product) => product.name.toLowerCase().includes(name) && isIn(product, clusterId),
  );
  return list(wholeListing('data', products.map(cpuProductJson)));
}

/** Prices go out as decimal strings, and `regions` holds names of clusters, not ids. */
function productJson(product: GpuProduct, world: World, clusterId: string | null, gpuNum: number) {
  const free = world.stock.total(product, clusterId);
  return {
    id: product.id,
    name: product.name,
    cpuPerGpu: product.cpuPerGpu,
    memoryPerGpu: product.memoryPerGpu,
    diskPerGpu: product.diskPerGpu,
    availableDeploy: world.stock.best(product, clusterId) >= Math.max(gpuNum, 1),
    minRootFS: product.minRootFS,
    maxRootFS: product.maxRootFS,
    minLocalStorage: 0,
    maxLocalStorage: product.diskPerGpu,
    regions: product.regions,
    price: String(product.price),
    monthlyPrice: product.billingMethods.includes('monthly') ? monthlyPrices(product) : [],
    billingMethods: product.billingMethods,
    spotPrice: String(product.spotPrice),
    inventoryState: inventoryState(free),
  };
}

function cpuProductJson({ regions, price, ...product }: CpuProduct) {
  return { ...product, price: String(price), regions };
}

function monthlyPrices(product: GpuProduct) {
  return MONTHLY_RATES.map(({ month }) => ({ price: String(monthlyPrice(product, month)), month }));
}

/** For so many months, in 1/100000 USD per GPU. */
export function monthlyPrice({ price }: GpuProduct, months: (typeof MONTHLY_RATES)[number]['month']): number {
  const rate = MONTHLY_RATES.find(({ month }) => month === months)?.rate ?? 1;
  return Math.round(price * HOURS_A_MONTH * months * rate);
}

function inventoryState(free: number): string {
  if (free === 0) return 'none';
  if (free < NORMAL_STOCK) return 'low';
  return free < HIGH_STOCK ? 'normal' : 'high';
}

function isIn(product: { readonly regions: readonly string[] }, clusterId: string | null): boolean {
  return clusterId === null || clustersOf(product).some(({ id }) => id === clusterId);
}

function numberOf(query: URLSearchParams, key: string, max = Number.MAX_SAFE_INTEGER): number {
  const text = query.get(key) || '0';
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw invalidParameter(`${key} must be an integer from 0 to ${max}`);
  return value;
}
