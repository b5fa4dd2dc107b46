import {
  type FeedEntry,
  type FeedListener,
  type FleetRead,
  FollowingChangeFeed,
  type InstanceRecord,
  isInstanceChange,
  type StoredInstance,
} from '@app/instance-store';
import { aNewInstance } from '@app/testing';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { FleetModel, modelRules, storedOf } from './fleet-model.js';
import { anImport, at, COMMAND, insert, novitaId, takeLock, write } from './harness.js';
import { idOf, LockHistory, NOVITA_IDS, operation, run } from './model-operations.js';
import { reportedUsesConformance } from './reported-uses.conformance.js';
import { names, WatchWorld } from './watch-cache-harness.js';

/** Of the test that writes on one side and reads on the other; more by hand. */
const WRITES = 200;

const world = new WatchWorld();
const { inMemory, inRedis, start, startWhole, startOver } = world;

type Fault = (typeof FAULTS)[number];
const FAULTS = ['none', 'none', 'miss', 'twice', 'late', 'corrupt', 'trim'] as const;

/** A follower whose listener gets entries otherwise than they are. */
class FaultyChangeFeed extends FollowingChangeFeed {
  fault: Fault = 'none';
  private held: FeedEntry | null = null;

  override subscribe(listener: FeedListener): () => void {
    return super.subscribe({
      entry: (entry) => this.pass(listener, entry),
      advanced: (position, unread) => {
        const corrupt =
          this.fault === 'corrupt' && this.held !== null && isInstanceChange(this.held) ? this.held : null;
        if (corrupt !== null) this.held = null;
        listener.advanced?.(position, corrupt === null ? unread : [...unread, corrupt.instanceId]);
      },
      lost: (position) => listener.lost(position),
      interrupted: (since) => listener.interrupted(since),
    });
  }

  private pass(listener: FeedListener, entry: FeedEntry): void {
    const { held } = this;
    switch (this.fault) {
      case 'miss':
        return;
      case 'twice':
        listener.entry(entry);
        listener.entry(entry);
        return;
      case 'trim':
        listener.lost(entry.entryId);
        return;
      case 'corrupt':
      case 'late':
        this.held = entry;
        if (held !== null) listener.entry(held);
        return;
      case 'none':
        listener.entry(entry);
        this.held = null;
        if (held !== null) listener.entry(held);
    }
  }
}

const sumOf = (sums: Readonly<Record<string, { readonly instances: number }>>): number =>
  Object.values(sums).reduce((sum, { instances }) => sum + instances, 0);

/** Steps that make records, under ids that earlier steps may have used. */
const MAKING: ReadonlySet<string> = new Set(['insert', 'insertMany', 'restore']);

