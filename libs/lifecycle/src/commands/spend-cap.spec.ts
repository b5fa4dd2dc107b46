import type { InstanceId } from '@app/instance-store';
import { describe, expect, it } from 'vitest';
import { CALLER, CATALOGUE, GPU, problemOf, REQUEST, setUp } from '../../test/fakes/command-world.js';
import { at } from '../../test/fakes/observations.js';
import type { Caller } from './instance-commands.js';
import { InstanceTokens } from './instance-tokens.js';

const AGENT: Caller = { keyName: 'agent', limits: { usdPerHour: 1, usdPerDay: null, hoursPerInstance: 8 } };
const CAP = { usdPerHour: 1, limit: 'usdPerHour', uncounted: { usdPerHour: 0, unpriced: [] } } as const;
const WANTED = { ...REQUEST, cap: CAP };

describe('a key with limits', () => {
  it('makes instances that end by themselves, by default as late as it may', async () => {
    const { creates } = setUp();
    expect((await creates.create(WANTED, AGENT)).record.maxLifetimeMinutes).toBe(480);
    expect((await creates.create({ ...WANTED, maxLifetimeMinutes: 30 }, AGENT)).record.maxLifetimeMinutes).toBe(30);
    const { type, details } = await problemOf(creates.create({ ...WANTED, maxLifetimeMinutes: 481 }, AGENT));
    expect(type).toMatchObject({ code: 'key-limit-reached', status: 403 });
    expect(details.errors).toEqual([{ pointer: '/maxLifetimeMinutes', detail: 'must be at most 480' }]);
  });

  it('makes no more at once than its limit of an hour holds, and learns what stands in the way', async () => {
    const { creates, store } = setUp();
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => creates.create(WANTED, AGENT)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(store.history).toHaveLength(2);
    const { type, details } = await problemOf(creates.create(WANTED, AGENT));
    expect(type.code).toBe('key-limit-reached');
    expect(details.detail).toContain('$0.35 an hour');
    expect(details.detail).toContain('$0.30 are left');
    expect(details.extensions).toMatchObject({ limit: 'usdPerHour', committedUsdPerHour: 0.7, wantedUsdPerHour: 0.35 });
    // The instances of others are no matter.
    await creates.create(REQUEST, CALLER);
  });

  it('tries no place that is dearer than the one it was held against', async () => {
    const priced = (id: string, onDemandUsdPerHour: number) => ({ ...GPU, id, onDemandUsdPerHour });
    const products = [GPU, priced('same', 0.35), priced('dear', 0.9)];
    const { creates } = setUp({ gpuProducts: () => Promise.resolve(products) });
    const pricesOf = async (caller: Caller): Promise<ReadonlySet<number | null>> => {
      const { spec } = (await creates.create(WANTED, caller)).record;
      return new Set(spec.fallbacks.map(({ usdPerHour }) => usdPerHour));
    };
    expect(await pricesOf(AGENT)).toEqual(new Set([0.35]));
    expect(await pricesOf(CALLER)).toEqual(new Set([0.35, 0.9]));
  });

  it('is told its own limit and what stands in the way, also where the store does not count that', async () => {
    const { creates } = setUp();
    const beside = (uncounted: typeof CAP.uncounted | { usdPerHour: number; unpriced: readonly InstanceId[] }) =>
      problemOf(creates.create({ ...REQUEST, cap: { ...CAP, uncounted } }, AGENT));
    const { details } = await beside({ usdPerHour: 0.8, unpriced: [] });
    expect(details.detail).toContain('together they may cost $1.00 an hour; $0.20 are left');
    expect(details.extensions).toMatchObject({ capUsdPerHour: 1, committedUsdPerHour: 0.8 });
    const id = 'inst_01ARZ3NDEKTSV4RRFFQ69G5FAV' as InstanceId;
    expect((await beside({ usdPerHour: 0, unpriced: [id] })).details.detail).toContain(`not known (${id})`);
  });

  it('silences no instance of another key', async () => {
    const { store, clock, put } = setUp();
    const tokens = new InstanceTokens(store.records, clock);
    const { id } = put('ready', { createdBy: 'user:other' });
    for (const call of [tokens.revoke(id, AGENT), tokens.issue(id, AGENT)]) {
      expect((await problemOf(call)).type.code).toBe('key-limit-reached');
    }
  });

  it('gets the instance of its first try when it asks again, though the limit is reached by it', async () => {
    const { creates } = setUp();
    const tight = { ...WANTED, cap: { ...CAP, usdPerHour: 0.4 } };
    const first = await creates.create(tight, AGENT, 'key');
    expect((await creates.create(tight, AGENT, 'key')).record.id).toBe(first.record.id);
    expect((await problemOf(creates.create(tight, AGENT, 'another'))).type.code).toBe('key-limit-reached');
  });

  it('buys nothing whose price nobody knows, and no month', async () => {
    const monthly = { ...GPU, billingModes: ['onDemand', 'monthly'] as const, monthly: [{ months: 1, usd: 100 }] };
    const { creates } = setUp({ ...CATALOGUE, gpuProducts: () => Promise.resolve([monthly as never]) });
    const { details } = await problemOf(creates.create({ ...WANTED, billingMode: 'monthly' }, AGENT));
    expect(details.errors?.[0]?.pointer).toBe('/billingMode');
  });

  it('begins nothing without a cap', async () => {
    const { creates, runs, put } = setUp();
    const { id } = put('stopped', { createdBy: 'user:agent' });
    await expect(creates.create(REQUEST, AGENT)).rejects.toThrow('its cap was not made');
    await expect(runs.run('start', id, AGENT)).rejects.toThrow('its cap was not made');
  });

  it('starts its own instance within the limit only, and never one without an end', async () => {
    const { runs, put, creates } = setUp();
    const own = { createdBy: 'user:agent', price: { usdPerHour: 0.8 }, timestamps: { created: at(-60) } } as const;
    const ending = put('stopped', { ...own, maxLifetimeMinutes: 480 });
    const endless = put('stopped', own);
    await creates.create(WANTED, AGENT);
    expect((await problemOf(runs.run('start', ending.id, AGENT, { cap: CAP }))).details.extensions).toMatchObject({
      committedUsdPerHour: 0.35,
      wantedUsdPerHour: 0.8,
    });
    expect((await runs.run('start', ending.id, AGENT, { cap: { ...CAP, usdPerHour: 2 } })).outcome).toBe('accepted');
    const { details } = await problemOf(runs.run('start', endless.id, AGENT, { cap: { ...CAP, usdPerHour: 9 } }));
    expect(details.errors?.[0]?.pointer).toBe('/maxLifetimeMinutes');
  });

  it('begins and prolongs nothing that another key pays for, but may end it', async () => {
    const { runs, settings, put } = setUp();
    const { id } = put('stopped', {
      createdBy: 'user:other',
      maxLifetimeMinutes: 60,
      timestamps: { created: at(-60) },
    });
    const refused = [
      runs.run('start', id, AGENT, { cap: CAP }),
      settings.change(id, { maxLifetimeMinutes: 60 }, null, AGENT),
    ];
    for (const call of refused) {
      const { type, details } = await problemOf(call);
      expect([type.code, details.extensions?.['owner']]).toEqual(['key-limit-reached', 'user:other']);
    }
    expect((await runs.run('delete', id, AGENT)).outcome).toBe('accepted');
  });

  it('lengthens no lifetime past its limit, and removes none', async () => {
    const { settings, put } = setUp();
    const { id } = put('ready', { createdBy: 'user:agent', maxLifetimeMinutes: 60, timestamps: { created: at(-60) } });
    for (const maxLifetimeMinutes of [null, 481]) {
      const { details } = await problemOf(settings.change(id, { maxLifetimeMinutes }, null, AGENT));
      expect(details.errors).toEqual([{ pointer: '/maxLifetimeMinutes', detail: 'must be at most 480' }]);
    }
    expect((await settings.change(id, { maxLifetimeMinutes: 480 }, null, AGENT)).record.maxLifetimeMinutes).toBe(480);
  });
});
