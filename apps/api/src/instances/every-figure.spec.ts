import { INSTANCE_STATUSES, type NovitaInstanceId } from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const NOW = Date.UTC(2026, 0, 1, 12);
const ago = (minutes: number): Timestamp => timestampFromMs(NOW - minutes * 60_000);
const desired = (state: 'running' | 'stopped' | 'deleted', minutes: number) =>
  ({ state, at: ago(minutes), by: 'user:a' }) as const;

/** One of each kind, and prices of which every sum is another one. */
const FLEET: readonly InstanceOverrides[] = [
  ...INSTANCE_STATUSES.map((status) => ({ status, timestamps: { ready: ago(60), started: ago(90) } })),
  { status: 'ready', timestamps: { ready: ago(1) }, spec: { region: 'EU-01', productName: 'H100' } },
  { status: 'ready', timestamps: { ready: ago(10) }, createdBy: 'user:b' },
  { status: 'ready', timestamps: { ready: ago(60) }, autoStop: { enabled: false } },
  { status: 'ready', timestamps: { ready: ago(60) }, spec: { billingMode: 'monthly' } },
  { status: 'ready', timestamps: { ready: ago(60) }, price: { usdPerHour: null } },
  { status: 'ready', desired: desired('deleted', 9), confirmedAt: null, timestamps: { ready: ago(60) } },
  { status: 'stopped', desired: desired('stopped', 30), confirmedAt: ago(29), spec: { billingMode: 'monthly' } },
  { status: 'stopped', spec: { billingMode: 'monthly', region: null }, price: { usdPerHour: null } },
  { status: 'stopping', desired: desired('stopped', 30), confirmedAt: null },
  { status: 'failed', desired: desired('stopped', 30), confirmedAt: ago(20) },
  { status: 'failed', spec: { billingMode: 'spot' }, missingSince: ago(3), createdBy: null, origin: 'adopted' },
  { status: 'starting', deadlines: { nextReconcileAt: ago(5) } },
  { status: 'running', origin: 'discovered', createdBy: null, spec: { region: 'US-01' } },
  { status: 'ready', origin: 'discovered', createdBy: null, ignored: { by: 'user:a', at: ago(5) } },
  { status: 'stopped', origin: 'discovered', createdBy: null, spec: { billingMode: 'monthly' } },
];

interface Row {
  readonly id: string;
  readonly status: string;
  readonly owner: string;
  readonly origin: string;
  readonly region?: string;
  readonly product: { readonly name: string };
  readonly billingMode: string;
  readonly billedNow?: 'running' | 'though-stopped';
  readonly cost?: { readonly usdPerHour: number };
  readonly pricePerHour?: number;
}
interface Sum {
  readonly instances: number;
  readonly usdPerHour: number;
}

const round = (usd: number): number => Math.round(usd * 1e6) / 1e6;
const sumOf = (rows: readonly Row[]): Sum => ({
  instances: rows.length,
  usdPerHour: round(rows.reduce((sum, { cost }) => sum + (cost?.usdPerHour ?? 0), 0)),
});
const sumsBy = (rows: readonly Row[], nameOf: (row: Row) => string): Record<string, Sum> =>
  Object.fromEntries([...Map.groupBy(rows, nameOf)].map(([name, some]) => [name, sumOf(some)]));
/** Of those that cost anything, in dollars alone. */
const dollars = (sums: Record<string, Sum>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(sums).flatMap(([name, { usdPerHour }]) => (usdPerHour === 0 ? [] : [[name, usdPerHour]])),
  );

