import { CLUSTERS, type Cluster } from './clusters.js';

export type BillingMode = 'onDemand' | 'monthly' | 'spot';

export interface GpuProduct {
  readonly id: string;
  readonly name: string;
  readonly cpuPerGpu: number;
  /** GB. */
  readonly memoryPerGpu: number;
  readonly diskPerGpu: number;
  readonly minRootFS: number;
  readonly maxRootFS: number;
  /** Cluster names; empty means every cluster. */
  readonly regions: readonly string[];
  /** On demand, 1/100000 USD per GPU and hour. */
  readonly price: number;
  /** The same for spot; 0 when there is no such offer. */
  readonly spotPrice: number;
  readonly billingMethods: readonly BillingMode[];
  /** Free GPUs at the start, where it is not `DEFAULT_STOCK`. Cluster name to number. */
  readonly stock?: Readonly<Record<string, number>>;
}

export const DEFAULT_STOCK = 1_000;
const ALL_MODES: readonly BillingMode[] = ['onDemand', 'monthly', 'spot'];
const NO_SPOT: readonly BillingMode[] = ['onDemand', 'monthly'];

/**
 * Prices are of the size that the provider asks. They are arranged so that a careless choice shows: what is cheapest
 * differs by region and, within CN-HK-01 and EU-01, by billing mode; the RTX 5090 is listed but sold out in CN-HK-01;
 * the H200 is sold out everywhere; the RTX 3090 is in every region and takes no root disk of 60 GB.
 */
export const GPU_PRODUCTS: readonly GpuProduct[] = [
  {
    id: '4090.16c62g.us',
    name: 'RTX 4090 24GB',
    cpuPerGpu: 16,
    memoryPerGpu: 62,
    diskPerGpu: 500,
    minRootFS: 10,
    maxRootFS: 1000,
    regions: ['US-01 (Dallas)', 'US-CA-06 (California)', 'EU-01'],
    price: 35_000,
    spotPrice: 21_000,
    billingMethods: ALL_MODES,
  },
  {
    id: '4090.12c48g.hk',
    name: 'RTX 4090 24GB',
    cpuPerGpu: 12,
    memoryPerGpu: 48,
    diskPerGpu: 400,
    minRootFS: 10,
    maxRootFS: 800,
    regions: ['CN-HK-01', 'AS-SGP-02 (Singapore)'],
    price: 39_000,
    spotPrice: 18_000,
    billingMethods: ALL_MODES,
  },
  {
    id: '4090.24c96g.hk',
    name: 'RTX 4090 24GB',
    cpuPerGpu: 24,
    memoryPerGpu: 96,
    diskPerGpu: 800,
    minRootFS: 10,
    maxRootFS: 1600,
    regions: ['CN-HK-01'],
    price: 37_000,
    spotPrice: 24_000,
    billingMethods: ALL_MODES,
  },
  {
    id: '4090.8c31g.eu',
    name: 'RTX 4090 24GB',
    cpuPerGpu: 8,
    memoryPerGpu: 31,
    diskPerGpu: 250,
    minRootFS: 10,
    maxRootFS: 500,
    regions: ['EU-01'],
    price: 33_000,
    spotPrice: 0,
    billingMethods: NO_SPOT,
  },
  {
    id: '5090.16c64g',
    name: 'RTX 5090 32GB',
    cpuPerGpu: 16,
    memoryPerGpu: 64,
    diskPerGpu: 600,
    minRootFS: 10,
    maxRootFS: 1200,
    regions: ['US-CA-06 (California)', 'CN-HK-01', 'AS-SGP-02 (Singapore)'],
    price: 63_000,
    spotPrice: 38_000,
    billingMethods: ALL_MODES,
    stock: { 'CN-HK-01': 0 },
  },
  {
    id: '3090.8c30g',
    name: 'RTX 3090 24GB',
    cpuPerGpu: 8,
    memoryPerGpu: 30,
    diskPerGpu: 50,
    minRootFS: 10,
    maxRootFS: 50,
    regions: [],
    price: 21_000,
    spotPrice: 12_000,
    billingMethods: ALL_MODES,
  },
  {
    id: 'l40s.16c96g',
    name: 'L40S 48GB',
    cpuPerGpu: 16,
    memoryPerGpu: 96,
    diskPerGpu: 800,
    minRootFS: 10,
    maxRootFS: 1600,
    regions: ['US-01 (Dallas)', 'EU-01', 'AP-JP-01 (Tokyo)'],
    price: 55_000,
    spotPrice: 33_000,
    billingMethods: ALL_MODES,
  },
  {
    id: '6000ada.16c94g',
    name: 'RTX 6000 Ada 48GB',
    cpuPerGpu: 16,
    memoryPerGpu: 94,
    diskPerGpu: 600,
    minRootFS: 10,
    maxRootFS: 1200,
    regions: ['US-CA-06 (California)', 'CN-HK-01'],
    price: 70_000,
    spotPrice: 42_000,
    billingMethods: ALL_MODES,
    stock: { 'US-CA-06 (California)': 3 },
  },
  {
    id: 'a100.sxm4.14c128g',
    name: 'A100 SXM4 80GB',
    cpuPerGpu: 14,
    memoryPerGpu: 128,
    diskPerGpu: 1000,
    minRootFS: 10,
    maxRootFS: 3000,
    regions: ['EU-01', 'EU-DE-02 (Frankfurt)', 'US-CA-06 (California)'],
    price: 160_000,
    spotPrice: 80_000,
    billingMethods: ALL_MODES,
  },
  {
    id: 'h100.sxm.20c240g',
    name: 'H100 SXM 80GB',
    cpuPerGpu: 20,
    memoryPerGpu: 240,
    diskPerGpu: 2000,
    minRootFS: 10,
    maxRootFS: 6144,
    regions: ['US-01 (Dallas)', 'EU-DE-02 (Frankfurt)', 'AS-SGP-02 (Singapore)'],
    price: 256_000,
    spotPrice: 0,
    billingMethods: NO_SPOT,
  },
  {
    id: 'h200.sxm.24c260g',
    name: 'H200 SXM 141GB',
    cpuPerGpu: 24,
    memoryPerGpu: 260,
    diskPerGpu: 2000,
    minRootFS: 10,
    maxRootFS: 6144,
    regions: ['US-01 (Dallas)'],
    price: 330_000,
    spotPrice: 0,
    billingMethods: NO_SPOT,
    stock: { 'US-01 (Dallas)': 0 },
  },
];

/** Where the product is offered, in stock or not. */
export function clustersOf(product: { readonly regions: readonly string[] }): readonly Cluster[] {
  return product.regions.length === 0 ? CLUSTERS : CLUSTERS.filter((cluster) => product.regions.includes(cluster.name));
}
