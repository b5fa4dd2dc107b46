import { describe, expect, it } from 'vitest';
import { diskRange, expectedPrice, gpuChoices, insteadOf, otherBillings, usdPerGpuHour } from './offers.js';

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
/** As the service offers them, for two GPUs. @type {readonly import('./offers.js').GpuOffers[]} */
const GPUS = [
  {
    name: 'H200',
    offers: [{ region: 'EU-01', productId: 'h200', pricePerHour: 6.6, available: false, reason: 'out-of-stock' }],
  },
  {
    name: 'RTX 4090 24GB',
    offers: [
      { region: 'EU-01', productId: 'eu', pricePerHour: 0.66, available: true },
      { region: 'CN-HK-01', productId: 'hk', pricePerHour: 0.74, available: true },
      { region: 'US-01', productId: 'us', pricePerHour: 0.4, available: false, reason: 'out-of-stock' },
    ],
  },
  { name: 'L40S', offers: [{ region: 'EU-01', productId: 'l', available: false, reason: 'not-offered-so' }] },
  { name: 'A100', offers: [{ productId: 'a', pricePerHour: 2.4, available: true }] },
];

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

describe('the choices', () => {
  it('are what can be had first, cheapest first, and what cannot all the same, with the reason', () => {
    expect(gpuChoices(GPUS).map(({ name, fromUsd, rejection }) => [name, fromUsd, rejection])).toEqual([
      ['RTX 4090 24GB', 0.66, ''],
      ['A100', 2.4, ''],
      ['H200', 6.6, 'out-of-stock'],
      ['L40S', null, 'not-offered'],
    ]);
  });

  it('name each region with its price, and those that have none', () => {
    const [first, second] = gpuChoices(GPUS);
    expect(first).toMatchObject({
      places: [
        { name: 'EU-01', usdPerHour: 0.66 },
        { name: 'CN-HK-01', usdPerHour: 0.74 },
      ],
      emptyIn: ['US-01'],
      isAnywhere: false,
    });
    expect(second).toMatchObject({ places: [], isAnywhere: true });
  });

  it('in the place of one that cannot be had are those in stock, nearest in price first', () => {
    expect(insteadOf(gpuChoices(GPUS), 'H200')).toEqual([
      { name: 'A100', fromUsd: 2.4 },
      { name: 'RTX 4090 24GB', fromUsd: 0.66 },
    ]);
    expect(insteadOf(gpuChoices(GPUS), 'H200', 1)).toHaveLength(1);
  });

  it('of another billing are those in which the same GPU is in stock', () => {
    expect(otherBillings(ALL, { ...REQUEST, billingMode: 'monthly' })).toEqual([
      { billingMode: 'onDemand', usdPerHour: 0.66 },
      { billingMode: 'spot', usdPerHour: 0.48 },
    ]);
    expect(otherBillings(ALL, { ...REQUEST, productName: 'H200', billingMode: 'spot' })).toEqual([]);
  });
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
    const reason = (/** @type {Partial<import('./offers.js').OfferRequest>} */ members, products = ALL) =>
      expectedPrice(products, { ...REQUEST, ...members });
    expect(reason({ productName: '' })).toEqual({ kind: 'none', reason: 'no-gpu' });
    expect(reason({ productName: 'V100' })).toEqual({ kind: 'none', reason: 'gone' });
    expect(reason({ productName: 'H200' })).toEqual({ kind: 'none', reason: 'out-of-stock' });
    expect(reason({ billingMode: 'monthly' })).toEqual({ kind: 'none', reason: 'not-offered' });
    expect(reason({ rootfsSize: 501 }, [EU])).toEqual({ kind: 'none', reason: 'disk' });
  });
});

it('knows how large the disk may be', () => {
  expect(diskRange(ALL, { productName: 'RTX 4090 24GB', productId: 'eu' })).toEqual({ min: 10, max: 500 });
  expect(diskRange(ALL, { productName: 'RTX 4090 24GB', productId: '' })).toEqual({ min: 10, max: 6144 });
  expect(diskRange([], { productName: '', productId: '' })).toEqual({ min: 10, max: 6144 });
});
