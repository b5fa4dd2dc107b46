import { type Timestamp, timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { costOf } from '../plan/cost.js';
import { DEFAULT_IDLE_RULES, idleBase } from '../plan/idle-clock.js';
import { idleReason } from '../plan/idle-reason.js';
import { meterOf } from '../plan/meter.js';
import { InvalidCursorError } from '../ports/store-errors.js';
import { type InstanceId, instanceIdFromUlid, type NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import { FleetIndex } from './fleet-index.js';
import { FLEET_SORT_KEYS, type FleetFilter, type FleetSort } from './fleet-view.js';

const at = (seconds: number) => timestampFromMs(Date.UTC(2026, 0, 1) + seconds * 1_000);
const idOf = (slot: number): InstanceId => instanceIdFromUlid(String(slot).padStart(26, '0'));
const SORTS: readonly FleetSort[] = FLEET_SORT_KEYS.flatMap((key): FleetSort[] => [key, `-${key}`]);

const shape = fc.record({
  slot: fc.integer({ min: 0, max: 60 }),
  name: fc.constantFrom('a', 'Ab', 'abc', 'b', 'é', '\u{1F600}x'),
  status: fc.constantFrom('ready', 'stopped', 'terminated', 'creating'),
  region: fc.constantFrom(null, 'R1', 'R2'),
  product: fc.constantFrom('RTX 4090 24GB', 'H100 SXM 80GB'),
  origin: fc.constantFrom('managed', 'discovered'),
  billingMode: fc.constantFrom('onDemand', 'monthly'),
  usdPerHour: fc.constantFrom(null, 0.35, 2.1),
  created: fc.integer({ min: 0, max: 5 }),
  started: fc.option(fc.integer({ min: 5, max: 9 }), { nil: undefined }),
});
type Shape = typeof shape extends fc.Arbitrary<infer Made> ? Made : never;

const change = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('put' as const), shape }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), slot: fc.integer({ min: 0, max: 60 }) }) },
);
const filter: fc.Arbitrary<FleetFilter> = fc
  .record(
    {
      statuses: fc.subarray(['ready', 'stopped', 'terminated'] as const),
      regions: fc.subarray(['R1', 'R2', 'R3']),
      name: fc.constantFrom('A', 'b', 'É', 'nothing'),
      search: fc.constantFrom('NGINX', 'h100', 'ab', 'N1', 'nothing'),
      products: fc.subarray(['4090', 'h100 sxm']),
      origins: fc.subarray(['managed', 'discovered'] as const),
      billings: fc.subarray(['onDemand', 'monthly'] as const),
      owners: fc.subarray(['user:test', 'user:other']),
      show: fc.constantFrom('running', 'billed', 'billed-though-stopped'),
      group: fc.constantFrom('orphan', 'ignored-orphan'),
    },
    { requiredKeys: [] },
  )
  .map((made) => made as FleetFilter);
const query = fc.record({ filter, sort: fc.constantFrom(...SORTS), limit: fc.constantFrom(1, 3, 200) });

