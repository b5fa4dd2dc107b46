import { describe, expect, it } from 'vitest';
import { CLUSTERS } from '../catalogue/clusters.js';
import { clustersOf, GPU_PRODUCTS, type GpuProduct } from '../catalogue/gpu-products.js';
import { TEMPLATES } from '../catalogue/templates.js';
import { initialRegistryAuths } from './account.js';
import { Stock } from './stock.js';

const named = (name: string, region: string): GpuProduct[] =>
  GPU_PRODUCTS.filter(
    (product) => product.name === name && clustersOf(product).some((cluster) => cluster.name === region),
  );
const cheapest = (products: readonly GpuProduct[], price: (product: GpuProduct) => number): string | undefined =>
  products.filter((product) => price(product) > 0).toSorted((a, b) => price(a) - price(b))[0]?.id;
const onDemand = ({ price }: GpuProduct): number => price;
const spot = ({ spotPrice }: GpuProduct): number => spotPrice;

describe('the catalogue', () => {
  it('has several clusters in several parts of the world, CN-HK-01 among them', () => {
    expect(CLUSTERS.length).toBeGreaterThanOrEqual(6);
    expect(CLUSTERS.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['CN-HK-01', 'US-CA-06 (California)', 'EU-01']),
    );
    expect(new Set(CLUSTERS.map(({ id }) => id)).size).toBe(CLUSTERS.length);
  });

  it('names only clusters that there are, and prices of every mode that it offers', () => {
    expect(new Set(GPU_PRODUCTS.map(({ id }) => id)).size).toBe(GPU_PRODUCTS.length);
    const names = CLUSTERS.map(({ name }) => name);
    for (const product of GPU_PRODUCTS) {
      for (const region of product.regions) expect(names).toContain(region);
      expect(product.spotPrice > 0).toBe(product.billingMethods.includes('spot'));
      expect(product.spotPrice).toBeLessThan(product.price);
    }
  });

  it('makes the cheapest RTX 4090 differ by region and by billing mode', () => {
    const name = 'RTX 4090 24GB';
    const inHongKong = named(name, 'CN-HK-01');
    const inEurope = named(name, 'EU-01');
    expect(cheapest(inHongKong, onDemand)).toBe('4090.24c96g.hk');
    expect(cheapest(inHongKong, spot)).toBe('4090.12c48g.hk');
    expect(cheapest(inEurope, onDemand)).toBe('4090.8c31g.eu');
    expect(cheapest(inEurope, spot)).toBe('4090.16c62g.us');
  });

  it('has one product sold out in CN-HK-01 only, one everywhere, one without spot, one with a small root disk', () => {
    const stock = new Stock();
    const rtx5090 = GPU_PRODUCTS.find(({ id }) => id === '5090.16c64g');
    expect(rtx5090 && clustersOf(rtx5090).map(({ id }) => [id, stock.available('5090.16c64g', id) > 0])).toEqual([
      ['5', true],
      ['7', false],
      ['9', true],
    ]);
    expect(GPU_PRODUCTS.filter((product) => stock.total(product, null) === 0).map(({ id }) => id)).toEqual([
      'h200.sxm.24c260g',
    ]);
    expect(GPU_PRODUCTS.some(({ spotPrice }) => spotPrice === 0)).toBe(true);
    expect(GPU_PRODUCTS.some(({ maxRootFS }) => maxRootFS < 60)).toBe(true);
  });

  it('has private templates whose login exists, with all that a create must carry over', () => {
    const auths = initialRegistryAuths().map(({ id }) => id);
    const trainer = TEMPLATES.find(({ Id }) => Id === '410');
    expect(auths).toContain(trainer?.imageAuth);
    expect(trainer?.ports.map(({ type }) => type)).toEqual(['http', 'tcp']);
    for (const key of ['startCommand', 'entrypoint', 'envs', 'tools', 'volumes'] as const) {
      expect(trainer?.[key].length).toBeGreaterThan(0);
    }
    expect(new Set(TEMPLATES.map(({ channel }) => channel))).toEqual(new Set(['official', 'community', 'private']));
  });
});

describe('Stock', () => {
  it('takes only what is there, and gives back', () => {
    const stock = new Stock();
    expect(stock.take('6000ada.16c94g', '5', 4)).toBe(false);
    expect(stock.take('6000ada.16c94g', '5', 3)).toBe(true);
    expect(stock.take('6000ada.16c94g', '5', 1)).toBe(false);
    stock.giveBack('6000ada.16c94g', '5', 3);
    expect(stock.available('6000ada.16c94g', '5')).toBe(3);
  });
});
