import { expect, it } from 'vitest';
import { portsMessage } from './create-form.js';
import { placesMessage } from './gpu-picker.js';
import { knownImage } from './known-images.js';
import { alternativesOf, priceMessage } from './price-line.js';

/** @type {import('./offers.js').Expected} */
const IN_HONG_KONG = { kind: 'price', usdPerHour: 0.37, place: 'CN-HK-01', missingIn: '', cheaper: null };

/** @type {import('./offers.js').OfferRequest} */
const REQUEST = {
  productName: 'RTX 4090 24GB',
  productId: '',
  region: 'CN-HK-01',
  billingMode: 'onDemand',
  gpuNum: 1,
  rootfsSize: null,
};

/** @type {import('./offers.js').GpuChoice} */
const IN_STOCK = {
  name: 'RTX 4090 24GB',
  places: [
    { name: 'EU-01', usdPerHour: 0.33 },
    { name: 'CN-HK-01', usdPerHour: 0.37 },
  ],
  isAnywhere: false,
  fromUsd: 0.33,
  emptyIn: ['US-01'],
  rejection: '',
};

it('the total names the price per hour and day, and where', () => {
  expect(priceMessage(IN_HONG_KONG, REQUEST)).toBe('Total: $0.37/h in CN-HK-01, which is $8.88 a day.');
  expect(priceMessage(IN_HONG_KONG, { ...REQUEST, billingMode: 'monthly' })).toContain(
    'It is paid by the month, in advance.',
  );
  expect(priceMessage({ ...IN_HONG_KONG, missingIn: 'EU-01' }, REQUEST)).toContain('None can be had in EU-01');
});

it('why something cannot be had stands in the place of the total', () => {
  expect(priceMessage({ kind: 'none', reason: 'out-of-stock' }, { ...REQUEST, productName: 'H200' })).toBe(
    'H200 is out of stock everywhere at present.',
  );
  expect(priceMessage({ kind: 'none', reason: 'not-offered' }, REQUEST)).toContain('not to be had with this billing');
});

it('beside it stands what can be had instead, or for less', () => {
  const cheaper = { ...IN_HONG_KONG, cheaper: { name: 'EU-01 or EU-02', usdPerHour: 0.33 } };
  expect(alternativesOf(cheaper, [], REQUEST, [IN_STOCK])).toEqual([
    { kind: 'region', value: 'EU-01', text: 'EU-01 or EU-02, $0.33/h' },
  ]);
  expect(alternativesOf(IN_HONG_KONG, [], REQUEST, [IN_STOCK])).toEqual([]);
  /** @type {import('./offers.js').Expected} */
  const gone = { kind: 'none', reason: 'out-of-stock' };
  expect(alternativesOf(gone, [], { ...REQUEST, productName: 'H200' }, [IN_STOCK])).toEqual([
    { kind: 'gpu', value: 'RTX 4090 24GB', text: 'RTX 4090 24GB, from $0.33/h' },
  ]);
  expect(alternativesOf({ kind: 'none', reason: 'disk' }, [], REQUEST, [IN_STOCK])).toEqual([]);
});

it('a GPU shows its price in each region, and those that have none', () => {
  expect(placesMessage(IN_STOCK)).toBe('$0.33/h in EU-01; $0.37/h in CN-HK-01; none in US-01');
  const many = ['A', 'B', 'C', 'D'].map((name) => ({ name, usdPerHour: 0.21 }));
  expect(placesMessage({ ...IN_STOCK, places: [...many, ...IN_STOCK.places], emptyIn: [] })).toBe(
    '$0.21/h in A, B, C, 1 more; $0.33/h in EU-01; $0.37/h in CN-HK-01',
  );
  expect(placesMessage({ ...IN_STOCK, places: [], isAnywhere: true, emptyIn: [] })).toBe(
    '$0.33/h, where Novita chooses',
  );
  expect(placesMessage({ ...IN_STOCK, places: [], fromUsd: null })).toBe('');
});

it('when it will be ready follows from the ports, and says where they are known from', () => {
  const image = 'vllm/vllm-openai:v0.8.4';
  expect(portsMessage('8000/http', false, image, undefined, knownImage(image))).toBe(
    'Ready when 8000/http answers, the usual port of vLLM.',
  );
  expect(portsMessage('8080/http', false, 'a/b', undefined, null)).toContain('check its port');
  expect(portsMessage('', true, image, undefined, knownImage(image))).toContain('No port');
  expect(portsMessage('22/tcp', true, image, undefined, knownImage(image))).toBe('Ready when 22/tcp answers.');
});
