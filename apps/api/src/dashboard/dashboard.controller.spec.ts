import {
  type DeadlineKind,
  INSTANCE_STATUSES,
  type NovitaInstanceId,
  StoreUnavailableError,
} from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { NO_CHECKS } from '../../test/support/auto-stop-fakes.js';
import { TestApi } from '../../test/support/test-api.js';
import { upToNow } from './dashboard-figures.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Of the test: each has an hour of its own, as figures are kept for a while. */
let now = Date.UTC(2026, 0, 1, 12);
const ago = (ms: number): Timestamp => timestampFromMs(now - ms);

function beginAnHour(api: TestApi): void {
  vi.restoreAllMocks();
  now += HOUR;
  api.clock.set(now);
  api.store.clear();
  api.sync.clear();
  api.spend.clear();
  api.history.clear();
  api.autoStop.figures = NO_CHECKS;
  api.fleet.behindSince = null;
  api.fleet.summaries = 0;
  api.novitaHealth.known = null;
}

describe('GET /dashboard', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    beginAnHour(api);
    api.sync.set({ instancesAsOf: ago(MINUTE) });
  });

  const put = (overrides: InstanceOverrides, deadlines: Partial<Record<DeadlineKind, Timestamp>> = {}): string => {
    const record = anInstance(overrides);
    api.store.put(record);
    for (const [kind, at] of Object.entries(deadlines) as [DeadlineKind, Timestamp][]) {
      api.store.deadlines.byKind.set(kind, [...(api.store.deadlines.byKind.get(kind) ?? []), { id: record.id, at }]);
    }
    return record.id;
  };
  const dashboard = async (query = '') => (await api.send({ url: `/api/v1/dashboard${query}`, as: 'viewer' })).json;

  it.each(['/api', '/api/v1'])('reports an empty fleet under %s', async (base) => {
    const answer = await api.send({ url: `${base}/dashboard`, as: 'viewer' });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'x-data-as-of': ago(0),
      'cache-control': 'private, no-cache',
      vary: 'Authorization, Accept-Encoding',
    });
    expect(answer.json).toEqual({
      asOf: ago(0),
      sandbox: null,
      counts: {
        total: 0,
        running: 0,
        discovered: 0,
        byStatus: Object.fromEntries(INSTANCE_STATUSES.map((status) => [status, 0])),
      },
      money: {
        costUsdPerHour: 0,
        runningUsdPerHour: 0,
        billedThoughStoppedUsdPerHour: 0,
        billedThoughStoppedInstances: 0,
        todayUsd: 0,
        savedTodayUsd: 0,
        idle: expect.objectContaining({ asOf: ago(0), instances: 0, usdPerHour: 0, unpriced: 0 }),
        unpriced: 0,
      },
      autoStop: { enabled: true },
      attention: { total: 0, unconfirmed: 0, overdue: 0, failed: 0, missing: 0, orphans: 0 },
      history: [{ at: ago(0), running: 0, costUsdPerHour: 0 }],
    });
  });

  it.each([true, false])('reports whether what answers as Novita is a sandbox: %s', async (isSandbox) => {
    api.novitaHealth.isSandbox = isSandbox;
    expect((await dashboard())['sandbox']).toBe(isSandbox);
    api.novitaHealth.isSandbox = null;
  });

  it('reports counts, money and history', async () => {
    const ready = { timestamps: { ready: ago(HOUR) }, status: 'ready' } as const;
    put({ ...ready, novitaInstanceId: 'n1' as NovitaInstanceId, price: { usdPerHour: 0.1 } });
    put({ status: 'failed', origin: 'discovered' });
    const monthly = { status: 'stopped', spec: { billingMode: 'monthly' } } as const;
    put({ ...monthly, novitaInstanceId: 'n2' as NovitaInstanceId, price: { usdPerHour: 0.2 } });
    put({ status: 'starting', novitaInstanceId: 'n3' as NovitaInstanceId, price: { usdPerHour: null } });
    api.spend.figures = {
      ...api.spend.figures,
      todayUsd: 240.000_000_4,
      savedTodayUsd: 2,
      limit: { dailyUsd: 240, enforced: false, stops: false, reached: true },
    };
    api.history.samples.push({ at: ago(7 * HOUR), running: 1, usdPerHour: 1 });
    api.history.samples.push({ at: ago(6 * HOUR), running: 2, usdPerHour: 0.1 + 0.2 });
    expect(await dashboard()).toMatchObject({
      counts: { total: 4, running: 2, discovered: 1, byStatus: { ready: 1, failed: 1, stopped: 1, starting: 1 } },
      money: {
        costUsdPerHour: 0.3,
        runningUsdPerHour: 0.1,
        billedThoughStoppedUsdPerHour: 0.2,
        billedThoughStoppedInstances: 1,
        todayUsd: 240,
        savedTodayUsd: 2,
        idle: { asOf: ago(0), instances: 1, usdPerHour: 0.1, byReason: { due: { instances: 1, usdPerHour: 0.1 } } },
        unpriced: 1,
        dailyLimitUsd: 240,
        limitReached: true,
      },
      attention: { failed: 1 },
      history: [
        { at: ago(6 * HOUR), running: 2, costUsdPerHour: 0.3 },
        { at: ago(0), running: 2, costUsdPerHour: 0.3 },
      ],
    });
    expect((await dashboard('?hours=24'))['history']).toHaveLength(3);
  });

  it('shows what is in memory while Redis is away, and the rest as it was read last', async () => {
    put({ status: 'ready', novitaInstanceId: 'n1' as NovitaInstanceId });
    api.spend.figures = { ...api.spend.figures, todayUsd: 3 };
    expect(await dashboard()).not.toHaveProperty('storedAsOf');
    put({ status: 'failed' });
    api.clock.advance(MINUTE);
    api.fleet.behindSince = timestampFromMs(now + 30 * SECOND);
    vi.spyOn(api.spend, 'summary').mockRejectedValue(new StoreUnavailableError('away'));
    const answer = await api.send({ url: '/api/v1/dashboard', as: 'viewer' });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'x-data-source': 'memory', 'x-data-as-of': api.fleet.behindSince });
    expect(answer.json).toMatchObject({
      asOf: timestampFromMs(now + MINUTE),
      storedAsOf: ago(0),
      counts: { total: 2 },
      money: { costUsdPerHour: 0.35, todayUsd: 3 },
      attention: { failed: 1 },
    });
    api.fleet.behindSince = null;
    api.clock.advance(MINUTE);
    expect((await api.send({ url: '/api/v1/dashboard', as: 'viewer' })).status).toBe(503);
  });

  it('reports what auto-stop stops next, as the instance itself says it', async () => {
    const ready = { status: 'ready', novitaStatus: 'running' } as const;
    const later = { ...ready, timestamps: { ready: ago(5 * MINUTE) } };
    const used = { ...ready, timestamps: { ready: ago(19 * MINUTE) }, name: 'used' };
    const quick = { ...ready, autoStop: { thresholdMinutes: 11 }, timestamps: { ready: ago(MINUTE) }, name: 'quick' };
    put(later, { autoStopAt: ago(-10 * MINUTE) });
    const usedId = put(used, { autoStopAt: ago(-MINUTE) });
    await api.store.idle.touch(usedId as Parameters<typeof api.store.idle.touch>[0], ago(MINUTE));
    const id = put(quick, { autoStopAt: ago(-10 * MINUTE) });
    expect((await dashboard())['autoStop']).toEqual({
      enabled: true,
      next: { instanceId: id, name: 'quick', stopAt: ago(-10 * MINUTE), pricePerHour: 0.35 },
    });
    const shown = (await api.send({ url: `/api/v1/instances/${id}`, as: 'viewer' })).json;
    expect(shown['autoStopAt']).toBe(ago(-10 * MINUTE));
  });

  it('names no next stop when none of the candidates is idle by the rules any more', async () => {
    put({ status: 'ready', autoStop: { enabled: false } }, { autoStopAt: ago(0) });
    api.autoStop.figures = { ...api.autoStop.figures, suspended: 'no sync yet' };
    expect((await dashboard())['autoStop']).toEqual({ enabled: true, suspended: 'no sync yet' });
  });

  it('reports what needs attention', async () => {
    const stopping = { state: 'stopped', at: ago(7 * MINUTE), by: 'user:a' } as const;
    put({ status: 'stopping', desired: stopping }, { confirmBy: ago(2 * MINUTE), nextReconcileAt: ago(MINUTE) });
    const late = { nextReconcileAt: ago(MINUTE) };
    put({ status: 'failed', missingSince: ago(MINUTE), deadlines: late }, { nextReconcileAt: ago(59 * SECOND) });
    put({ status: 'stopping', desired: { ...stopping, at: ago(5 * MINUTE - 1) } }, { confirmBy: ago(-1) });
    for (const ignored of [null, null, { by: 'user:a', at: ago(0) }] as const) put({ origin: 'discovered', ignored });
    // A check of auto-stop that is late is no matter of the instance: no list names it, so neither does this.
    put({ status: 'ready' }, { autoStopAt: ago(HOUR) });
    expect((await dashboard())['attention']).toEqual({
      total: 2,
      unconfirmed: 1,
      oldestUnconfirmedSeconds: 420,
      overdue: 1,
      failed: 1,
      missing: 1,
      orphans: 2,
    });
  });

  it('says nothing of how long those wait that are in good time', async () => {
    const desired = { state: 'stopped', at: ago(MINUTE), by: 'user:a' } as const;
    put({ status: 'stopping', desired }, { confirmBy: ago(-4 * MINUTE) });
    const { attention } = (await dashboard()) as { readonly attention: object };
    expect(attention).toMatchObject({ unconfirmed: 0 });
    expect(attention).not.toHaveProperty('oldestUnconfirmedSeconds');
  });

  it('is put together once in two seconds for all who ask, whatever time they ask about', async () => {
    await Promise.all([dashboard(), dashboard('?hours=1'), dashboard('?hours=24'), dashboard()]);
    api.clock.advance(1_999);
    const before = await dashboard('?hours=1');
    expect(before['asOf']).toBe(ago(0));
    expect([api.spend.summaries, api.fleet.summaries]).toEqual([1, 1]);
    expect([...api.history.asked].toSorted()).toEqual([24, 6, 1].map((hours) => ago(hours * HOUR)));
    api.clock.advance(1);
    expect((await dashboard())['asOf']).toBe(ago(-2 * SECOND));
    expect(api.spend.summaries).toBe(2);
  });

  it('takes hours from 1 to 24', async () => {
    for (const query of ['hours=0', 'hours=25', 'hours=1.5', 'hours=x', 'days=1']) {
      expect((await api.send({ url: `/api/v1/dashboard?${query}` })).status).toBe(400);
    }
  });

  it('is for those with a key', async () => {
    expect((await api.send({ url: '/api/v1/dashboard', as: null })).status).toBe(401);
  });
});

