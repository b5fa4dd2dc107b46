import { describe, expect, it } from 'vitest';
import { diskRange, expectedPrice, gpuChoices, offeredRegions, usdPerGpuHour } from './offers.js';

/**
 * @typedef {import('../http/action-types.js').Product} Product
 * @param {Partial<Product>} members
 * @returns {Product}
 */
const product = (members) => ({
  id: 'p',
  name: 'RTX 4090 24GB',
  inStock: true,
  regions: [],
  billingModes: [],
  pricePerHour: { onDemand: 0.35, monthly: [] },
  cpuPerGpu: 16,
  memoryPerGpu: 62,
  ...members,
});

const EU = product({ id: 'eu', regions: ['EU-01'], pricePerHour: { onDemand: 0.33, monthly: [] }, maxRootfs: 500 });
const HK = product({ id: 'hk', regions: ['CN-HK-01'], pricePerHour: { onDemand: 0.37, spot: 0.24, monthly: [] } });
const US = product({
  id: 'us',
  regions: ['US-01 (Dallas)'],
  inStock: false,
  pricePerHour: { onDemand: 0.2, monthly: [] },
});
const H200 = product({ id: 'h200', name: 'H200', inStock: false, pricePerHour: { onDemand: 3.3, monthly: [] } });
const ALL = [EU, HK, US, H200];
const CLUSTERS = ['CN-HK-01', 'EU-01', 'US-01 (Dallas)'].map((name) => ({ id: name, name }));
/** @type {import('./offers.js').Wish} */
const WISH = {
  productName: 'RTX 4090 24GB',
  productId: '',
  region: '',
  billingMode: 'onDemand',
  gpuNum: 2,
  rootfsSize: null,
};

it('takes the price of the mode, and of months that of a single one', () => {
  expect(usdPerGpuHour(HK, 'spot')).toBe(0.24);
  expect(usdPerGpuHour(EU, 'spot')).toBeNull();
  expect(usdPerGpuHour(product({ billingModes: ['spot'] }), 'onDemand')).toBeNull();
  const monthly = [
    { months: 1, usd: 146 },
    { months: 12, usd: 1314 },
  ];
  expect(usdPerGpuHour(product({ pricePerHour: { monthly } }), 'monthly')).toBeCloseTo(0.2, 10);
  expect(usdPerGpuHour(product({ pricePerHour: { monthly: monthly.slice(1) } }), 'monthly')).toBeNull();
});

it('shows what can be had first, and what cannot all the same', () => {
  const choices = gpuChoices(ALL, 'onDemand', 2);
  expect(choices.map(({ name, fromUsd, refusal }) => [name, fromUsd, refusal])).toEqual([
    ['RTX 4090 24GB', 0.66, ''],
    ['H200', 6.6, 'out-of-stock'],
  ]);
  expect(gpuChoices(ALL, 'spot', 1).map(({ refusal }) => refusal)).toEqual(['', 'not-offered']);
});

describe('what a create would cost', () => {
  it('is a range as long as the place is open', () => {
    expect(expectedPrice(ALL, WISH)).toEqual({ kind: 'range', fromUsd: 0.66, toUsd: 0.74 });
  });

  it('is known with a region, and with a machine', () => {
    expect(expectedPrice(ALL, { ...WISH, region: 'CN-HK-01' })).toEqual({
      kind: 'exact',
      usdPerHour: 0.74,
      elsewhere: '',
    });
    expect(expectedPrice(ALL, { ...WISH, productId: 'eu' })).toEqual({
      kind: 'exact',
      usdPerHour: 0.66,
      elsewhere: '',
    });
  });

  it('names where else it would be made', () => {
    expect(expectedPrice(ALL, { ...WISH, region: 'US-01' })).toEqual({
      kind: 'exact',
      usdPerHour: 0.66,
      elsewhere: 'EU-01',
    });
  });

  it('says why there is none', () => {
    expect(expectedPrice(ALL, { ...WISH, productName: '' }).kind).toBe('none');
    expect(expectedPrice(ALL, { ...WISH, productName: 'H200' })).toEqual({
      kind: 'none',
      reason: 'Out of stock at present.',
    });
    expect(expectedPrice(ALL, { ...WISH, billingMode: 'monthly' })).toMatchObject({
      reason: expect.stringContaining('not offered'),
    });
    expect(expectedPrice([EU], { ...WISH, rootfsSize: 501 })).toEqual({
      kind: 'none',
      reason: 'No such machine has a disk of this size.',
    });
  });
});

it('offers the regions that have it, cheapest first', () => {
  expect(offeredRegions(ALL, CLUSTERS, WISH)).toEqual([
    { name: 'EU-01', usdPerHour: 0.66 },
    { name: 'CN-HK-01', usdPerHour: 0.74 },
  ]);
  expect(offeredRegions([product({})], CLUSTERS, WISH)).toHaveLength(3);
});

it('knows how large the disk may be', () => {
  expect(diskRange(ALL, { productName: 'RTX 4090 24GB', productId: 'eu' })).toEqual({ min: 10, max: 500 });
  expect(diskRange(ALL, { productName: 'RTX 4090 24GB', productId: '' })).toEqual({ min: 10, max: 6144 });
  expect(diskRange([], { productName: '', productId: '' })).toEqual({ min: 10, max: 6144 });
});
