import { instanceIdFromUlid, isInstanceId, StoreUnavailableError, WriteOutcomeUnknownError } from '@app/instance-store';
import {
  type CatalogueResource,
  NovitaNotFoundError,
  NovitaServerFaultError,
  NovitaUnauthorizedError,
} from '@app/novita-client';
import { partialNovita } from '@app/testing';
import fc from 'fast-check';
import { decodeTime } from 'ulid';
import { describe, expect, it } from 'vitest';
import {
  CALLER,
  CATALOGUE,
  GPU,
  offering,
  problemOf,
  REQUEST,
  setUp,
  TEMPLATE,
} from '../../test/fakes/command-world.js';
import { at } from '../../test/fakes/observations.js';
import { repeatableUlid } from './create-instance.js';
import type { CreateInstanceRequest } from './instance-commands.js';

const DAY_MS = 24 * 3_600_000;

describe('create', () => {
  it('gives an instance that shall report its use its own address, and has a token made when it is bought', async () => {
    const envs = [{ key: 'NOVITA_FLEET_TOKEN', value: 'of somebody else' }];
    const { creates } = setUp({ template: () => Promise.resolve({ ...TEMPLATE, envs }) });
    const { record } = await creates.create(
      { ...REQUEST, templateId: '212', reportTo: 'https://f.example/api' },
      CALLER,
    );
    expect(record.spec.envs).toEqual([{ key: 'NOVITA_FLEET_URL', value: `https://f.example/api/${record.id}` }]);
    expect(record.reportToken).toEqual({ givenAtCreate: true, issuedAt: null, hashes: [] });
    expect((await creates.create(REQUEST, CALLER)).record).toMatchObject({ reportToken: null, spec: { envs: [] } });
  });

  it('finds the record of an earlier try by the key to repeat by, for a day', async () => {
    const { creates, clock } = setUp();
    const first = await creates.create(REQUEST, CALLER, 'key');
    expect((await creates.create(REQUEST, CALLER, 'key')).record).toEqual(first.record);
    expect((await creates.create(REQUEST, CALLER, 'other key')).record.id).not.toBe(first.record.id);
    expect((await creates.create(REQUEST, CALLER)).record.id).not.toBe(first.record.id);

    clock.advance(25 * 3_600_000);
    const nextDay = await creates.create(REQUEST, CALLER, 'key');
    expect(nextDay.record.id).not.toBe(first.record.id);
    expect((await creates.create(REQUEST, CALLER, 'key')).record.id).toBe(nextDay.record.id);
  });

  it('rents at no more than the highest price that is allowed, by a fresh list, and finds an earlier try all the same', async () => {
    let onDemandUsdPerHour = 0.35;
    const { creates, clock } = setUp({ gpuProducts: () => Promise.resolve([{ ...GPU, onDemandUsdPerHour }]) });
    const limited = { ...REQUEST, maxPricePerHour: 0.35 };
    const first = await creates.create(limited, CALLER, 'key');
    onDemandUsdPerHour = 0.36;
    // The list of a moment ago would do for a create without a limit.
    clock.advance(6_000);
    expect((await creates.create(limited, CALLER, 'key')).record.id).toBe(first.record.id);
    const { type, details } = await problemOf(creates.create(limited, CALLER, 'another'));
    expect([type.code, details.errors?.[0]?.pointer]).toEqual(['price-above-limit', '/maxPricePerHour']);
    expect(details.detail).toContain('costs at least $0.3600 an hour now, and the request allows $0.3500');
    expect(await creates.findCreated('another')).toBeNull();
    expect((await creates.create({ ...limited, maxPricePerHour: 0.36 }, CALLER)).record.price.usdPerHour).toBe(0.36);
  });

  it('makes a new one under the same key whenever a day has passed, and finds the latest until then', async () => {
    const gaps = fc.array(fc.oneof(fc.integer({ min: 0, max: 2 * DAY_MS }), fc.integer({ min: 0, max: 40 * DAY_MS })), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(gaps, fc.integer({ min: 0, max: DAY_MS }), async (waits, first) => {
        const { creates, clock } = setUp();
        clock.advance(first);
        let latest: { readonly id: string; readonly at: number } | null = null;
        const ids = new Set<string>();
        for (const wait of [0, ...waits]) {
          clock.advance(wait);
          const found: string | undefined = (await creates.findCreated('key'))?.record.id;
          const { id } = (await creates.create(REQUEST, CALLER, 'key')).record;
          if (latest !== null && clock.now() - latest.at < DAY_MS) {
            expect([found, id]).toEqual([latest.id, latest.id]);
          } else {
            expect(found).toBeUndefined();
            expect(ids).not.toContain(id);
            latest = { id, at: clock.now() };
          }
          ids.add(id);
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['is out of stock by now', { gpuProducts: async () => [{ ...GPU, availableDeploy: false }] }],
    ['cannot be listed', { gpuProducts: () => Promise.reject(new NovitaServerFaultError('no', { call: 'list' })) }],
    ['has lost its template', { template: () => Promise.reject(new NovitaNotFoundError('no', { call: 'get' })) }],
  ] satisfies [string, Partial<CatalogueResource>][])(
    'finds the first record when what it bought %s',
    async (_what, change) => {
      let { catalogue } = partialNovita({ catalogue: { ...CATALOGUE, template: () => Promise.resolve(TEMPLATE) } });
      const { creates, clock } = setUp({
        gpuProducts: (...args) => catalogue.gpuProducts(...args),
        template: (...args) => catalogue.template(...args),
      });
      const request = { ...REQUEST, templateId: TEMPLATE.id };
      const first = await creates.create(request, CALLER, 'key');
      catalogue = { ...catalogue, ...change };
      clock.advance(3_600_000);
      expect((await creates.create(request, CALLER, 'key')).record).toEqual(first.record);
      if (!('gpuProducts' in change)) await problemOf(creates.create(request, CALLER, 'other key'));
    },
  );

  it.each([
    ['with a key, and a repeat finds it', 'key', true],
    ['without one', undefined, false],
  ])('names the record that a lost answer may have made: %s', async (_how, key, retryable) => {
    const { creates, store } = setUp();
    const insert = store.records.insert.bind(store.records);
    store.records.insert = async (record) => {
      await insert(record);
      throw new WriteOutcomeUnknownError(record.id, new StoreUnavailableError('Command timed out'));
    };
    const { type, details } = await problemOf(creates.create(REQUEST, CALLER, key));
    const [written] = store.history;
    expect([type.code, details.retryable]).toEqual(['outcome-unknown', retryable]);
    expect(details.extensions).toEqual({ instanceId: written?.id });
    expect(details.suggestion).toContain(retryable ? 'same Idempotency-Key' : `GET /api/v1/instances/${written?.id}`);
    if (key !== undefined) expect((await creates.create(REQUEST, CALLER, key)).record.id).toBe(written?.id);
  });

  it('answers what an earlier try made, for a day, and makes nothing itself', async () => {
    const { creates, clock, queue } = setUp();
    expect(await creates.findCreated('key')).toBeNull();
    const first = await creates.create(REQUEST, CALLER, 'key');
    queue.enqueued.length = 0;
    expect((await creates.findCreated('key'))?.record).toEqual(first.record);
    expect(await creates.findCreated('other key')).toBeNull();

    clock.advance(25 * 3_600_000);
    expect(await creates.findCreated('key')).toBeNull();
    const nextDay = await creates.create(REQUEST, CALLER, 'key');
    expect((await creates.findCreated('key'))?.record.id).toBe(nextDay.record.id);
    expect(queue.enqueued.map(({ payload }) => payload['instanceId'])).toEqual([nextDay.record.id]);
  });

  it('finds the record of an earlier try although that one bought the last in stock', async () => {
    let products = [GPU];
    const { creates, clock } = setUp({ gpuProducts: () => Promise.resolve(products) });
    const first = await creates.create(REQUEST, CALLER, 'key');
    products = [{ ...GPU, availableDeploy: false }];
    clock.advance(3_600_000);
    expect((await problemOf(creates.create(REQUEST, CALLER, 'other key'))).type.status).toBeGreaterThanOrEqual(400);
    expect((await creates.create(REQUEST, CALLER, 'key')).record).toEqual(first.record);
  });

  it('takes the same key as often as a day has passed, each time for one new record', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 48 }), { maxLength: 30 }), async (hoursBetween) => {
        const { creates, clock } = setUp();
        let latest = await creates.create(REQUEST, CALLER, 'key');
        let age = 0;
        for (const hours of hoursBetween) {
          clock.advance(hours * 3_600_000);
          age += hours;
          const next = await creates.create(REQUEST, CALLER, 'key');
          expect(next.record.id === latest.record.id).toBe(age < 24);
          if (age < 24) continue;
          latest = next;
          age = 0;
        }
      }),
      { numRuns: 30 },
    );
  });

  it('writes the record, due at once, and asks for a reconcile', async () => {
    const { creates, queue } = setUp();
    const { record } = await creates.create(REQUEST, CALLER);
    expect(record).toMatchObject({
      name: 'train',
      origin: 'managed',
      status: 'creating',
      desired: { state: 'running', at: at(0), by: 'user:ci' },
      createdBy: 'user:ci',
      deadlines: { nextReconcileAt: at(0), startupBy: at(600) },
      spec: {
        productId: '4090',
        region: 'CN-HK-01',
        clusterId: '1',
        rootfsSize: 60,
        gpuNum: 1,
        fallbacks: [{ clusterId: '2' }],
      },
      price: { usdPerHour: 0.35 },
    });
    expect(record.marker).toMatch(/^-nfabcd[0-9a-z]{10}$/);
    expect(queue.enqueued).toEqual([{ job: 'RECONCILE_INSTANCE', payload: { instanceId: record.id }, delayMs: 0 }]);
  });

  it('is accepted without a queue: the deadline in the record is enough', async () => {
    const { creates, queue } = setUp();
    queue.available = false;
    await expect(creates.create(REQUEST, CALLER)).resolves.toMatchObject({ record: { status: 'creating' } });
  });

  it.each([
    ['unknown-product', '/productName', { productName: 'RTX 4O90' }],
    ['unknown-product', '/productId', { productId: '5090' }],
    ['unknown-region', '/region', { region: 'CN-HK-02' }],
    ['unknown-template', '/templateId', { templateId: '999' }],
    ['unknown-registry-auth', '/imageAuthId', { imageAuthId: 'nobody' }],
    ['unknown-network-storage', '/networkStorages/0/id', { networkStorages: [{ id: 'no', mountPoint: '/x' }] }],
    ['unknown-network-storage', '/networkStorages/0/id', { networkStorages: [{ id: 'nowhere', mountPoint: '/x' }] }],
    [
      'invalid-spec',
      '/networkStorages',
      {
        networkStorages: [
          { id: 'near', mountPoint: '/x' },
          { id: 'far', mountPoint: '/y' },
        ],
      },
    ],
    ['invalid-spec', '/rootfsSize', { rootfsSize: 101 }],
    ['invalid-spec', '/billingMode', { billingMode: 'spot' }],
    ['invalid-spec', '/gpuNum', { gpuNum: 9 }],
  ] satisfies [string, string, Partial<CreateInstanceRequest>][])(
    'refuses with %s at %s',
    async (code, pointer, overrides) => {
      const { creates, store } = setUp();
      const { productName: _, ...withoutProduct } = REQUEST;
      const request = { ...('productId' in overrides ? withoutProduct : REQUEST), ...overrides };
      const { type, details } = await problemOf(creates.create(request, CALLER));
      expect(type.code).toBe(code);
      expect(type.status).toBeLessThan(500);
      expect(details.errors?.map((error) => error.pointer)).toEqual([pointer]);
      expect(store.history).toEqual([]);
    },
  );

  it('points to the template for a disk that only the template asks for', async () => {
    const { creates } = setUp({ template: () => Promise.resolve({ ...TEMPLATE, rootfsSize: 101 }) });
    const { type, details } = await problemOf(creates.create({ ...REQUEST, templateId: TEMPLATE.id }, CALLER));
    expect([type.code, details.errors?.[0]?.pointer]).toEqual(['invalid-spec', '/templateId']);
    expect(details.detail).toContain('asks for a disk of 101 GB, and RTX 4090 24GB takes');
  });

  it('names what may have been meant', async () => {
    const { creates } = setUp();
    const product = await problemOf(creates.create({ ...REQUEST, productName: 'RTX 4O90' }, CALLER));
    expect(product.details).toMatchObject({
      extensions: { nearest: ['RTX 4090 24GB'] },
      suggestion: expect.stringContaining('RTX 4090 24GB'),
    });
    const region = await problemOf(creates.create({ ...REQUEST, region: 'CN-HK-02' }, CALLER));
    expect(region.details.extensions).toMatchObject({ nearest: ['CN-HK-01', 'US-CA-06 (California)'] });
  });

  it.each([
    ['product', { productName: 'H100 80GB' }],
    ['region', { region: 'EU-01' }],
    ['registry login', { imageAuthId: 'new' }],
    ['network storage', { networkStorages: [{ id: 'new', mountPoint: '/x' }] }],
    ['stock', { productName: 'RTX 3090 24GB' }],
  ] satisfies [string, Partial<CreateInstanceRequest>][])(
    'asks Novita before it rejects for a %s that an old catalogue does not show',
    async (_what, overrides) => {
      let offer: 'old' | 'new' = 'old';
      const { creates, clock } = setUp(offering(() => offer));
      await creates.create(REQUEST, CALLER);
      await problemOf(creates.create({ ...REQUEST, ...overrides }, CALLER));
      offer = 'new';
      // It was asked just now; the answer of now is not worth another call.
      clock.advance(5_000);
      await problemOf(creates.create({ ...REQUEST, ...overrides }, CALLER));
      clock.advance(1);
      const { record } = await creates.create({ ...REQUEST, ...overrides }, CALLER);
      expect(record.status).toBe('creating');
    },
  );

  it('asks nothing for what a catalogue of ten minutes shows', async () => {
    const asked: string[] = [];
    const { creates, clock } = setUp(offering(() => 'old', asked));
    const request = { ...REQUEST, imageAuthId: 'auth', networkStorages: [{ id: 'near', mountPoint: '/x' }] };
    await creates.create(request, CALLER);
    expect(asked.sort()).toEqual(['clusters', 'logins', 'products', 'storages']);
    clock.advance(600_000);
    await creates.create({ ...request, name: 'other' }, CALLER);
    expect(asked).toHaveLength(4);
    clock.advance(1);
    await creates.create({ ...REQUEST, name: 'third' }, CALLER);
    expect(asked.slice(4).sort()).toEqual(['clusters', 'products']);
  });

  it('does not reject by an old catalogue when Novita cannot be asked', async () => {
    let isAway = false;
    const { creates, clock } = setUp({
      gpuProducts: async () => {
        if (isAway) throw new NovitaServerFaultError('broken', { call: 'products' });
        return [GPU];
      },
    });
    await creates.create(REQUEST, CALLER);
    isAway = true;
    clock.advance(3_600_000);
    const known = await creates.create({ ...REQUEST, name: 'known' }, CALLER);
    expect(known.record).toMatchObject({ name: 'known', status: 'creating', spec: { productId: GPU.id } });
    const { type } = await problemOf(creates.create({ ...REQUEST, productName: 'H100 80GB' }, CALLER));
    expect(type.code).toBe('provider-unavailable');
  });

  it('takes a storage to its cluster, and falls back nowhere else', async () => {
    const { creates } = setUp();
    const { record } = await creates.create({ ...REQUEST, networkStorages: [{ id: 'far', mountPoint: '/x' }] }, CALLER);
    expect(record.spec).toMatchObject({ clusterId: '2', fallbacks: [] });
  });

  it('hands the failure of the provider on as its own problem', async () => {
    const { creates } = setUp({
      gpuProducts: () => Promise.reject(new NovitaUnauthorizedError('bad key', { call: 'products' })),
    });
    expect((await problemOf(creates.create(REQUEST, CALLER))).type.code).toBe('provider-unauthorized');
  });
});

const times = fc.integer({ min: 0, max: Date.UTC(9999, 0) });

describe('repeatableUlid', () => {
  it('makes an id of every text and time, the same each time, that begins with the time', () => {
    fc.assert(
      fc.property(fc.string(), times, (text, time) => {
        const ulid = repeatableUlid(text, time);
        expect(isInstanceId(instanceIdFromUlid(ulid))).toBe(true);
        expect(repeatableUlid(text, time)).toBe(ulid);
        expect(decodeTime(ulid)).toBe(time);
      }),
    );
  });

  it('makes different random parts of different texts and of different times', () => {
    const texts = Array.from({ length: 1_000 }, (_, n) => repeatableUlid(`key ${n}`, 0));
    const days = Array.from({ length: 1_000 }, (_, n) => repeatableUlid('key', n));
    expect(new Set([...texts, ...days].map((ulid) => ulid.slice(10))).size).toBe(2_000);
  });
});
