import { type InstanceId, OverCapError } from '@app/instance-store';
import { HOUR_MS } from '@app/platform';
import { describe, expect, it, vi } from 'vitest';
import { CALLER, CATALOGUE, GPU, problemOf, REQUEST, setUp } from '../../test/fakes/command-world.js';
import { at, NOW } from '../../test/fakes/observations.js';
import type { Caller } from './instance-commands.js';
import { InstanceTokens } from './instance-tokens.js';
import type { SpendCap } from './spend-cap.js';

const AGENT: Caller = { keyName: 'agent', limits: { usdPerHour: 1, usdPerDay: null, hoursPerInstance: 8 } };
const CAP: SpendCap = { usdPerHour: 1, day: null, uncounted: { usdPerHour: 0, todayUsd: 0, unpriced: [] } };
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
    const beside = (uncounted: Partial<SpendCap['uncounted']>) =>
      problemOf(creates.create({ ...REQUEST, cap: { ...CAP, uncounted: { ...CAP.uncounted, ...uncounted } } }, AGENT));
    const { details } = await beside({ usdPerHour: 0.8, unpriced: [] });
    expect(details.detail).toContain('together they may cost $1.00 an hour; $0.20 are left');
    expect(details.extensions).toMatchObject({ capUsdPerHour: 1, committedUsdPerHour: 0.8 });
    const id = 'inst_01ARZ3NDEKTSV4RRFFQ69G5FAV' as InstanceId;
    expect((await beside({ usdPerHour: 0, unpriced: [id] })).details.detail).toContain(`not known (${id})`);
  });

  describe('and with a limit of the day', () => {
    const DAILY: Caller = { keyName: 'agent', limits: { usdPerHour: 9, usdPerDay: 12, hoursPerInstance: 8 } };
    /** @param leftUsd of today, which has twelve hours to come */
    const daily = (leftUsd: number): SpendCap => {
      const fromMs = NOW;
      return { ...CAP, usdPerHour: 9, day: { leftUsd, fromMs, untilMs: fromMs + 12 * HOUR_MS } };
    };

    it('is held against what each instance costs until its own end, and learns what that is', async () => {
      const { creates } = setUp();
      // 0.35 USD an hour for eight hours.
      await creates.create({ ...REQUEST, cap: daily(2.8) }, DAILY);
      const { details } = await problemOf(creates.create({ ...REQUEST, cap: daily(5.5) }, DAILY));
      expect(details.detail).toContain('costs $0.35 an hour: $2.80 until its lifetime or the day of UTC ends');
      expect(details.detail).toContain('Of the $12.00 that the key "agent" may spend a day, $5.50 are not spent');
      expect(details.detail).toContain(
        'may cost $2.80 of that, each until its lifetime or the day ends; $2.70 are left',
      );
      expect(details.extensions).toMatchObject({ limit: 'usdPerDay', wantedTodayUsd: 2.8, committedUsdPerHour: 0.35 });
      expect(details.extensions?.['leftTodayUsd']).toBeCloseTo(2.7);
      const shorter = { ...REQUEST, maxLifetimeMinutes: 420, cap: daily(5.5) };
      expect((await creates.create(shorter, DAILY)).record.maxLifetimeMinutes).toBe(420);
    });

    it('counts what the store does not', async () => {
      const { creates } = setUp();
      const cap = { ...daily(5.5), uncounted: { usdPerHour: 1, todayUsd: 3, unpriced: [] } };
      const { details } = await problemOf(creates.create({ ...REQUEST, cap }, DAILY));
      expect(details.detail).toContain('may cost $3.00 of that');
      expect(details.detail).toContain('$2.50 are left');
    });

    it('lengthens no lifetime past what the day holds, and changes everything else', async () => {
      const { creates, settings } = setUp();
      const { id } = (await creates.create({ ...REQUEST, maxLifetimeMinutes: 60, cap: daily(1) }, DAILY)).record;
      const longer = settings.change(id, { maxLifetimeMinutes: 480, cap: daily(1) }, null, DAILY);
      expect((await problemOf(longer)).details.extensions).toMatchObject({ limit: 'usdPerDay', wantedTodayUsd: 2.8 });
      const fits = await settings.change(id, { maxLifetimeMinutes: 120, cap: daily(1) }, null, DAILY);
      expect(fits.record.maxLifetimeMinutes).toBe(120);
      expect(
        (await settings.change(id, { webhookUrl: 'https://a.example' }, null, DAILY)).record.webhookUrl,
      ).not.toBeNull();
      await expect(settings.change(id, { maxLifetimeMinutes: 480 }, null, DAILY)).rejects.toThrow(
        'its cap was not made',
      );
    });

    it('shortens a lifetime also while nobody can read what the day has left', async () => {
      const { creates, settings } = setUp();
      const { id } = (await creates.create({ ...REQUEST, maxLifetimeMinutes: 120, cap: daily(1) }, DAILY)).record;
      const capFailure = new Error('the budget cannot be read');
      for (const maxLifetimeMinutes of [121, 480]) {
        await expect(settings.change(id, { maxLifetimeMinutes, capFailure }, null, DAILY)).rejects.toBe(capFailure);
      }
      const shorter = await settings.change(id, { maxLifetimeMinutes: 60, capFailure }, null, DAILY);
      expect(shorter.record.maxLifetimeMinutes).toBe(60);
    });

    it('is told that it is the day which an instance without a price stands in the way of', async () => {
      const { creates, settings, store } = setUp();
      const { id } = (await creates.create({ ...REQUEST, maxLifetimeMinutes: 60, cap: daily(5) }, DAILY)).record;
      const unpriced = new OverCapError(0, 1, 0.35);
      vi.spyOn(store.records, 'write').mockRejectedValue(unpriced);
      vi.spyOn(store.records, 'insert').mockRejectedValue(unpriced);
      const longer = settings.change(id, { maxLifetimeMinutes: 120, cap: daily(5) }, null, DAILY);
      expect((await problemOf(longer)).details.extensions).toMatchObject({ limit: 'usdPerDay', unpriced: 1 });
      const begun = creates.create({ ...REQUEST, cap: daily(5) }, DAILY);
      expect((await problemOf(begun)).details.extensions).toMatchObject({ limit: 'usdPerHour', unpriced: 1 });
    });
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
      settings.change(id, { maxLifetimeMinutes: 60, cap: CAP }, null, AGENT),
    ];
    for (const call of refused) {
      const { type, details } = await problemOf(call);
      expect([type.code, details.extensions?.['owner']]).toEqual(['key-limit-reached', 'user:other']);
    }
    expect((await runs.run('delete', id, AGENT)).outcome).toBe('accepted');
  });

  it('needs no cap for a longer lifetime where nothing limits its day', async () => {
    const { settings, put } = setUp();
    const { id } = put('ready', { createdBy: 'user:agent', maxLifetimeMinutes: 60, timestamps: { created: at(-60) } });
    expect((await settings.change(id, { maxLifetimeMinutes: 90 }, null, AGENT)).record.maxLifetimeMinutes).toBe(90);
  });

  it('lengthens no lifetime past its limit, and removes none', async () => {
    const { settings, put } = setUp();
    const { id } = put('ready', { createdBy: 'user:agent', maxLifetimeMinutes: 60, timestamps: { created: at(-60) } });
    for (const maxLifetimeMinutes of [null, 481]) {
      const { details } = await problemOf(settings.change(id, { maxLifetimeMinutes, cap: CAP }, null, AGENT));
      expect(details.errors).toEqual([{ pointer: '/maxLifetimeMinutes', detail: 'must be at most 480' }]);
    }
    const most = await settings.change(id, { maxLifetimeMinutes: 480, cap: CAP }, null, AGENT);
    expect(most.record.maxLifetimeMinutes).toBe(480);
  });
});
