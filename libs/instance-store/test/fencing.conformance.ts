import { type LockHold, LockLostError } from '@app/redis';
import { expect, it } from 'vitest';
import { anImport, COMMAND, entriesOf, insert, type MakeStore, novitaId, read, takeLock } from './harness.js';

const N1 = novitaId('n1');

export function fencingConformance(makeStore: MakeStore): void {
  it('takes writes of who holds the lock', async () => {
    const { store, locks } = makeStore();
    const hold = await takeLock(locks);
    const record = await insert(store, { novitaInstanceId: N1 });
    expect((await store.records.write({ ...record, status: 'ready' }, COMMAND, { hold })).outcome).toBe('written');
    await store.digests.note([{ id: record.id, revision: 2, digest: 'p' }], { hold });
    expect(await store.digests.of([N1])).toEqual(['p']);
    expect(await store.records.insertMany([anImport()], { hold })).toEqual([true]);
    expect(await store.records.remove(record.id, 2, { hold })).toBe('removed');
  });

  it('refuses every write of a lock that was lost, and nothing of it is written', async () => {
    const { store, feed, locks } = makeStore();
    const released = await takeLock(locks);
    await locks.release(released);
    const elsewhere = await takeLock(locks, 'elsewhere');
    const lost: [string, LockHold][] = [['released', released]];
    const present = await takeLock(locks);
    lost.push(['taken by another', released]);
    lost.push(['of another name', { ...elsewhere, name: 'sync' }]);
    lost.push(['with another token', { ...present, token: `${present.fence}-x` }]);
    lost.push(['never taken', { ...present, name: 'nobody' }]);

    const record = await insert(store, { novitaInstanceId: N1 });
    for (const [how, hold] of lost) {
      const refused = [
        store.records.write({ ...record, status: 'ready' }, COMMAND, { hold, digest: 'p' }),
        store.records.write({ ...record, revision: 9 }, COMMAND, { hold }),
        store.records.remove(record.id, 1, { hold }),
        store.records.remove(record.id, 9, { hold }),
        store.records.insertMany([anImport()], { hold }),
        store.digests.note([{ id: record.id, revision: 1, digest: 'p' }], { hold }),
      ];
      for (const result of await Promise.allSettled(refused)) {
        expect({ how, result }).toMatchObject({ how, result: { status: 'rejected', reason: { lock: hold.name } } });
        expect(result.status === 'rejected' && result.reason).toBeInstanceOf(LockLostError);
      }
    }
    expect((await read(store, record.id)).record).toEqual(record);
    expect(await store.digests.of([N1])).toEqual(['']);
    expect((await store.records.counts()).total).toBe(1);
    expect(await entriesOf(feed, 10)).toHaveLength(1);
    expect((await store.records.write(record, COMMAND, { hold: present })).outcome).toBe('written');
  });

  it('asks nothing of writes that are made without a lock', async () => {
    const { store, locks } = makeStore();
    await takeLock(locks);
    const record = await insert(store);
    expect((await store.records.write(record, COMMAND)).outcome).toBe('written');
    expect(await store.records.remove(record.id, 2)).toBe('removed');
  });
}
