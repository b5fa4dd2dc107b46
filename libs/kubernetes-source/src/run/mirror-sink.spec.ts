import { LockLostError, MemoryLockKeeper } from '@app/redis';
import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { allPages, anObject } from '../../test/support/objects.js';
import type { Scope } from '../client/resource-requests.js';
import type { ApiObject } from '../model/resource.js';
import { MemoryResourceStore } from '../store/memory-resource-store.js';
import { type ChangeCounts, KUBERNETES_LOCK, MAX_OPERATIONS, type ResourceBatch } from '../store/resource-store.js';
import { KindReload } from './kind-reload.js';
import { MirrorSink } from './mirror-sink.js';

Logger.overrideLogger(false);

const CLUSTER: Scope = { kind: 'cluster' };
const many = (count: number, version = '1'): ApiObject[] =>
  Array.from({ length: count }, (_, n) => anObject(`p${String(n).padStart(4, '0')}`, version));

describe('the sink of a reflector', () => {
  let clock: FakeClock;
  let store: MemoryResourceStore;
  let batches: ResourceBatch[];
  let fail: Error | null;
  /** How long each write takes. */
  let writeMs: number;
  let sink: MirrorSink;

  const sinkOf = (scope: Scope = CLUSTER): MirrorSink => {
    const hold = { name: KUBERNETES_LOCK, fence: 1, token: held, latestWrite: 0 };
    return new MirrorSink({
      kind: 'Pod',
      scope,
      clock,
      maxRemovedPercent: 30,
      writer: {
        write: async (batch): Promise<ChangeCounts> => {
          clock.advance(writeMs);
          if (fail !== null) throw fail;
          batches.push(batch);
          return (await store.write(hold, batch)).counts;
        },
      },
      reload: new KindReload(async () => void (await store.reloaded(hold, 'Pod'))),
      observer: { moved: () => undefined, written: () => undefined, fullSet: () => undefined },
    });
  };
  let held: string;

  beforeEach(async () => {
    clock = new FakeClock();
    const locks = new MemoryLockKeeper(clock);
    store = new MemoryResourceStore(clock, locks);
    const answer = await locks.acquire(KUBERNETES_LOCK, { owner: 't', purpose: 't', ttlMs: 1_000_000_000 });
    held = answer.acquired ? answer.hold.token : expect.unreachable();
    batches = [];
    fail = null;
    writeMs = 0;
    sink = sinkOf();
  });

  const fullSet = async (objects: readonly ApiObject[], to = sink): Promise<void> => {
    await to.begin();
    for (let from = 0; from < objects.length; from += 150) {
      const page = objects.slice(from, from + 150);
      await to.add(page, Math.max(0, objects.length - from - page.length));
    }
    await to.complete('9');
  };
  const stored = async () =>
    (await allPages(store.load('Pod')))
      .map(({ resource }) => `${resource.name} ${resource.resourceVersion}`)
      .toSorted();
  const shown = (objects: readonly ApiObject[]) =>
    objects.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).toSorted();
  const events = async () =>
    (await store.eventsAfter('0-0', 10_000))?.map(({ type, resource }) => `${type} ${resource.name}`);

  it('publishes a full set that changes little change by change', async () => {
    await fullSet(many(3));
    await fullSet([...many(2), anObject('p0002', '2'), anObject('new')]);
    expect(await events()).toEqual([
      'resource.added p0000',
      'resource.added p0001',
      'resource.added p0002',
      'resource.modified p0002',
      'resource.added new',
    ]);
  });

  it('writes a large one without an entry for each, and has it read anew once', async () => {
    const objects = many(1_000);
    await fullSet(objects);
    expect(await stored()).toEqual(shown(objects));
    expect(await events()).toBeUndefined();
    expect((await store.head()).reloading).toEqual([]);
    expect(batches.every(({ isSilent, operations }) => isSilent && operations.length <= MAX_OPERATIONS)).toBe(true);
  });

  it('writes nothing that is stored already, also after another worker', async () => {
    await fullSet(many(500));
    const other = sinkOf();
    for await (const page of store.versions('Pod')) for (const { key, version } of page) other.prime(key, version);
    batches = [];
    await fullSet(many(500), other);
    expect(batches).toEqual([]);
    await other.apply([{ type: 'MODIFIED', object: anObject('p0001') }]);
    expect(batches).toEqual([]);
  });

  it('carries changes out in their order, the latest of each object', async () => {
    await fullSet([...many(1), anObject('b')]);
    await sink.apply([
      { type: 'ADDED', object: anObject('a', '1') },
      { type: 'DELETED', object: anObject('a', '2') },
      { type: 'DELETED', object: anObject('b', '2') },
      { type: 'ADDED', object: anObject('b', '3', { uid: 'other' }) },
      { type: 'MODIFIED', object: anObject('p0000', '4') },
      { type: 'MODIFIED', object: anObject('p0000', '5') },
      { type: 'DELETED', object: anObject('unknown', '5') },
    ]);
    expect(await stored()).toEqual(['b 3', 'p0000 5']);
    expect((await events())?.slice(2)).toEqual(['resource.deleted b', 'resource.added b', 'resource.modified p0000']);
  });

  it('publishes nothing twice when a batch is repeated because its answer was lost', async () => {
    await fullSet(many(2));
    await sink.apply([
      { type: 'DELETED', object: anObject('p0000', '2') },
      { type: 'ADDED', object: anObject('p0000', '3', { uid: 'other' }) },
      { type: 'MODIFIED', object: anObject('p0001', '4') },
      { type: 'DELETED', object: anObject('p0001', '5') },
    ]);
    const once = await events();
    const hold = { name: KUBERNETES_LOCK, fence: 1, token: held, latestWrite: 0 };
    await store.write(hold, batches.at(-1) ?? expect.unreachable());
    expect(await events()).toEqual(once);
  });

  it('holds a full set that lacks too much, until a second one agrees', async () => {
    await fullSet(many(100));
    const agreedAt = sink.asOf;
    clock.advance(1_000);
    await fullSet(many(60));
    expect([(await stored()).length, sink.held?.keys.size, sink.asOf]).toEqual([100, 40, agreedAt]);
    // What the watch says is no guess.
    await sink.apply([
      { type: 'DELETED', object: anObject('p0099') },
      { type: 'MODIFIED', object: anObject('p0098', '2') },
    ]);
    expect([(await stored()).length, sink.held?.keys.size, sink.asOf]).toEqual([99, 38, agreedAt]);
    await fullSet([...many(60), anObject('p0098', '2')]);
    expect(await stored()).toEqual(shown([...many(60), anObject('p0098', '2')]));
    expect([sink.held, sink.asOf]).toEqual([null, clock.timestamp()]);
  });

  it('agrees with the cluster as of when it was asked or said something, however long the writing takes', async () => {
    writeMs = 60_000;
    const since = clock.timestamp();
    sink.state({ phase: 'listing', via: 'list', since });
    clock.advance(5_000);
    await fullSet(many(300));
    expect(sink.asOf).toBe(since);
    const changedAt = clock.timestamp();
    await sink.apply([{ type: 'MODIFIED', object: anObject('p0001', '2') }]);
    expect([sink.asOf, clock.timestamp() > changedAt]).toEqual([changedAt, true]);
    clock.advance(5_000);
    const markedAt = clock.timestamp();
    await sink.bookmark('9');
    expect(sink.asOf).toBe(markedAt);
  });

  it('lets a full set pass that somebody forces, and only that one', async () => {
    await fullSet(many(50));
    sink.force(clock.now() + 1);
    await fullSet([]);
    expect(await stored()).toEqual([]);
    await fullSet(many(50));
    await fullSet([]);
    expect(await stored()).toHaveLength(50);
  });

  it('keeps a force that comes while a set is read or written for the one after it', async () => {
    await fullSet(many(50));
    await sink.begin();
    sink.force(clock.now() + 1);
    await sink.complete('9');
    expect(await stored()).toHaveLength(50);
    await fullSet([anObject('new')]);
    expect(await stored()).toEqual(['new 1']);
    await sink.begin();
    await sink.add(many(50), 0);
    const completing = sink.complete('9');
    sink.force(clock.now() + 1);
    await completing;
    await fullSet([]);
    expect(await stored()).toEqual([]);
  });

  it('removes nothing outside of its scope', async () => {
    const away = anObject('a', '1', { namespace: 'ml' });
    await fullSet([away, anObject('b')]);
    const other = sinkOf({ kind: 'namespace', namespace: 'shop' });
    const primed: boolean[] = [];
    for await (const page of store.versions('Pod'))
      for (const { key, version } of page) primed.push(other.prime(key, version));
    expect(primed).toEqual([false, true]);
    await fullSet([anObject('b', '2')], other);
    expect(await stored()).toEqual(['a 1', 'b 2']);
  });

  it('leaves out what has no proper name, and counts it', async () => {
    await fullSet([anObject('a/b'), anObject('ok')]);
    expect([await stored(), sink.malformed, sink.count]).toEqual([['ok 1'], 1, 1]);
  });

  it('says how far it is, by namespace too', async () => {
    await sink.begin();
    await sink.add([anObject('a'), anObject('b', '1', { namespace: 'ml' }), anObject('a', '2')], 7);
    expect([sink.count, sink.remaining, [...sink.byNamespace]]).toEqual([
      2,
      7,
      [
        ['shop', 1],
        ['ml', 1],
      ],
    ]);
    await sink.complete('9');
    expect([sink.count, sink.remaining, sink.latestSet]).toEqual([2, 0, 1]);
  });

  it('fails with the write, so that its reflector ends', async () => {
    await fullSet(many(2));
    fail = new LockLostError('kubernetes');
    await expect(sink.apply([{ type: 'ADDED', object: anObject('x') }])).rejects.toThrow(LockLostError);
    await sink.begin();
    await expect(sink.add(many(1_000, '7'), null)).rejects.toThrow(LockLostError);
  });

  it('is as the cluster after any full sets, changes and sets that broke off', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const step = fc.oneof(
      fc.record({ what: fc.constant('change' as const), name, isDeleted: fc.boolean() }),
      fc.record({ what: fc.constant('full-set' as const), breaksAfter: fc.option(fc.nat(3)) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const cluster = new Map<string, ApiObject>();
        let version = 100;
        const own = sinkOf();
        for await (const page of store.versions('Pod'))
          for (const { key, version: known } of page) own.prime(key, known);
        own.force(clock.now() + 1);
        await fullSet([], own);
        for (const each of steps) {
          version += 1;
          if (each.what === 'full-set') {
            const objects = [...cluster.values()];
            await own.begin();
            await own.add(objects.slice(0, each.breaksAfter ?? undefined), null);
            if (each.breaksAfter === null) await own.complete('9');
            continue;
          }
          const before = cluster.get(each.name);
          if (each.isDeleted && before === undefined) continue;
          const object = anObject(each.name, String(version));
          if (each.isDeleted) cluster.delete(each.name);
          else cluster.set(each.name, object);
          await own.apply([{ type: each.isDeleted ? 'DELETED' : before === undefined ? 'ADDED' : 'MODIFIED', object }]);
        }
        own.force(clock.now() + 1);
        await fullSet([...cluster.values()], own);
        expect(await stored()).toEqual(shown([...cluster.values()]));
      }),
      { numRuns: 100 },
    );
  });
});
