import { type ChangeFeed, type FeedEntry, type InstanceChange, isInstanceChange } from '@app/instance-store';
import { inSpan } from '@app/platform';
import { SpanRecorder } from '@app/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { anImport, at, changesOf, entriesOf, insert, type MakeStore, takeLock, write } from './harness.js';

/** The whole feed, read in pieces. */
export async function wholeFeed(feed: ChangeFeed, piece = 50): Promise<InstanceChange[]> {
  const entries: FeedEntry[] = [];
  for (;;) {
    const next = await feed.after(entries.at(-1)?.entryId ?? '0-0', piece);
    if (next === null) throw new Error('entries are missing');
    entries.push(...next);
    if (next.length < piece) return entries.filter(isInstanceChange);
  }
}

/** The events that the writes of a store emit. */
export function feedConformance(makeStore: MakeStore): void {
  it('names the span that a change was written in, and none while traces are off', async () => {
    const { store, feed } = makeStore();
    const first = await insert(store);
    const traces = SpanRecorder.start();
    onTestFinished(() => traces.stop());
    const starting = await inSpan(
      'work',
      () => ({}),
      () => write(store, { ...first, status: 'starting' }),
    );
    await write(store, { ...starting, novitaStatus: 'pulling' });
    const [span] = traces.spans;
    const changes = await changesOf(feed, 100);
    expect(changes.map(({ trace }) => trace)).toEqual([undefined, `00-${span?.traceId}-${span?.spanId}-01`, undefined]);
    expect(changes.map((change) => 'trace' in change)).toEqual([false, true, false]);
  });

  it('emits every write once, in order, with the record as written', async () => {
    const { store, feed, clock } = makeStore();
    const first = await insert(store);
    clock.advance(5);
    const starting = await write(store, { ...first, status: 'starting' });
    const updated = await write(store, { ...starting, novitaStatus: 'pulling' });
    const created = await write(store, { ...updated, status: 'created' });
    const ready = await write(store, { ...created, status: 'ready' });
    await store.records.remove(ready.id, ready.revision);

    const changes = await changesOf(feed, 100);
    expect(changes.map(({ type, revision }) => [type, revision])).toEqual([
      ['instance.created', 1],
      ['instance.starting', 2],
      ['instance.updated', 3],
      ['instance.updated', 4],
      ['instance.ready', 5],
      ['instance.removed', 5],
    ]);
    expect(changes.map(({ record }) => record)).toEqual([first, starting, updated, created, ready, null]);
    expect(changes.every(({ instanceId }) => instanceId === first.id)).toBe(true);
    expect(changes[1]?.at).toBe(clock.timestamp());
    expect(new Set(changes.map(({ entryId }) => entryId)).size).toBe(changes.length);
  });

  it('says nothing of what was refused', async () => {
    const { store, feed } = makeStore();
    const first = await insert(store);
    await store.records.insert(first);
    await store.records.write({ ...first, revision: 7 }, { kind: 'command' });
    await store.records.remove(first.id, 7);
    expect(await entriesOf(feed, 100)).toHaveLength(1);
  });

  describe('has its own word', () => {
    it('for the record of an instance that was made elsewhere, however it is inserted', async () => {
      const { store, feed, locks } = makeStore();
      const hold = await takeLock(locks);
      const orphan = await insert(store, { origin: 'discovered' });
      const ours = await insert(store, { origin: 'adopted' });
      const imports = [anImport(), anImport({ origin: 'adopted' }), anImport({ status: 'terminated' })];
      await store.records.insertMany(imports, { hold });
      const adopted = await write(store, { ...orphan, origin: 'adopted' });
      expect((await changesOf(feed, 100)).map(({ type, instanceId }) => [type, instanceId])).toEqual([
        ['instance.orphan_detected', orphan.id],
        ['instance.created', ours.id],
        ['instance.orphan_detected', imports[0]?.record.id],
        ['instance.created', imports[1]?.record.id],
        ['instance.orphan_detected', imports[2]?.record.id],
        ['instance.updated', adopted.id],
      ]);
    });

    it('for a stop that auto-stop requested, right after the stop', async () => {
      const { store, feed } = makeStore();
      const desired = { state: 'stopped', at: at(1), by: 'auto-stop' } as const;
      const ready = await insert(store, { status: 'ready' });
      const stopping = await write(store, { ...ready, desired, status: 'stopping' });
      const stopped = await write(store, { ...stopping, status: 'stopped' });
      const observed = await write(store, { ...stopped, novitaStatus: 'exited' });
      const byUser = { ...desired, by: 'user:a' } as const;
      const again = await write(store, { ...observed, desired: byUser, status: 'stopping' });
      await write(store, { ...again, status: 'stopped' });
      const changes = await changesOf(feed, 100);
      expect(changes.map(({ type, revision }) => [type, revision])).toEqual([
        ['instance.created', 1],
        ['instance.stopping', 2],
        ['instance.stopped', 3],
        ['instance.auto_stopped', 3],
        ['instance.updated', 4],
        ['instance.stopping', 5],
        ['instance.stopped', 6],
      ]);
      expect(changes[3]?.record).toEqual(stopped);
    });

    it('for the end of a migration, right after what it led to', async () => {
      const { store, feed } = makeStore();
      const ready = await insert(store, { status: 'ready' });
      const migrating = await write(store, { ...ready, status: 'migrating' });
      const running = await write(store, { ...migrating, status: 'running' });
      const again = await write(store, { ...running, status: 'migrating' });
      const failed = await write(store, { ...again, status: 'failed' });
      await write(store, { ...failed, status: 'starting' });
      expect((await changesOf(feed, 100)).map(({ type }) => type)).toEqual([
        'instance.created',
        'instance.migrating',
        'instance.running',
        'instance.migrated',
        'instance.migrating',
        'instance.failed',
        'instance.starting',
      ]);
    });
  });
}