describe('every figure equals what GET /instances adds up to', () => {
  let api: TestApi;
  let rows: readonly Row[];

  beforeAll(async () => {
    api = await TestApi.start();
    api.fleet.listsStored = true;
    api.sync.set({ instancesAsOf: ago(1) });
    for (const [place, overrides] of FLEET.entries()) {
      const novitaInstanceId = `n${place}` as NovitaInstanceId;
      const { record } = api.store.put(
        anInstance({ novitaInstanceId, price: { usdPerHour: round(0.1 + place * place * 0.013) }, ...overrides }),
      );
      const { usdPerHour } = record.price;
      if (usdPerHour === null) continue;
      // As the store writes it.
      const isFree =
        record.status === 'terminated' || (record.status === 'stopped' && record.spec.billingMode !== 'monthly');
      const isOff = record.status === 'failed' && record.confirmedAt !== null;
      const rate = isFree || isOff ? 0 : Math.round(usdPerHour * 1e6);
      api.store.put({
        ...record,
        cost: { microUsd: place * 1_000_000, rate, sinceMs: NOW - 60_000, fromMs: NOW - 60_000 },
      });
    }
    rows = await listed('status=all');
  });
  afterAll(async () => {
    await api.stop();
  });

  const read = async (path: string) => (await api.send({ url: `/api/v1/${path}`, as: 'viewer' })).json;
  /** Page by page, so that nothing is left out or comes twice on the way. */
  const listed = async (query: string): Promise<readonly Row[]> => {
    const found: Row[] = [];
    let cursor: string | null = null;
    do {
      const page = (await read(
        `instances?limit=3&sort=-cost&${query}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      )) as { readonly instances: readonly Row[]; readonly nextCursor: string | null };
      found.push(...page.instances);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return found;
  };

  it('over a fleet with all that can be, each instance listed once', () => {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(FLEET.length);
    expect(rows).toHaveLength(FLEET.length);
    expect(new Set(rows.map(({ billedNow }) => billedNow))).toEqual(new Set(['running', 'though-stopped', undefined]));
  });

  it('in the summary: the whole, its parts, and what each of its lists holds', async () => {
    const { figures } = (await read('instances/summary?status=all')) as { figures: Record<string, unknown> };
    const of = (billedNow: Row['billedNow']) => rows.filter((row) => row.billedNow === billedNow);
    expect(figures).toMatchObject({
      total: rows.length,
      costUsdPerHour: sumOf(rows).usdPerHour,
      running: sumOf(of('running')),
      billedThoughStopped: sumOf(of('though-stopped')),
      unpriced: rows.filter(({ billedNow, pricePerHour }) => billedNow !== undefined && pricePerHour === undefined)
        .length,
      byStatus: sumsBy(rows, ({ status }) => status),
      byRegion: sumsBy(rows, ({ region }) => region ?? 'unknown'),
      byProduct: sumsBy(rows, ({ product }) => product.name),
      byOwner: sumsBy(rows, ({ owner }) => owner),
      byBilling: sumsBy(rows, ({ billingMode }) => billingMode),
      byOrigin: sumsBy(rows, ({ origin }) => origin),
    });
    expect(sumOf(await listed('status=all&show=running'))).toEqual(figures['running']);
    expect(sumOf(await listed('status=all&show=billed-though-stopped'))).toEqual(figures['billedThoughStopped']);
    expect(sumOf(await listed('status=all&show=billed')).usdPerHour).toBe(figures['costUsdPerHour']);
    const {
      byReason,
      asOf: _,
      unpriced: _unpriced,
      ...idle
    } = figures['idle'] as { byReason: Record<string, Sum> } & Sum & Record<string, unknown>;
    expect(sumOf(await listed('status=all&show=idle'))).toEqual(idle);
    for (const [reason, sum] of Object.entries(byReason)) {
      expect([reason, sumOf(await listed(`status=all&idleReason=${reason}`))]).toEqual([reason, sum]);
      expect(sum.instances).toBeGreaterThan(0);
    }
    const attention = figures['attention'] as { instances: number; byReason: Record<string, number> };
    expect(await listed('status=all&show=attention')).toHaveLength(attention.instances);
    for (const [reason, count] of Object.entries(attention.byReason)) {
      expect([reason, (await listed(`status=all&attention=${reason}`)).length]).toEqual([reason, count]);
      expect(count).toBeGreaterThan(0);
    }
  });

  it('in the summary of any filter', async () => {
    for (const query of [
      '',
      'owner=user:test',
      'billing=monthly,spot',
      'origin=discovered',
      'search=h100',
      'region=EU-01,US-01',
    ]) {
      const { figures } = (await read(`instances/summary?${query}`)) as { figures: Record<string, unknown> };
      const some = await listed(query);
      expect([query, figures['total'], figures['costUsdPerHour']]).toEqual([
        query,
        some.length,
        sumOf(some).usdPerHour,
      ]);
    }
  });

  it('on the dashboard and in the spend, as of the same moment', async () => {
    const { figures } = (await read('instances/summary?status=all')) as { figures: Record<string, unknown> };
    const dashboard = await read('dashboard');
    const { counts, money, attention } = dashboard as Record<string, Record<string, unknown>>;
    const { history } = dashboard as { history: readonly Record<string, unknown>[] };
    const { now } = (await read('spend')) as { now: Record<string, unknown> };
    const running = figures['running'] as Sum;
    const stopped = figures['billedThoughStopped'] as Sum;
    expect(counts).toMatchObject({ total: rows.length, running: running.instances });
    // The chart ends with the figures beside it.
    expect(history.at(-1)).toMatchObject({ running: running.instances, costUsdPerHour: figures['costUsdPerHour'] });
    const cost = {
      costUsdPerHour: figures['costUsdPerHour'],
      runningUsdPerHour: running.usdPerHour,
      billedThoughStoppedUsdPerHour: stopped.usdPerHour,
      unpriced: figures['unpriced'],
      idle: figures['idle'],
    };
    expect(money).toMatchObject({ ...cost, billedThoughStoppedInstances: stopped.instances });
    expect(now).toEqual({
      ...cost,
      byStatus: dollars(sumsBy(rows, ({ status }) => status)),
      byRegion: dollars(sumsBy(rows, ({ region }) => region ?? 'unknown')),
      byProduct: dollars(sumsBy(rows, ({ product }) => product.name)),
      byOwner: dollars(sumsBy(rows, ({ owner }) => owner)),
    });
    const needing = figures['attention'] as { instances: number; byReason: Record<string, number> };
    expect(attention).toMatchObject({
      total: needing.instances,
      failed: needing.byReason['failed'],
      unconfirmed: needing.byReason['unconfirmed'],
      overdue: needing.byReason['overdue'],
      missing: needing.byReason['missing'],
      orphans: (figures['orphans'] as Sum).instances,
    });
  });

  it('of the orphans, and of what a bulk command would end', async () => {
    const { total, allUsdPerHour } = await read('orphans?limit=1');
    const discovered = (await listed('origin=discovered')).filter((row) => !('ignoredAt' in row));
    expect([total, allUsdPerHour]).toEqual([discovered.length, sumOf(discovered).usdPerHour]);
    const body = { action: 'stop', filter: { show: 'idle' }, dryRun: true };
    const { json } = await api.send({ method: 'POST', url: '/api/v1/instances/bulk', body });
    const { ids, endsUsdPerHour } = json['preview'] as { ids: readonly string[]; endsUsdPerHour: number };
    const ending = rows.filter(({ id, billingMode }) => ids.includes(id) && billingMode !== 'monthly');
    expect(endsUsdPerHour).toBe(sumOf(ending).usdPerHour);
    expect(ids.length).toBeGreaterThan(2);
  });
});