describe('GET /dashboard before the first listing of Novita', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({ SPEND_DAILY_LIMIT_USD: '240' });
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => beginAnHour(api));

  it('reports no figure, but why none is known, and claims no time', async () => {
    api.novitaHealth.known = { kind: 'key-refused', message: 'Novita refuses NOVITA_API_KEY', since: ago(MINUTE) };
    const answer = await api.send({ url: '/api/v1/dashboard', as: 'viewer' });
    expect(answer.headers).not.toHaveProperty('x-data-as-of');
    expect(answer.json).toMatchObject({
      unknown: { code: 'novita-refuses-key', message: 'Novita refuses NOVITA_API_KEY.', since: ago(MINUTE) },
      counts: { total: null, running: null, discovered: null, byStatus: { ready: null, failed: null } },
      money: {
        costUsdPerHour: null,
        runningUsdPerHour: null,
        billedThoughStoppedUsdPerHour: null,
        todayUsd: null,
        savedTodayUsd: null,
        idle: null,
        unpriced: null,
      },
      attention: { total: null, unconfirmed: null, overdue: null, failed: null, missing: null, orphans: null },
      history: [],
    });
    for (const url of ['/api/v1/instances', '/api/v1/orphans', '/api/v1/spend']) {
      expect((await api.send({ url })).headers).not.toHaveProperty('x-data-as-of');
    }
    expect((await api.send({ url: '/api/v1/spend' })).json).toMatchObject({
      unknown: { code: 'novita-refuses-key' },
      now: null,
      today: null,
      month: null,
    });
  });

  it.each([
    [{}, null, 'first-listing-under-way', 'The first listing of Novita is under way.'],
    [
      { state: 'failed', error: '500 (instances)' },
      null,
      'listing-failed',
      'The first listing of Novita failed: 500 (instances).',
    ],
    [{ state: 'failed', error: 'x' }, 'ECONNREFUSED', 'novita-unreachable', 'Novita cannot be reached: ECONNREFUSED.'],
  ] as const)('%j, %s: %s', async (run, fault, code, message) => {
    api.sync.set(run);
    if (fault !== null) {
      api.novitaHealth.known = { kind: 'unreachable', message: `Novita cannot be reached: ${fault}`, since: ago(0) };
    }
    const { json } = await api.send({ url: '/api/v1/dashboard', as: 'viewer' });
    expect(json['unknown']).toMatchObject({ code, message });
  });

  it('does not say that a listing is under way while Redis, which knows, was never reached', async () => {
    api.fleet.wasRead = false;
    api.fleet.behindSince = ago(0);
    try {
      const { json } = await api.send({ url: '/api/v1/orphans', as: 'viewer' });
      expect(json).toMatchObject({ total: null, usdPerHour: null, unknown: { code: 'redis-away' } });
    } finally {
      api.fleet.wasRead = true;
      api.fleet.behindSince = null;
    }
  });
});

