import { type InstanceId, type NovitaInstanceId, StoreUnavailableError } from '@app/instance-store';
import { anInstance } from '@app/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeInstanceStore } from '../../test/support/fleet-fakes.js';
import { SharedReads } from './shared-reads.js';

describe('SharedReads', () => {
  let store: FakeInstanceStore;
  let reads: SharedReads;
  const absent = 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' as InstanceId;

  beforeEach(() => {
    store = new FakeInstanceStore();
    reads = new SharedReads(store);
  });

  it('reads several of one turn in one round trip', async () => {
    const records = [anInstance(), anInstance(), anInstance()].map((record) => store.put(record).record);
    const getMany = vi.spyOn(store, 'getMany');
    const get = vi.spyOn(store, 'get');
    const read = await Promise.all(records.map(({ id }) => reads.get(id)));
    expect(read.map((stored) => stored?.record)).toEqual(records);
    expect(getMany).toHaveBeenCalledTimes(1);
    expect(get).not.toHaveBeenCalled();
  });

  it('reads a single one, and one by the id of Novita, as the store does', async () => {
    const { record } = store.put(anInstance({ novitaInstanceId: 'abc123' as NovitaInstanceId }));
    expect((await reads.get(record.id))?.record).toBe(record);
    expect((await reads.get('abc123' as NovitaInstanceId))?.record).toBe(record);
  });

  it('asks again by itself for one that is not among them: it may be damaged rather than missing', async () => {
    const { record } = store.put(anInstance());
    const damaged = new Error('damaged');
    vi.spyOn(store, 'get').mockRejectedValue(damaged);
    const [found, lost] = await Promise.allSettled([reads.get(record.id), reads.get(absent)]);
    expect(found).toMatchObject({ status: 'fulfilled', value: { record } });
    expect(lost).toEqual({ status: 'rejected', reason: damaged });
  });

  it('says that there is none, and that the store is away', async () => {
    const { record } = store.put(anInstance());
    expect((await Promise.all([reads.get(record.id), reads.get(absent)]))[1]).toBeNull();
    store.failure = new StoreUnavailableError('away');
    const results = await Promise.allSettled([reads.get(record.id), reads.get(absent)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('asks once for one query of one turn, and apart for different ones', async () => {
    const query = { limit: 50, sort: '-createdAt' } as const;
    const [a, b] = await Promise.all([
      reads.list(query),
      reads.list({ ...query }),
      reads.list({ ...query, limit: 10 }),
    ]);
    expect(a).toBe(b);
    expect(store.queries).toEqual([query, { ...query, limit: 10 }]);
    await reads.list(query);
    expect(store.queries).toHaveLength(3);
  });
});
