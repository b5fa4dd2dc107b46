import type { NovitaCluster, NovitaGpuProduct } from '@app/novita-client';
import { anInstance } from '@app/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseReplacement, offerKey, type ReplacementQuery } from './replacement-product.js';
import { isAtLeastAsGood } from './same-or-better.js';

const cluster = (id: string, name: string): NovitaCluster => ({
  id,
  name,
  availableGpuTypes: [],
  supportsNetworkStorage: true,
  supportsInstanceNetwork: true,
});
const HERE = cluster('7', 'CN-HK-01');
const THERE = cluster('1', 'US-01 (Dallas)');

function product(id: string, overrides: Partial<NovitaGpuProduct> = {}): NovitaGpuProduct {
  return {
    id,
    name: 'RTX 4090 24GB',
    cpuPerGpu: 16,
    memoryPerGpu: 64,
    diskPerGpu: 500,
    availableDeploy: true,
    minRootfs: 10,
    maxRootfs: 1_000,
    regions: ['CN-HK-01'],
    onDemandUsdPerHour: 0.4,
    spotUsdPerHour: 0.2,
    monthly: [],
    billingModes: ['onDemand', 'spot'],
    inventoryState: null,
    ...overrides,
  };
}

const PRESENT = product('present', { availableDeploy: false });
const { spec } = anInstance({
  spec: {
    productId: 'present',
    gpuNum: 2,
    rootfsSize: 60,
    clusterId: '7',
    region: 'CN-HK-01',
    billingMode: 'spot',
    networkStorages: [],
  },
});
const QUERY: ReplacementQuery = { spec, agreedUsdPerHour: 0.4, maxPriceIncreasePercent: 20, refused: [] };

function choose(offered: readonly NovitaGpuProduct[], query: Partial<ReplacementQuery> = {}, products = [PRESENT]) {
  return chooseReplacement({ products: [...products, ...offered], clusters: [HERE, THERE] }, { ...QUERY, ...query });
}
const chosen = (...given: Parameters<typeof choose>) => {
  const choice = choose(...given);
  return choice.kind === 'chosen' ? offerKey(choice.candidate) : choice.reason;
};

describe('the product that takes the place of one without stock', () => {
  it('is in the same region if there is one, else the cheapest, and priced for all GPUs', () => {
    const near = product('near', { spotUsdPerHour: 0.23 });
    const far = product('far', { spotUsdPerHour: 0.15, regions: ['US-01'] });
    const farther = product('farther', { spotUsdPerHour: 0.21, regions: ['US-01'] });
    expect(choose([farther, far, near])).toEqual({
      kind: 'chosen',
      candidate: {
        productId: 'near',
        productName: 'RTX 4090 24GB',
        clusterId: '7',
        region: 'CN-HK-01',
        usdPerHour: 0.46,
      },
      agreedUsdPerHour: 0.4,
    });
    expect(chosen([farther, far])).toBe('far@1');
  });

  it('may be the same product somewhere else', () => {
    expect(chosen([], {}, [product('present', { regions: ['US-01'] })])).toBe('present@1');
  });

  it('costs no more than the cap, exactly met included', () => {
    expect(chosen([product('dear', { spotUsdPerHour: 0.24 })])).toBe('dear@7');
    expect(chosen([product('dear', { spotUsdPerHour: 0.2401 })])).toMatch(
      /costs \$0\.48 an hour, and MIGRATION_MAX_PRICE_INCREASE_PERCENT allows \$0\.48/,
    );
    expect(chosen([product('dear', { spotUsdPerHour: 0.21 })], { maxPriceIncreasePercent: 0 })).toMatch(/allows/);
  });

  it('is measured by the present spot price where nothing was agreed, and by nothing else', () => {
    expect(chosen([product('other', { spotUsdPerHour: 0.24 })], { agreedUsdPerHour: null })).toBe('other@7');
    const unpriced = product('present', { spotUsdPerHour: null });
    expect(chosen([product('other')], { agreedUsdPerHour: null }, [unpriced])).toMatch(/price .* is not known/);
  });

  it('stays where the network storages lie', () => {
    const networkStorages = [{ id: 's', mountPoint: '/network' }];
    const far = product('far', { regions: ['US-01'] });
    expect(chosen([far], { spec: { ...spec, networkStorages } })).toMatch(/in the place of its network storages/);
    expect(chosen([far, product('near')], { spec: { ...spec, networkStorages } })).toBe('near@7');
    expect(chosen([far], { spec: { ...spec, networkStorages, clusterId: null } })).toMatch(/not known where/);
  });

  it.each<[string, Partial<NovitaGpuProduct>]>([
    ['out of stock', { availableDeploy: false }],
    ['not offered as spot', { spotUsdPerHour: null }],
    ['too small for the root disk', { maxRootfs: 50 }],
    ['not as good', { name: 'RTX 3090 24GB' }],
    ['poorer beside the GPU', { memoryPerGpu: 32 }],
  ])('is none that is %s', (_, overrides) => {
    expect(chosen([product('other', overrides)])).toMatch(/no product that is at least as good is in stock/);
  });

  it('is none that was refused a moment ago, and nothing where the present one cannot be compared', () => {
    const offered = [product('one'), product('two', { spotUsdPerHour: 0.21 })];
    expect(chosen(offered, { refused: ['one@7'] })).toBe('two@7');
    expect(chosen(offered, { refused: ['one@7', 'two@7'] })).toMatch(/in stock/);
    expect(chosen(offered, {}, [])).toMatch(/does not list/);
  });

  it('is always as good, in stock, within the cap, in the billing mode, and where its storages are', () => {
    const products = fc.array(
      fc.record({
        name: fc.constantFrom('RTX 4090 24GB', 'RTX 3090 24GB', 'H100 SXM 80GB', 'RTX 5090 32GB'),
        availableDeploy: fc.boolean(),
        spotUsdPerHour: fc.option(fc.double({ min: 0.01, max: 1, noNaN: true }), { nil: null }),
        cpuPerGpu: fc.integer({ min: 8, max: 24 }),
        regions: fc.constantFrom<readonly string[]>([], ['CN-HK-01'], ['US-01'], ['elsewhere']),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(products, fc.integer({ min: 0, max: 300 }), fc.boolean(), (given, percent, hasStorage) => {
        const offered = given.map((overrides, index) => product(`p${index}`, overrides));
        const networkStorages = hasStorage ? [{ id: 's', mountPoint: '/network' }] : [];
        const choice = choose(offered, { spec: { ...spec, networkStorages }, maxPriceIncreasePercent: percent });
        if (choice.kind === 'none') return;
        const { candidate } = choice;
        const taken = offered.find(({ id }) => id === candidate.productId);
        expect(taken?.availableDeploy).toBe(true);
        expect(taken !== undefined && isAtLeastAsGood(taken, PRESENT)).toBe(true);
        expect(candidate.usdPerHour).toBe((taken?.spotUsdPerHour ?? Number.NaN) * 2);
        expect(candidate.usdPerHour ?? Number.NaN).toBeLessThanOrEqual(0.4 * (1 + percent / 100) + 0.000_01);
        if (hasStorage) expect(candidate.clusterId).toBe('7');
      }),
      { numRuns: 500 },
    );
  });
});