describe('FleetIndex', () => {
  it('lists what a plain search of the same records finds, in order, each once, after any changes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(change, { maxLength: 40 }), query), { maxLength: 8 }), (rounds) => {
        const index = new FleetIndex();
        const records = new Map<InstanceId, InstanceRecord>();
        let revision = 0;
        for (const [changes, asked] of rounds) {
          for (const one of changes) {
            if (one.kind === 'put') {
              const record = made(one.shape, ++revision);
              records.set(record.id, record);
              index.put(record);
            } else {
              records.delete(idOf(one.slot));
              index.remove(idOf(one.slot));
            }
          }
          const expected = searched([...records.values()], asked.filter, asked.sort);
          const pages = allPages(index, asked.filter, asked.sort, asked.limit);
          expect(idsOf(pages.records)).toEqual(idsOf(expected));
          expect(pages.totals).toEqual(new Set([expected.length]));
          expect(index.size).toBe(records.size);
          // One object for each record, by either id and in every page.
          expect(idsOf(pages.records.filter((record) => index.get(record.id) !== record))).toEqual([]);
          const { length } = [...records.values()].filter(
            ({ id, novitaInstanceId }) => index.get(novitaInstanceId as NovitaInstanceId) !== index.get(id),
          );
          expect(length).toBe(0);
        }
        for (const record of records.values()) expect(index.get(record.id)).toEqual(record);
      }),
    );
  });

  it('keeps a revision that it has against the same and an earlier one', () => {
    const index = new FleetIndex();
    const second = anInstance({ revision: 2, name: 'second' });
    index.put(second);
    index.put({ ...second, revision: 1, name: 'first' });
    index.put({ ...second, name: 'other' });
    expect(index.get(second.id)).toEqual(second);
    expect(index.page({ limit: 1, sort: 'name' }).total).toBe(1);
  });

  it('hands out the same object for the same revision, and holds equal parts of records once', () => {
    const index = new FleetIndex();
    const [first, second] = [anInstance(), anInstance()];
    index.put(first);
    index.put(second);
    expect(index.get(first.id)).toBe(index.get(first.id));
    expect(index.get(first.id)?.spec).toBe(index.get(second.id)?.spec);
    index.put({ ...second, revision: 2, spec: { ...second.spec, image: 'other' } });
    expect(index.get(first.id)?.spec).toEqual(first.spec);
    expect(index.get(second.id)?.spec.image).toBe('other');
  });

  it('goes on where a page ended although the rest has changed meanwhile', () => {
    const index = new FleetIndex();
    const records = ['b', 'd', 'f', 'h'].map((name) => anInstance({ name }));
    for (const record of records) index.put(record);
    const { nextCursor } = index.page({ limit: 2, sort: 'name' });
    for (const record of records.slice(0, 2)) index.remove(record.id);
    index.put(anInstance({ name: 'a' }));
    index.put(anInstance({ name: 'e' }));
    const names = index.page({ limit: 9, sort: 'name', cursor: nextCursor ?? '' }).records.map(({ name }) => name);
    expect(names).toEqual(['e', 'f', 'h']);
  });

  it.each([
    ['nonsense', 'name'],
    [cursorOf(['name', 1, idOf(1)]), 'name'],
    [cursorOf(['price', 'x', idOf(1)]), 'price'],
    [cursorOf(['price', null, idOf(1)]), 'price'],
    [cursorOf(['name', 'x', 'nobody']), 'name'],
    [cursorOf(['name', 'x']), 'name'],
    [cursorOf(['-name', 'x', idOf(1)]), 'name'],
  ] as const)('refuses %s as a cursor of %s', (cursor, sort) => {
    expect(() => new FleetIndex().page({ limit: 1, sort, cursor })).toThrow(InvalidCursorError);
  });

  it.each([0, 201, 1.5])('refuses a page of %d', (limit) => {
    expect(() => new FleetIndex().page({ limit, sort: 'name' })).toThrow(RangeError);
  });
});

const idsOf = (records: readonly InstanceRecord[]): readonly InstanceId[] => records.map(({ id }) => id);

