import type { NovitaCluster, NovitaGpuProduct } from '@app/novita-client';
import { describe, expect, it } from 'vitest';
import { type ProductQuery, selectProduct } from './select-product.js';

const cluster = (id: string, name: string): NovitaCluster => ({
  id,
  name,
  availableGpuTypes: [],
  supportsNetworkStorage: true,
  supportsInstanceNetwork: true,
});
const HK = cluster('1', 'CN-HK-01');
const CA = cluster('us-ca-6', 'US-CA-06 (California)');
const EU = cluster('3', 'EU-01');
const CLUSTERS = [HK, CA, EU];

function product(id: string, overrides: Partial<NovitaGpuProduct> = {}): NovitaGpuProduct {
  return {
    id,
    name: 'RTX 4090 24GB',
    cpuPerGpu: 16,
    memoryPerGpu: 62,
    diskPerGpu: 100,
    availableDeploy: true,
    minRootfs: 10,
    maxRootfs: 200,
    regions: ['CN-HK-01'],
    onDemandUsdPerHour: 0.5,
    spotUsdPerHour: null,
    monthly: [],
    billingModes: ['onDemand'],
    inventoryState: null,
    ...overrides,
  };
}

const QUERY: ProductQuery = {
  product: { name: 'RTX 4090 24GB' },
  preferred: HK,
  onlyClusterId: null,
  billingMode: 'onDemand',
  gpuNum: 1,
  rootfsSize: null,
  maxUsdPerHour: null,
};

function order(products: readonly NovitaGpuProduct[], query: Partial<ProductQuery> = {}): readonly string[] | string {
  const selection = selectProduct(products, CLUSTERS, { ...QUERY, ...query });
  if (selection.kind !== 'selected') return selection.kind;
  return [selection.chosen, ...selection.fallbacks].map(({ productId, region }) => `${productId}@${region}`);
}

