import type { NovitaCpuProduct, NovitaGpuProduct } from '@app/novita-client';
import { describe, expect, it } from 'vitest';
import { NO_PRICES, priceBookOf } from './price-book.js';

const gpu = (overrides: Partial<NovitaGpuProduct>): NovitaGpuProduct =>
  ({
    id: 'g1',
    name: 'RTX 4090',
    onDemandUsdPerHour: 0.5,
    spotUsdPerHour: 0.2,
    monthly: [],
    ...overrides,
  }) as NovitaGpuProduct;
const cpu = (overrides: Partial<NovitaCpuProduct>): NovitaCpuProduct =>
  ({ id: 'c1', name: 'C8', usdPerHour: 0.1, ...overrides }) as NovitaCpuProduct;

const book = priceBookOf(
  [
    gpu({
      monthly: [
        { months: 12, usd: 4_380 },
        { months: 1, usd: 730 },
      ],
    }),
    gpu({ id: 'g2', name: 'H100', onDemandUsdPerHour: 3 }),
    gpu({ id: 'g3', name: 'H100', onDemandUsdPerHour: 4 }),
    gpu({ id: 'g4', name: 'A100', onDemandUsdPerHour: 2, spotUsdPerHour: null }),
    gpu({ id: 'g5', name: 'A100', onDemandUsdPerHour: 2, spotUsdPerHour: null }),
  ],
  [cpu({})],
);

describe('the price of an instance', () => {
  it.each([
    ['by its product, for all of its GPUs', { productId: 'g1', gpuNum: 4, billingMode: 'onDemand' }, 2],
    ['as on demand when no mode is given', { productId: 'g1', gpuNum: 1, billingMode: null }, 0.5],
    ['in the spot market', { productId: 'g1', gpuNum: 2, billingMode: 'spot' }, 0.4],
    ['by the month', { productId: 'g1', gpuNum: 1, billingMode: 'monthly' }, 1],
    ['by its name when all of that name cost the same', { productId: 'gone', productName: 'A100', gpuNum: 1 }, 2],
    ['of a CPU instance', { productId: 'c1', gpuNum: 0 }, 0.1],
    ['of a CPU instance by name', { productName: 'C8', gpuNum: 0 }, 0.1],
  ] as const)('is known %s', (_, what, usd) => {
    expect(book.usdPerHour({ productId: null, productName: null, billingMode: 'onDemand', ...what })).toBeCloseTo(usd);
  });

  it.each([
    ['a product that is not offered in that mode', { productId: 'g4', gpuNum: 1, billingMode: 'spot' }],
    ['a name that costs now this, now that', { productName: 'H100', gpuNum: 1 }],
    ['a product that nobody knows', { productId: 'x', productName: 'y', gpuNum: 1 }],
    ['a GPU product without GPUs', { productId: 'g1', gpuNum: 0 }],
    ['a billing mode of the future', { productId: 'g1', gpuNum: 1, billingMode: 'barter' }],
    ['nothing', { gpuNum: 1 }],
  ] as const)('is not guessed for %s', (_, what) => {
    const asked = { productId: null, productName: null, billingMode: 'onDemand', ...what };
    expect(book.usdPerHour(asked)).toBeNull();
    expect(NO_PRICES.usdPerHour(asked)).toBeNull();
  });
});