function cursorOf(content: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function made({ slot, created, started, ...of }: Shape, revision: number): InstanceRecord {
  return anInstance({
    id: idOf(slot),
    novitaInstanceId: `n${slot}` as NovitaInstanceId,
    name: of.name,
    status: of.status,
    origin: of.origin,
    price: { usdPerHour: of.usdPerHour },
    spec: { region: of.region, productName: of.product, billingMode: of.billingMode },
    timestamps: { created: at(created), ...(started !== undefined && { started: at(started) }) },
    revision,
  });
}

function allPages(index: FleetIndex, filter: FleetFilter, sort: FleetSort, limit: number) {
  const records: InstanceRecord[] = [];
  const totals = new Set<number>();
  let cursor: string | null = null;
  do {
    const page = index.page({ ...filter, sort, limit, ...(cursor !== null && { cursor }) });
    records.push(...page.records);
    totals.add(page.total);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return { records, totals };
}

/** All of them have a provider's id. */
function isShown(show: FleetFilter['show'], status: string, billing: string): boolean {
  const isStopped = status === 'stopped' && billing === 'monthly';
  const isRunning = status === 'ready' || status === 'creating';
  if (show === 'running') return isRunning;
  if (show === 'billed-though-stopped') return isStopped;
  return show === undefined || isRunning || isStopped;
}

/** The same by the plainest means. */
function searched(records: InstanceRecord[], filter: FleetFilter, sort: FleetSort): InstanceRecord[] {
  const has = (text: string, part: string) => text.toLowerCase().includes(part.toLowerCase());
  const found = records.filter(
    ({ id, novitaInstanceId, status, spec, name, origin }) =>
      (filter.statuses?.some((wanted) => wanted === status) ?? true) &&
      (filter.regions?.some((wanted) => wanted === spec.region) ?? true) &&
      has(name, filter.name ?? '') &&
      [name, spec.productName, spec.image, id, novitaInstanceId ?? ''].some((text) => has(text, filter.search ?? '')) &&
      (filter.products?.some((wanted) => has(spec.productName, wanted)) ?? true) &&
      (filter.origins?.includes(origin) ?? true) &&
      (filter.billings?.includes(spec.billingMode) ?? true) &&
      (filter.owners?.includes('user:test') ?? true) &&
      isShown(filter.show, status, spec.billingMode) &&
      (filter.group === undefined || (filter.group === 'orphan' && origin === 'discovered' && status !== 'terminated')),
  );
  const key = sort.replace('-', '');
  const order = ['creating', 'ready', 'stopped', 'terminated'];
  const value = (record: InstanceRecord): string | number => {
    const { started, created } = record.timestamps;
    if (key === 'name') return record.name;
    if (key === 'region') return record.spec.region ?? '';
    if (key === 'createdAt') return Date.parse(created);
    if (key === 'status') return order.indexOf(record.status);
    if (key === 'price') return record.price.usdPerHour ?? -1;
    if (key === 'owner') return 'user:test';
    if (key === 'product') return record.spec.productName;
    if (key === 'image') return record.spec.image;
    if (key === 'billing') return record.spec.billingMode;
    if (key === 'origin') return record.origin;
    if (key === 'cost') return costOf(record) === null ? -1 : 0;
    if (key === 'stopsAt') {
      const counts = record.status === 'ready' && record.origin === 'managed' && record.spec.billingMode !== 'monthly';
      return counts ? idleBase(record).baseMs : Number.MAX_SAFE_INTEGER;
    }
    if (key === 'idle') return record.status === 'ready' ? Date.UTC(3000, 0, 1) - idleBase(record).baseMs : -1;
    return record.status === 'ready' && started !== undefined ? Date.UTC(3000, 0, 1) - Date.parse(started) : -1;
  };
  const sign = sort.startsWith('-') ? -1 : 1;
  return found.sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left !== right) return left < right ? -sign : sign;
    return a.id < b.id ? -sign : sign;
  });
}