describe('GET /dashboard with auto-stop switched off', () => {
  it('names no next stop', async () => {
    const api = await TestApi.start({ AUTO_STOP_ENABLED: 'false' });
    try {
      beginAnHour(api);
      const record = anInstance({ status: 'ready' });
      api.sync.set({ instancesAsOf: ago(MINUTE) });
      api.store.put(record);
      api.store.deadlines.byKind.set('autoStopAt', [{ id: record.id, at: ago(HOUR) }]);
      api.autoStop.figures = { ...api.autoStop.figures, enabled: false };
      const { json } = await api.send({ url: '/api/v1/dashboard', as: 'viewer' });
      expect(json['autoStop']).toEqual({ enabled: false });
    } finally {
      await api.stop();
    }
  });
});

const sample = (minute: number) => ({ at: timestampFromMs(minute * 60_000), running: minute, usdPerHour: 1 });
const samples = (count: number) => Array.from({ length: count }, (_, i) => sample(i));

describe('upToNow', () => {
  it('ends with the present', () => {
    expect(upToNow([], sample(5))).toEqual([sample(5)]);
    expect(upToNow(samples(3), sample(5))).toEqual([...samples(3), sample(5)]);
  });

  it('leaves a history alone that reaches further', () => {
    expect(upToNow(samples(3), { ...sample(2), running: 9 })).toEqual(samples(3));
  });

  it('has at most 144 points', () => {
    expect(upToNow(samples(143), sample(500))).toHaveLength(144);
    const full = upToNow(samples(144), sample(500));
    expect([full.length, full[0], full.at(-1)]).toEqual([144, sample(1), sample(500)]);
  });
});
