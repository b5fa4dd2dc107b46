import type { InstanceStatus } from '@app/instance-store';
import { expect, it } from 'vitest';
import {
  anImport,
  at,
  COMMAND,
  entriesOf,
  insert,
  type MakeStore,
  novitaId,
  read,
  scannedIds,
  takeLock,
  write,
} from './harness.js';

const N1 = novitaId('n1');
const N2 = novitaId('n2');

export function listingDigestsConformance(makeStore: MakeStore): void {
  it('keeps the digest that a write was made against, and none for a write without one', async () => {
    const { store } = makeStore();
    const first = await insert(store, { novitaInstanceId: N1 });
    expect(await store.digests.of([N1, N2])).toEqual(['', null]);
    await store.records.write(first, COMMAND, { digest: 'p1' });
    expect(await store.digests.of([N2, N1])).toEqual([null, 'p1']);
    await write(store, { ...first, revision: 2 });
    expect(await store.digests.of([N1])).toEqual(['']);
    expect(await store.digests.of([])).toEqual([]);
  });

  it('keeps the digest when a write is refused, and when the instance is used', async () => {
    const { store } = makeStore();
    const first = await insert(store, { novitaInstanceId: N1, desired: { state: 'running', at: at(9), by: 'user:a' } });
    await store.records.write(first, COMMAND, { digest: 'p1' });
    await store.records.write(first, COMMAND, { digest: 'stale' });
    const outdated = { kind: 'observation', observedAt: at(8) } as const;
    await store.records.write({ ...first, revision: 2 }, outdated, { digest: 'outdated' });
    await store.idle.touch(N1, at(10));
    expect(await store.digests.of([N1])).toEqual(['p1']);
  });

  it('follows the provider id to where it goes', async () => {
    const { store } = makeStore();
    const first = await insert(store);
    expect(await store.digests.count()).toBe(0);
    await store.records.write({ ...first, novitaInstanceId: N1 }, COMMAND, { digest: 'p1' });
    expect(await store.digests.of([N1])).toEqual(['p1']);
    await store.records.write({ ...first, novitaInstanceId: N2, revision: 2 }, COMMAND, { digest: 'p2' });
    expect(await store.digests.of([N1, N2])).toEqual([null, 'p2']);
    await write(store, { ...first, novitaInstanceId: null, revision: 3 });
    expect(await store.digests.of([N1, N2])).toEqual([null, null]);
    expect(await store.digests.count()).toBe(0);
  });

  it('knows every live record with a provider id, and no other', async () => {
    const { store } = makeStore();
    const statuses: InstanceStatus[] = ['creating', 'ready', 'stopped', 'deleting', 'failed', 'terminated'];
    const records = [];
    for (const status of statuses) records.push(await insert(store, { status, novitaInstanceId: novitaId(status) }));
    await insert(store);
    const live = statuses.filter((status) => status !== 'terminated').toSorted();
    expect(await scannedIds(store)).toEqual(live);
    expect(await store.digests.count()).toBe(5);

    for (const record of records)
      await store.records.write({ ...record, status: 'terminated' }, COMMAND, { digest: 'p' });
    expect(await store.digests.count()).toBe(0);
    expect(await store.digests.of([novitaId('ready')])).toEqual([null]);
    const [gone] = await store.records.getManyByNovitaId([novitaId('ready')]);
    if (gone === undefined) throw new Error('ready is missing');
    await store.records.write({ ...gone.record, status: 'ready' }, COMMAND, { digest: 'back' });
    expect(await store.digests.of([novitaId('ready')])).toEqual(['back']);
    await store.records.remove(gone.record.id, 3);
    expect(await store.digests.count()).toBe(0);
  });

  it('notes a digest for exactly the revision that is named, without a new one', async () => {
    const { store, feed, locks } = makeStore();
    const hold = await takeLock(locks);
    const first = await insert(store, { novitaInstanceId: N1 });
    const second = await insert(store, { novitaInstanceId: N2 });
    const unknown = await insert(store);
    const gone = await insert(store, { novitaInstanceId: novitaId('n3'), status: 'terminated' });
    const missing = await insert(store, { novitaInstanceId: novitaId('n4') });
    await store.records.remove(missing.id, 1);
    const notes = [first, second, unknown, gone, missing].map(({ id }) => ({ id, revision: 1, digest: `of-${id}` }));
    await store.records.write(second, COMMAND, { digest: 'newer' });
    await store.digests.note(notes, { hold });
    expect(await store.digests.of([N1, N2, novitaId('n3'), novitaId('n4')])).toEqual([
      `of-${first.id}`,
      'newer',
      null,
      null,
    ]);
    expect(await store.digests.count()).toBe(2);
    expect((await read(store, first.id)).record).toEqual(first);
    expect(await entriesOf(feed, 100)).toHaveLength(7);
    await store.digests.note([], { hold });
  });

  it('refuses to note more than 200 at a time', async () => {
    const { store, locks } = makeStore();
    const hold = await takeLock(locks);
    const { id } = await insert(store, { novitaInstanceId: N1 });
    const notes = Array.from({ length: 201 }, () => ({ id, revision: 1, digest: 'p' }));
    await expect(store.digests.note(notes, { hold })).rejects.toBeInstanceOf(RangeError);
    expect(await store.digests.of([N1])).toEqual(['']);
    await store.digests.note(notes.slice(1), { hold });
    expect(await store.digests.of([N1])).toEqual(['p']);
  });

  it('goes through all ids in pieces, until it is aborted', async () => {
    const { store, locks } = makeStore();
    const hold = await takeLock(locks);
    const ids = Array.from({ length: 3_000 }, (_, n) => novitaId(`n${n}`));
    for (let from = 0; from < ids.length; from += 200) {
      const batch = ids.slice(from, from + 200).map((id) => anImport({ novitaInstanceId: id }));
      await store.records.insertMany(batch, { hold });
    }
    expect([...new Set(await scannedIds(store))]).toEqual(ids.toSorted());
    const abort = new AbortController();
    const pieces: number[] = [];
    const scan = async () => {
      for await (const batch of store.digests.scanNovitaIds(abort.signal)) {
        pieces.push(batch.length);
        abort.abort(new Error('enough'));
      }
    };
    await expect(scan()).rejects.toThrow('enough');
    expect(pieces).toHaveLength(1);
    expect(pieces[0]).toBeLessThan(2_000);
    await expect(scan()).rejects.toThrow('enough');
    expect(pieces).toHaveLength(1);
    expect(await scannedIds(makeStore().store)).toEqual([]);
  });
}
