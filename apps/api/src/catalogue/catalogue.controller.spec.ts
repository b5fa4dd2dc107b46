import type { NovitaCluster, NovitaGpuProduct, NovitaTemplate } from '@app/novita-client';
import { NovitaNetworkError } from '@app/novita-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const AS_OF = '2026-01-01T09:00:00.000Z';

function product(id: string, change: Partial<NovitaGpuProduct> = {}): NovitaGpuProduct {
  return {
    id,
    name: `GPU ${id}`,
    cpuPerGpu: 16,
    memoryPerGpu: 62,
    diskPerGpu: 100,
    availableDeploy: true,
    minRootfs: 10,
    maxRootfs: null,
    regions: ['CN-HK-01'],
    onDemandUsdPerHour: 1,
    spotUsdPerHour: null,
    monthly: [],
    billingModes: ['onDemand'],
    inventoryState: null,
    ...change,
  };
}

const cluster: NovitaCluster = {
  id: '5',
  name: 'CN-HK-01',
  availableGpuTypes: ['RTX 4090'],
  supportsNetworkStorage: true,
  supportsInstanceNetwork: false,
};

const template: NovitaTemplate = {
  id: '212',
  name: 'PyTorch',
  channel: 'official',
  image: 'pytorch',
  imageAuthId: null,
  startCommand: null,
  entrypoint: null,
  rootfsSize: 60,
  ports: [{ port: 8888, type: 'http' }],
  envs: [{ key: 'TOKEN', value: 'secret-value' }],
  tools: [],
  volumes: [],
  minCudaVersion: null,
};

