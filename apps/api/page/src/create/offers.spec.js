import { describe, expect, it } from 'vitest';
import { diskRange, expectedPrice, gpuChoices, offeredRegions, usdPerGpuHour } from './offers.js';

/**
 * @typedef {import('../net/api-types.js').GpuProductView} Product
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
  diskPerGpu: 60,
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
const CLUSTERS = ['CN-HK-01', 'EU-01', 'US-01 (Dallas)'].map((name) => ({
  id: name,
  name,
  gpuTypes: [],
  supportsNetworkStorage: false,
  supportsInstanceNetwork: false,
}));

/** @type {import('./offers.js').OfferRequest} */
const REQUEST = {
  productName: 'RTX 4090 24GB',
  productId: '',
  region: 'any',
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
  expect(choices.map(({ name, fromUsd, rejection }) => [name, fromUsd, rejection])).toEqual([
    ['RTX 4090 24GB', 0.66, ''],
    ['H200', 6.6, 'out-of-stock'],
  ]);
  expect(gpuChoices(ALL, 'spot', 1).map(({ rejection }) => rejection)).toEqual(['', 'not-offered']);
});

describe('what a create would cost', () => {
  it('is that of the cheapest in the wanted region, and names one that has it for less', () => {
    expect(expectedPrice(ALL, { ...REQUEST, region: 'CN-HK-01' })).toEqual({
      kind: 'price',
      usdPerHour: 0.74,
      place: 'CN-HK-01',
      missingIn: '',
      cheaper: { name: 'EU-01', usdPerHour: 0.66 },
    });
    expect(expectedPrice(ALL, { ...REQUEST, region: 'EU-01' })).toMatchObject({ usdPerHour: 0.66, cheaper: null });
  });

  it('is that of the cheapest of all where any region will do', () => {
    expect(expectedPrice(ALL, REQUEST)).toEqual({
      kind: 'price',
      usdPerHour: 0.66,
      place: 'EU-01',
      missingIn: '',
      cheaper: null,
    });
  });

  it('says where it would be made when the wanted region has none', () => {
    expect(expectedPrice(ALL, { ...REQUEST, region: 'US-01' })).toMatchObject({
      usdPerHour: 0.66,
      place: 'EU-01',
      missingIn: 'US-01',
    });
    const hongKong = { ...REQUEST, productId: 'eu', region: 'CN-HK-01' };
    expect(expectedPrice(ALL, hongKong)).toMatchObject({ place: 'EU-01', missingIn: 'CN-HK-01' });
    expect(expectedPrice([product({})], REQUEST)).toMatchObject({ place: 'every region' });
  });

  it('says why there is none', () => {
    expect(expectedPrice(ALL, { ...REQUEST, productName: '' }).kind).toBe('none');
    expect(expectedPrice(ALL, { ...REQUEST, productName: 'H200' })).toEqual({
      kind: 'none',
      reason: 'Out of stock at present.',
    });
    expect(expectedPrice(ALL, { ...REQUEST, billingMode: 'monthly' })).toMatchObject({
      reason: expect.stringContaining('not offered'),
    });
    expect(expectedPrice([EU], { ...REQUEST, rootfsSize: 501 })).toEqual({
      kind: 'none',
      reason: 'No such machine has a disk of this size.',
    });
  });
});

it('offers the regions that have it, cheapest first', () => {
  expect(offeredRegions(ALL, CLUSTERS, REQUEST)).toEqual([
    { name: 'EU-01', usdPerHour: 0.66 },
    { name: 'CN-HK-01', usdPerHour: 0.74 },
  ]);
  expect(offeredRegions([product({})], CLUSTERS, REQUEST)).toHaveLength(3);
});

it('knows how large the disk may be', () => {
  expect(diskRange(ALL, { productName: 'RTX 4090 24GB', productId: 'eu' })).toEqual({ min: 10, max: 500 });
  expect(diskRange(ALL, { productName: 'RTX 4090 24GB', productId: '' })).toEqual({ min: 10, max: 6144 });
  expect(diskRange([], { productName: '', productId: '' })).toEqual({ min: 10, max: 6144 });
});
