import type { NovitaCluster, NovitaGpuProduct } from '@app/novita-client';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gpuOffers } from './gpu-offers.js';
import { selectProduct } from './select-product.js';

const cluster = (id: string, name: string): NovitaCluster => ({
  id,
  name,
  availableGpuTypes: [],
  supportsNetworkStorage: true,
  supportsInstanceNetwork: true,
});
const CLUSTERS = [cluster('1', 'CN-HK-01'), cluster('2', 'EU-01')];

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
const WANTED = { billingMode: 'onDemand', gpuNum: 1 } as const;

describe('the offers of each GPU', () => {
  it('are one for each region, those that are to be had first, cheapest first', () => {
    const products = [
      product('hk', { onDemandUsdPerHour: 0.37 }),
      product('hk-dear', { onDemandUsdPerHour: 0.5 }),
      product('hk-gone', { onDemandUsdPerHour: 0.1, availableDeploy: false }),
      product('eu-gone', { onDemandUsdPerHour: 0.33, availableDeploy: false, regions: ['EU-01'] }),
      product('eu-spot', { onDemandUsdPerHour: null, regions: ['EU-01'], name: 'A100', billingModes: ['spot'] }),
    ];
    expect(gpuOffers(products, CLUSTERS, { ...WANTED, gpuNum: 2 })).toEqual([
      {
        name: 'A100',
        offers: [{ region: 'EU-01', productId: 'eu-spot', usdPerHour: null, rejection: 'not-offered-so' }],
      },
      {
        name: 'RTX 4090 24GB',
        offers: [
          { region: 'CN-HK-01', productId: 'hk', usdPerHour: 0.74, rejection: null },
          { region: 'EU-01', productId: 'eu-gone', usdPerHour: 0.66, rejection: 'out-of-stock' },
        ],
      },
    ]);
  });

  it('are everywhere where the product names no region, and where the provider chooses when no region is known', () => {
    const [everywhere] = gpuOffers([product('any', { regions: [] })], CLUSTERS, WANTED);
    expect(everywhere?.offers.map(({ region }) => region)).toEqual(['CN-HK-01', 'EU-01']);
    const [nowhere] = gpuOffers([product('any', { regions: [] })], [], WANTED);
    expect(nowhere?.offers.map(({ region }) => region)).toEqual([null]);
    expect(gpuOffers([product('lost', { regions: ['XX-09'] })], CLUSTERS, WANTED)).toEqual([]);
  });

  it('name what a create takes in that region, at its price', () => {
    const made = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      onDemandUsdPerHour: fc.constantFrom(null, 0.2, 0.3, 0.4),
      availableDeploy: fc.boolean(),
      regions: fc.subarray(['CN-HK-01', 'EU-01']),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(made, { selector: ({ id }) => id }),
        fc.integer({ min: 1, max: 8 }),
        (shapes, gpuNum) => {
          const products = shapes.map(({ id, ...shape }) => product(id, shape));
          const [gpu] = gpuOffers(products, CLUSTERS, { billingMode: 'onDemand', gpuNum });
          for (const place of CLUSTERS) {
            const selection = selectProduct(products, CLUSTERS, {
              product: { name: 'RTX 4090 24GB' },
              preferred: place,
              onlyClusterId: place.id,
              billingMode: 'onDemand',
              gpuNum,
              rootfsSize: null,
              maxUsdPerHour: null,
            });
            const offer = gpu?.offers.find(({ region, rejection }) => region === place.name && rejection === null);
            const chosen = selection.kind === 'selected' ? selection.chosen : undefined;
            expect([offer?.productId, offer?.usdPerHour]).toEqual([chosen?.productId, chosen?.usdPerHour]);
          }
        },
      ),
    );
  });
});