describe.each([
  ['in memory', inMemory],
  ['in Redis', inRedis],
] as const)('the watch cache over a store %s', (_, make) => {
  reportedUsesConformance(make);

  it('holds what the store holds, after any operations, begun at any time', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { maxLength: 15 }),
        fc.array(operation, { minLength: 5, maxLength: 25, size: 'max' }),
        async (before, after) => {
          const ground = make();
          const model = new FleetModel(modelRules());
          const history = new LockHistory(ground.locks, model);
          await history.change(true);
          for (const step of before) await run(ground.store, model, history, step);
          const { cache, copy } = await startWhole(ground);
          for (const step of after) await run(ground.store, model, history, step);
          for (const sort of ['createdAt', '-createdAt'] as const) {
            const { instances, total } = await cache.list({ limit: 200, sort });
            expect({ instances, total }).toEqual({
              instances: model.list(sort).map(({ record, lastUsedAt }) => ({ record, lastUsedAt })),
              total: model.held.size,
            });
          }
          expect(copy.index.size).toBe(model.held.size);
          const { total, byStatus } = await cache.summarize({});
          expect([total, sumOf(byStatus)]).toEqual([model.held.size, model.held.size]);
          const { records } = await cache.match({ statuses: ['ready'] });
          const ready = model.records().filter(({ record }) => record.status === 'ready');
          expect(records.map(({ id }) => id)).toEqual(ready.map(({ record }) => record.id).toSorted());
          for (let slot = 0; slot < 10; slot++)
            expect(await cache.get(idOf(slot))).toEqual(readOf(model.stored(idOf(slot))));
          for (const id of NOVITA_IDS) {
            if (id === null) continue;
            const holder = model.records().find(({ record }) => record.novitaInstanceId === id) ?? null;
            expect(await cache.get(id)).toEqual(readOf(storedOf(holder)));
          }
          await world.stopAll();
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is right again by itself after entries that are missing, doubled, late, corrupt or trimmed', {
    timeout: 120_000,
  }, async () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(...FAULTS), operation), {
      minLength: 5,
      maxLength: 25,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(steps, async (faulty) => {
        const ground = make();
        const model = new FleetModel(modelRules());
        const history = new LockHistory(ground.locks, model);
        await history.change(true);
        const { cache, view, audit } = await startOver(ground, new FaultyChangeFeed(ground.feed, ground.clock));
        await cache.list({ limit: 1, sort: 'name' });
        let hasRemoved = false;
        for (const [fault, step] of faulty) {
          // Ids are never given twice: a record whose removal and successor of the same revision are both missed, with
          // nothing else to find it by, is one of this test's own making.
          const isMadeAgain = hasRemoved && MAKING.has(step.kind);
          view.fault = fault === 'miss' && isMadeAgain ? 'none' : fault;
          hasRemoved ||= step.kind === 'remove';
          await run(ground.store, model, history, step);
          const latest = await ground.feed.latestId();
          await vi.waitFor(() => expect(view.position()).toBe(latest), { timeout: 5_000, interval: 1 });
        }
        view.fault = 'none';
        const expected = model.list('createdAt');
        await vi.waitFor(
          async () => {
            // As time goes on: what one comparison has found is made up for before the next.
            await audit.compareAll();
            const { instances, behindSince } = await cache.list({ limit: 200, sort: 'createdAt' });
            expect(behindSince).toBeNull();
            expect(instances).toEqual(expected.map(({ record, lastUsedAt }) => ({ record, lastUsedAt })));
          },
          { timeout: 10_000, interval: 20 },
        );
        await world.stopAll();
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it('shows the record that took the place of one with the same revision whose removal it missed', async () => {
    const ground = make();
    const { cache, view } = await startOver(ground, new FaultyChangeFeed(ground.feed, ground.clock));
    const removed = await insert(ground.store, { name: 'removed' });
    expect(await names(cache)).toEqual(['removed']);
    view.fault = 'miss';
    await ground.store.records.remove(removed.id, removed.revision);
    const latest = await ground.feed.latestId();
    await vi.waitFor(() => expect(view.position()).toBe(latest));
    view.fault = 'none';
    await ground.store.records.restore([{ record: { ...removed, name: 'another' }, lastUsedAt: null }]);
    await vi.waitFor(async () => expect(await names(cache)).toEqual(['another']));
  });

  it('shows the record that took the place of one with a later revision whose removal it missed', async () => {
    const ground = make();
    const { cache, view, audit } = await startOver(ground, new FaultyChangeFeed(ground.feed, ground.clock));
    const inserted = await insert(ground.store, { name: 'removed' });
    const removed = await write(ground.store, { ...inserted, name: 'removed later' });
    expect(await names(cache)).toEqual(['removed later']);
    view.fault = 'miss';
    await ground.store.records.remove(removed.id, removed.revision);
    const latest = await ground.feed.latestId();
    await vi.waitFor(() => expect(view.position()).toBe(latest));
    view.fault = 'none';
    await ground.store.records.restore([{ record: { ...inserted, name: 'another' }, lastUsedAt: null }]);
    await vi.waitFor(async () => {
      await audit.compareAll();
      expect(await names(cache)).toEqual(['another']);
    });
  });

  it('shows every write and use that was acknowledged before the question, whoever made it', async () => {
    const ground = make();
    const caches = await Promise.all([start(ground), start(ground)]);
    let record = await insert(ground.store, { name: 'first' });
    for (let n = 0; n < WRITES; n++) {
      record = await write(ground.store, { ...record, name: `n${n}` });
      await ground.store.idle.touch(record.id, at(n));
      const expected = { record: { name: `n${n}`, revision: n + 2 }, lastUsedAt: at(n) };
      for (const cache of caches) {
        expect(await cache.get(record.id)).toMatchObject(expected);
        expect((await cache.list({ limit: 1, sort: 'name', name: `N${n}` })).instances).toMatchObject([expected]);
      }
    }
    await ground.store.records.remove(record.id, record.revision);
    for (const cache of caches) {
      expect(await cache.get(record.id)).toBeNull();
      expect(await names(cache)).toEqual([]);
    }
  });

  it('counts what is idle by every use that was reported, read in one question, or all of them when reports are gone', async () => {
    const ground = make();
    const records: InstanceRecord[] = [];
    const ready = { status: 'ready', timestamps: { created: at(-9_000), ready: at(-9_000) } } as const;
    for (const name of ['a', 'b', 'c']) records.push(await insert(ground.store, { name, ...ready }));
    const [a, b, c] = records.map(({ id }) => id);
    if (a === undefined || b === undefined || c === undefined) throw new Error('three were made');
    await ground.store.idle.touch(a, ground.clock.timestamp());
    const cache = await start(ground);
    const monotonic = performance.now.bind(performance);
    let passedMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => monotonic() + passedMs);
    const idle = async (): Promise<readonly string[]> => {
      passedMs += 2_000;
      const { records: found } = await cache.match({ show: 'idle' });
      expect((await cache.summarize({})).idle.instances).toBe(found.length);
      return found.map(({ name }) => name).toSorted();
    };
    // It was used before the fleet was read.
    expect(await idle()).toEqual(['b', 'c']);
    const versions = vi.spyOn(ground.marks, 'versions');
    const asked = (): number => versions.mock.calls.filter(([ids]) => ids.length > 0).length;
    await ground.store.idle.touch(b, ground.clock.timestamp());
    expect(await idle()).toEqual(['c']);
    expect(asked()).toBe(0);
    vi.spyOn(ground.marks, 'usesAfter').mockResolvedValueOnce(null);
    await ground.store.idle.touch(c, ground.clock.timestamp());
    expect(await idle()).toEqual([]);
    expect(asked()).toBe(1);
    ground.clock.advance(6 * 60_000);
    expect(await idle()).toEqual(['a', 'b', 'c']);
    expect(asked()).toBe(1);
  });

  it('asks the store once for all reads of a turn, and answers equal lists with the same page', async () => {
    const ground = make();
    const records: InstanceRecord[] = [];
    for (const name of ['a', 'b', 'c']) records.push(await insert(ground.store, { name }));
    const cache = await start(ground);
    const first = await cache.list({ limit: 2, sort: 'name' });
    const asked = vi.spyOn(ground.marks, 'read');
    const reads = [
      ...records.map(({ id }) => cache.get(id)),
      cache.list({ limit: 2, sort: 'name' }),
      cache.list({ limit: 2, sort: 'name' }),
      cache.list({ limit: 200, sort: '-price' }),
    ] as const;
    const answers = await Promise.all(reads);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(answers[3]).toBe(first);
    expect(answers[4]).toBe(first);
  });

  it('reads the fleet again when the feed has lost entries', async () => {
    const ground = make({ feedLimit: 10 });
    const cache = await start(ground);
    await insert(ground.store, { name: 'a' });
    expect(await names(cache)).toEqual(['a']);
    // All at once, so that the reader comes too late.
    const hold = await takeLock(ground.locks);
    const many = Array.from({ length: 200 }, (__, n) => anImport({ novitaInstanceId: novitaId(`n${n}`), marker: '' }));
    await ground.store.records.insertMany(many, { hold });
    const { total } = await cache.list({ limit: 1, sort: 'name' });
    expect(total).toBe(201);
  });

  it('is complete when records came and went while it was being read', async () => {
    const ground = make();
    const hold = await takeLock(ground.locks);
    for (let batch = 0; batch < 5; batch++) {
      const many = Array.from({ length: 200 }, (__, n) =>
        anImport({ novitaInstanceId: novitaId(`n${batch}-${n}`), marker: '', name: `old${batch}-${n}` }),
      );
      await ground.store.records.insertMany(many, { hold });
    }
    const old = await ground.store.records.scan(null, 200);
    const [begun] = await Promise.all([
      start(ground),
      ...old.instances.slice(0, 50).map(({ record }) => ground.store.records.remove(record.id, record.revision)),
      ...old.instances
        .slice(50, 100)
        .map(({ record }) => ground.store.records.write({ ...record, name: 'new' }, COMMAND)),
      ...Array.from({ length: 50 }, () => ground.store.records.insert(aNewInstance({ name: 'added' }))),
    ]);
    expect((await begun.list({ limit: 1, sort: 'name' })).total).toBe(1_000);
    expect((await begun.list({ limit: 1, sort: 'name', name: 'new' })).total).toBe(50);
    expect((await begun.list({ limit: 1, sort: 'name', name: 'added' })).total).toBe(50);
  });
});

function readOf(stored: StoredInstance | null): FleetRead | null {
  return stored === null ? null : { ...stored, behindSince: null };
}