describe('selectProduct', () => {
  it('takes the cheapest in the wanted region, then the other regions by price', () => {
    const products = [
      product('dear', { onDemandUsdPerHour: 0.9 }),
      product('near', { onDemandUsdPerHour: 0.7 }),
      product('far', { regions: ['EU-01'], onDemandUsdPerHour: 0.4 }),
      product('farther', { regions: ['US-CA-06 (California)'], onDemandUsdPerHour: 0.3 }),
    ];
    const expected = ['near@CN-HK-01', 'dear@CN-HK-01', 'farther@US-CA-06 (California)', 'far@EU-01'];
    expect(order(products)).toEqual(expected);
    expect(order(products, { preferred: null })).toEqual([expected[2], expected[3], expected[0], expected[1]]);
  });

  it('leaves out what costs more for all GPUs than is allowed, also as a fallback, and says what the cheapest costs', () => {
    const products = [
      product('dear', { onDemandUsdPerHour: 0.9 }),
      product('far', { regions: ['EU-01'], onDemandUsdPerHour: 0.4 }),
      product('farther', { regions: ['US-CA-06 (California)'], onDemandUsdPerHour: 0.30000049 }),
      product('sold-out', { onDemandUsdPerHour: 0.1, availableDeploy: false }),
    ];
    expect(order(products, { gpuNum: 2, maxUsdPerHour: 0.9 })).toEqual(['farther@US-CA-06 (California)', 'far@EU-01']);
    expect(order(products, { gpuNum: 2, maxUsdPerHour: 0.600001 })).toEqual(['farther@US-CA-06 (California)']);
    expect(selectProduct(products, CLUSTERS, { ...QUERY, maxUsdPerHour: 0.29 })).toEqual({
      kind: 'too-dear',
      cheapestUsdPerHour: 0.30000049,
    });
  });

  it('ranks spot by the price of spot', () => {
    const products = [
      product('a', { onDemandUsdPerHour: 0.1, spotUsdPerHour: 0.09, billingModes: ['onDemand', 'spot'] }),
      product('b', { onDemandUsdPerHour: 0.9, spotUsdPerHour: 0.05, billingModes: ['onDemand', 'spot'] }),
      product('c', { onDemandUsdPerHour: 0.01 }),
    ];
    expect(order(products, { billingMode: 'spot' })).toEqual(['b@CN-HK-01', 'a@CN-HK-01']);
    expect(order([products[2] as NovitaGpuProduct], { billingMode: 'spot' })).toBe('billing-mode-not-offered');
  });

  it('leaves out what is out of stock or too small, and says which it was', () => {
    const sold = product('sold', { availableDeploy: false });
    const small = product('small', { maxRootfs: 50 });
    expect(order([sold, product('there')])).toEqual(['there@CN-HK-01']);
    expect(order([sold])).toBe('out-of-stock');
    expect(order([small, product('big')], { rootfsSize: 100 })).toEqual(['big@CN-HK-01']);
    expect(selectProduct([small], CLUSTERS, { ...QUERY, rootfsSize: 100 })).toEqual({
      kind: 'rootfs-out-of-range',
      minGb: 10,
      maxGb: 50,
    });
  });

  it('stands everywhere when it names no region, and only where the storage lies', () => {
    expect(order([product('all', { regions: [] })])).toEqual([
      'all@CN-HK-01',
      'all@EU-01',
      'all@US-CA-06 (California)',
    ]);
    expect(order([product('all', { regions: [] })], { onlyClusterId: '3' })).toEqual(['all@EU-01']);
    expect(order([product('hk')], { onlyClusterId: '3' })).toBe('not-in-cluster');
  });

  it('takes a named product id and nothing else', () => {
    const products = [
      product('cheap', { onDemandUsdPerHour: 0.1 }),
      product('named', { regions: ['EU-01', 'CN-HK-01'] }),
    ];
    expect(order(products, { product: { id: 'named' } })).toEqual(['named@CN-HK-01']);
    expect(order(products, { product: { id: 'no' } })).toBe('unknown-product');
    expect(order(products, { product: { name: 'rtx 4090 24gb' } })).toHaveLength(3);
  });

  it('knows a product by its first words when only one name begins so', () => {
    const products = [product('24'), product('a100', { name: 'A100 SXM 80GB' })];
    expect(order(products, { product: { name: 'RTX 4090' } })).toEqual(['24@CN-HK-01']);
    const twoSizes = [...products, product('48', { name: 'RTX 4090 48GB' })];
    expect(order(twoSizes, { product: { name: 'RTX 4090' } })).toBe('unknown-product');
    expect(order(products, { product: { name: 'RTX 40' } })).toBe('unknown-product');
  });

  it('answers the price of the whole instance, and fits the default disk to the product', () => {
    const selection = selectProduct([product('p', { maxRootfs: 40 })], CLUSTERS, { ...QUERY, gpuNum: 4 });
    expect(selection).toMatchObject({ kind: 'selected', rootfsSize: 40, chosen: { usdPerHour: 2, clusterId: '1' } });
  });

  it('takes the price of one month, by the hour, and not that of a longer term', () => {
    const terms = [
      { months: 12, usd: 8_760 },
      { months: 1, usd: 1_460 },
    ];
    const monthly = product('m', { monthly: terms, billingModes: ['monthly'] });
    const selection = selectProduct([monthly], CLUSTERS, { ...QUERY, billingMode: 'monthly' });
    expect(selection).toMatchObject({ chosen: { usdPerHour: 2 } });
  });

  it('takes none by the month that cannot be had for a single one', () => {
    const terms = [{ months: 12, usd: 8_760 }];
    const yearly = product('m', { monthly: terms, billingModes: ['onDemand', 'monthly'] });
    expect(selectProduct([yearly], CLUSTERS, { ...QUERY, billingMode: 'monthly' })).toEqual({
      kind: 'billing-mode-not-offered',
      offered: ['onDemand'],
    });
  });
});