describe('FleetIndex by idleness', () => {
  const ready = (name: string, seconds: number, overrides: Parameters<typeof anInstance>[0] = {}) =>
    anInstance({ name, status: 'ready', timestamps: { created: at(0), ready: at(seconds) }, ...overrides });
  const namesOf = (index: FleetIndex, filter: FleetFilter, sort: FleetSort): string[] =>
    index.page({ ...filter, sort, limit: 200 }).records.map(({ name }) => name);

  it('orders by the latest of ready, use and lease, with what is not ready as the least', () => {
    const uses = new Map<InstanceId, Timestamp>();
    const index = new FleetIndex(undefined, uses);
    const used = ready('used', 1);
    const records = [
      used,
      ready('early', 2),
      ready('late', 3),
      ready('leased', 0, { autoStop: { lease: { until: at(5), by: 'user:a', reason: '' } } }),
      ready('stopped', 0, { status: 'stopped' }),
    ];
    for (const record of records) index.put(record);
    uses.set(used.id, at(4));
    index.passTime(Date.UTC(2026, 0, 1) + 10_000, [used.id]);
    expect(namesOf(index, {}, '-idle')).toEqual(['early', 'late', 'used', 'leased', 'stopped']);
    expect(namesOf(index, {}, 'idle')).toEqual(['stopped', 'leased', 'used', 'late', 'early']);
    expect(namesOf(index, { idleForMs: 6_000 }, 'name')).toEqual(['early', 'late', 'used']);
    index.put({ ...used, revision: 2, name: 'used again' });
    expect(namesOf(index, { idleForMs: 6_000 }, 'name')).toEqual(['early', 'late', 'used again']);
    uses.set(used.id, at(9));
    index.passTime(Date.UTC(2026, 0, 1) + 11_000, [used.id]);
    expect(namesOf(index, { idleForMs: 6_000 }, 'name')).toEqual(['early', 'late', 'leased']);
  });

  it('counts by status, and those that were made elsewhere', () => {
    const index = new FleetIndex();
    const one = ready('one', 0);
    index.put(one);
    index.put(ready('two', 0, { origin: 'discovered' }));
    index.put({ ...one, revision: 2, status: 'stopped' });
    expect(index.counts()).toMatchObject({ total: 2, discovered: 1, byStatus: { ready: 1, stopped: 1 } });
    index.remove(one.id);
    expect(index.counts()).toMatchObject({ total: 1, byStatus: { ready: 1, stopped: 0 } });
  });
});

describe('FleetIndex summed up', () => {
  const NOW = Date.UTC(2026, 0, 2);

  it('is what a plain sum over the matching records comes to, after any changes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(change, { maxLength: 30 }), filter), { maxLength: 6 }), (rounds) => {
        const index = new FleetIndex();
        const records = new Map<InstanceId, InstanceRecord>();
        let revision = 0;
        index.passTime(NOW, []);
        for (const [changes, asked] of rounds) {
          for (const one of changes) {
            if (one.kind === 'put') {
              const record = made(one.shape, ++revision);
              records.set(record.id, record);
              index.put(record);
            } else {
              records.delete(idOf(one.slot));
              index.remove(idOf(one.slot));
            }
          }
          const matching = searched([...records.values()], asked, 'createdAt');
          expect(index.matching(asked)).toEqual(matching.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
          const micro = (some: readonly InstanceRecord[]) =>
            some.reduce((sum, record) => sum + meterOf(record).rate, 0);
          const idle = matching.filter((record) => idleReason({ record, lastUsedAt: null }, DEFAULT_IDLE_RULES, NOW));
          const summary = index.summary(asked);
          expect([summary.total, summary.costUsdPerHour]).toEqual([matching.length, micro(matching) / 1e6]);
          expect([summary.idle.instances, summary.idle.usdPerHour]).toEqual([idle.length, micro(idle) / 1e6]);
          for (const sums of [summary.byStatus, summary.byRegion, summary.byProduct, summary.byOwner]) {
            expect(Object.values(sums).reduce((sum, { instances }) => sum + instances, 0)).toBe(summary.total);
          }
        }
      }),
    );
  });
});