describe('the catalogue', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.catalogue.failure = null;
    api.catalogue.gpuProducts = [
      product('dear', { onDemandUsdPerHour: 2, regions: [], inventoryState: 'low' }),
      product('cheap', {
        onDemandUsdPerHour: 0.35,
        spotUsdPerHour: 0.3,
        billingModes: ['onDemand', 'spot'],
        regions: ['US-01 (Dallas)'],
      }),
      product('gone', {
        onDemandUsdPerHour: 0.1,
        availableDeploy: false,
        billingModes: ['onDemand', 'spot'],
        spotUsdPerHour: 0.05,
      }),
      product('unpriced', { onDemandUsdPerHour: null, billingModes: ['monthly'], monthly: [{ months: 2, usd: 100 }] }),
    ];
    api.catalogue.allClusters = [cluster, { ...cluster, id: '6', name: 'US-01', availableGpuTypes: ['H100'] }];
    api.catalogue.allTemplates = [template, { ...template, id: '213', name: 'Mine', channel: 'private' }];
  });

  async function ids(url: string, member: string): Promise<string[]> {
    const answer = await api.send({ url });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-data-as-of']).toBe(AS_OF);
    expect(answer.json['asOf']).toBe(AS_OF);
    const items = answer.json[member] as { id: string }[];
    expect(answer.json['total']).toBe(items.length);
    return items.map(({ id }) => id);
  }

  it.each([
    ['', ['gone', 'cheap', 'dear', 'unpriced']],
    ['?inStock=true', ['cheap', 'dear', 'unpriced']],
    ['?inStock=false', ['gone']],
    ['?billingMode=spot', ['gone', 'cheap']],
    ['?billingMode=monthly', ['unpriced']],
    ['?region=us-01', ['cheap', 'dear']],
    ['?region=6', ['cheap', 'dear']],
    ['?region=any', ['gone', 'cheap', 'dear', 'unpriced']],
    ['?region=US-01%20(Dallas)', ['cheap', 'dear']],
    ['?name=HEAP', ['cheap']],
    ['?name=nothing', []],
  ])('products%s', async (query, expected) => {
    expect(await ids(`/api/v1/products${query}`, 'products')).toEqual(expected);
    expect(await ids(`/api/products${query}`, 'products')).toEqual(expected);
  });

  it('refuses a region that a create would refuse', async () => {
    const answer = await api.send({ url: '/api/v1/products?region=US-1' });
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code: 'unknown-region', nearest: ['US-01', 'CN-HK-01'] });
  });

  it('shows prices, stock and limits, and leaves out what is not known', async () => {
    const { json } = await api.send({ url: '/api/v1/products?name=dear' });
    expect(json['products']).toEqual([
      {
        id: 'dear',
        name: 'GPU dear',
        inStock: true,
        inventory: 'low',
        regions: [],
        billingModes: ['onDemand'],
        pricePerHour: { onDemand: 2, monthly: [] },
        cpuPerGpu: 16,
        memoryPerGpu: 62,
        diskPerGpu: 100,
        minRootfs: 10,
      },
    ]);
  });

  it('says how long start-ups of a product usually took, whatever their image', async () => {
    const times = [200, 220, 600].map((seconds, n) => ({
      key: `${n}`,
      productId: 'cheap',
      image: `${n}`,
      seconds,
      atMs: n,
    }));
    await api.startupTimes.record(times, { from: null, to: '1-0' });
    // What was read before is believed for a minute.
    api.clock.advance(60_000);
    const { json } = await api.send({ url: '/api/v1/products?inStock=true' });
    const [cheap, ...others] = json['products'] as Record<string, unknown>[];
    expect(cheap).toMatchObject({
      id: 'cheap',
      startupEstimateSeconds: 220,
      startupEstimateP95Seconds: 600,
      startupEstimateBasedOn: 3,
    });
    for (const other of others) {
      expect(Object.keys(other).filter((member) => member.startsWith('startup'))).toEqual([]);
    }
  });

  it('clusters and templates', async () => {
    expect(await ids('/api/v1/clusters', 'clusters')).toEqual(['5', '6']);
    expect(await ids('/api/v1/clusters?gpu=h100', 'clusters')).toEqual(['6']);
    expect((await api.send({ url: '/api/v1/clusters' })).json).toMatchObject({ defaultRegion: 'CN-HK-01' });
    expect(await ids('/api/v1/templates', 'templates')).toEqual(['212', '213']);
    expect(await ids('/api/v1/templates?channel=private', 'templates')).toEqual(['213']);
    expect(await ids('/api/v1/templates?name=torch', 'templates')).toEqual(['212']);
  });

  it('keeps the values of variables in templates from viewers', async () => {
    expect((await api.send({ url: '/api/v1/templates', as: 'viewer' })).text).not.toContain('secret-value');
    expect((await api.send({ url: '/api/v1/templates', as: 'operator' })).text).toContain('secret-value');
  });

  it.each([
    ['/api/v1/products?billingMode=free', '?billingMode'],
    ['/api/v1/products?inStock=maybe', '?inStock'],
    ['/api/v1/products?gpu=1', '?gpu'],
    ['/api/v1/clusters?gpu=', '?gpu'],
    ['/api/v1/templates?channel=mine', '?channel'],
    ['/api/v1/templates?name=a&name=b', '?name'],
  ])('refuses %s', async (url, pointer) => {
    const answer = await api.send({ url });
    expect(answer.status).toBe(400);
    expect(answer.json['errors']).toMatchObject([{ pointer }]);
    expect(answer.headers).not.toHaveProperty('x-data-as-of');
  });

  it.each(['products', 'clusters', 'templates'])(
    'says that Novita does not answer, rather than that there are no %s',
    async (path) => {
      api.catalogue.failure = new NovitaNetworkError('connection refused', { call: `GET /${path}` });
      const answer = await api.send({ url: `/api/v1/${path}` });
      expect(answer.status).toBe(502);
      expect(answer.headers).not.toHaveProperty('x-data-as-of');
      expect(answer.json).toMatchObject({ code: 'network-error', retryable: true });
    },
  );

  it('offers each GPU with its price in each region, for the whole instance', async () => {
    api.catalogue.failure = null;
    api.catalogue.allClusters = [cluster, { ...cluster, id: '6', name: 'EU-01' }];
    api.catalogue.gpuProducts = [
      product('hk', { name: 'RTX 4090', onDemandUsdPerHour: 0.37 }),
      product('eu', { name: 'RTX 4090', onDemandUsdPerHour: 0.33, regions: ['EU-01'], availableDeploy: false }),
      product('other', { name: 'H100', spotUsdPerHour: 1, onDemandUsdPerHour: null, billingModes: ['spot'] }),
    ];
    const answer = await api.send({ url: '/api/v1/offers?name=4090&gpuNum=2', as: 'viewer' });
    expect(answer.json).toEqual({
      gpus: [
        {
          name: 'RTX 4090',
          offers: [
            { region: 'CN-HK-01', productId: 'hk', pricePerHour: 0.74, available: true },
            { region: 'EU-01', productId: 'eu', pricePerHour: 0.66, available: false, reason: 'out-of-stock' },
          ],
        },
      ],
      gpuNum: 2,
      billingMode: 'onDemand',
      asOf: AS_OF,
    });
    const spot = await api.send({ url: '/api/v1/offers?billingMode=spot', as: 'viewer' });
    expect(spot.json['gpus']).toMatchObject([
      { name: 'H100', offers: [{ pricePerHour: 1, available: true }] },
      { name: 'RTX 4090', offers: [{ reason: 'not-offered-so' }, { reason: 'not-offered-so' }] },
    ]);
    for (const query of ['gpuNum=0', 'gpuNum=9', 'billingMode=free', 'region=a']) {
      expect((await api.send({ url: `/api/v1/offers?${query}` })).status).toBe(400);
    }
  });
});