describe('the sums of FleetIndex as time passes', () => {
  const BEGIN = Date.UTC(2026, 0, 1);
  const minute = fc.integer({ min: 0, max: 40 });
  const timed = fc.record({
    kind: fc.constant('put' as const),
    slot: fc.integer({ min: 0, max: 12 }),
    status: fc.constantFrom('ready', 'stopped', 'stopping', 'failed', 'starting'),
    origin: fc.constantFrom('managed', 'discovered'),
    billingMode: fc.constantFrom('onDemand', 'monthly'),
    ready: minute,
    lease: fc.option(minute, { nil: null }),
    next: fc.option(minute, { nil: null }),
    stoppedAt: fc.option(minute, { nil: null }),
  });
  type Timed = typeof timed extends fc.Arbitrary<infer Made> ? Made : never;
  const step = fc.oneof(
    { weight: 4, arbitrary: timed },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), slot: fc.nat({ max: 12 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('use' as const), slot: fc.nat({ max: 12 }), at: minute }) },
    // Mostly forward; a clock may be set back.
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: -90_000, max: 900_000 }) }),
    },
  );
  const FILTERS: readonly FleetFilter[] = [
    {},
    { show: 'idle' },
    { show: 'attention' },
    { attention: ['overdue'] },
    { idleReasons: ['due', 'notYetDue'] },
    { idleForMs: 600_000 },
    { billings: ['monthly'] },
  ];
  const minutes = (count: number): Timestamp => timestampFromMs(BEGIN + count * 60_000);

  function timedRecord({ slot, status, origin, billingMode, ready, lease, next, stoppedAt }: Timed, revision: number) {
    return anInstance({
      id: idOf(slot),
      novitaInstanceId: `n${slot}` as NovitaInstanceId,
      status,
      origin,
      spec: { billingMode },
      timestamps: { created: minutes(0), ready: minutes(ready) },
      ...(lease !== null && { autoStop: { lease: { until: minutes(lease), by: 'user:a', reason: '' } } }),
      deadlines: next === null ? {} : { nextReconcileAt: minutes(next) },
      ...(stoppedAt !== null && { desired: { state: 'stopped', at: minutes(stoppedAt), by: 'user:a' } }),
      revision,
    });
  }

  it('are those of an index that is made anew, after any writes, uses and moments', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
        const uses = new Map<InstanceId, Timestamp>();
        const index = new FleetIndex(undefined, uses);
        const records = new Map<InstanceId, InstanceRecord>();
        const used = new Set<InstanceId>();
        let [revision, nowMs] = [0, BEGIN + 60_000];
        index.passTime(nowMs, []);
        for (const one of steps) {
          const id = idOf('slot' in one ? one.slot : 0);
          switch (one.kind) {
            case 'put':
              records.set(id, timedRecord(one, ++revision));
              index.put(timedRecord(one, revision));
              break;
            case 'remove':
              records.delete(id);
              index.remove(id);
              break;
            case 'use':
              uses.set(id, minutes(one.at));
              used.add(id);
              break;
            case 'pass': {
              nowMs += one.ms;
              index.passTime(nowMs, used);
              used.clear();
              const fresh = new FleetIndex(undefined, uses);
              for (const record of records.values()) fresh.put(record);
              fresh.passTime(nowMs, []);
              for (const asked of FILTERS) {
                expect([asked, index.summary(asked)]).toEqual([asked, fresh.summary(asked)]);
                expect(idsOf(index.matching(asked))).toEqual(idsOf(fresh.matching(asked)));
                const query = { ...asked, sort: 'stopsAt', limit: 200 } as const;
                expect(idsOf(index.page(query).records)).toEqual(idsOf(fresh.page(query).records));
              }
            }
          }
        }
      }),
    );
  });

  it('are kept up to date without a pass through the fleet', () => {
    const index = new FleetIndex();
    for (let slot = 0; slot < 60; slot++) index.put(anInstance({ id: idOf(slot), status: 'ready' }));
    index.passTime(BEGIN + 60_000, []);
    expect(index.summary({}).total).toBe(60);
    const entries = vi.spyOn(Map.prototype, 'values');
    index.remove(idOf(1));
    index.put(anInstance({ id: idOf(2), status: 'stopped', revision: 2 }));
    index.passTime(BEGIN + 120_000, [idOf(3)]);
    expect(index.summary({})).toMatchObject({ total: 59, byStatus: { ready: { instances: 58 } } });
    const passes = entries.mock.contexts.filter((map) => map instanceof Map && map.size >= 59);
    entries.mockRestore();
    expect(passes).toEqual([]);
  });
});
