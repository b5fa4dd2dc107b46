import {
  type InstanceRecord,
  type InstanceStatus,
  type InstanceStore,
  instanceIdFromUlid,
  type StoredInstance,
} from '@app/instance-store';
import { beforeEach, describe, expect, it } from 'vitest';
import { at, insert, type MakeStore, shuffled, write } from './harness.js';

/** All pages, each checked to be no longer than asked for. */
export async function allPages(
  store: InstanceStore,
  limit: number,
  statuses?: readonly InstanceStatus[],
): Promise<StoredInstance[][]> {
  const pages: StoredInstance[][] = [];
  let cursor: string | null = null;
  do {
    const page = await store.records.scan(cursor, limit, statuses);
    expect(page.instances.length).toBeLessThanOrEqual(limit);
    pages.push([...page.instances]);
    cursor = page.nextCursor;
    if (pages.length > 1_000) throw new Error('the pages do not end');
  } while (cursor !== null);
  return pages;
}

const names = (stored: readonly { readonly record: InstanceRecord }[]): string[] =>
  stored.map(({ record }) => record.name);

export function scanConformance(makeStore: MakeStore): void {
  describe('of a small fleet', () => {
    let store: InstanceStore;

    beforeEach(async () => {
      ({ store } = makeStore());
      await insert(store, { name: 'b', status: 'ready', timestamps: { created: at(1) } });
      await insert(store, { name: 'ab', status: 'ready', timestamps: { created: at(2) } });
      await insert(store, { name: 'a', status: 'failed', timestamps: { created: at(3) } });
      await insert(store, { name: 'abc', status: 'stopped', timestamps: { created: at(4) } });
    });

    it('goes through all by time of creation', async () => {
      expect((await allPages(store, 3)).map(names)).toEqual([['b', 'ab', 'a'], ['abc']]);
      expect((await allPages(store, 4)).map(names)).toEqual([['b', 'ab', 'a', 'abc']]);
    });

    it('leaves other statuses out of its pages', async () => {
      expect((await allPages(store, 2, ['ready', 'stopped'])).map(names)).toEqual([['b', 'ab'], ['abc']]);
      expect((await allPages(store, 1, ['failed'])).map(names)).toEqual([[], [], ['a'], []]);
      await expect(store.records.scan(null, 201)).rejects.toBeInstanceOf(RangeError);
    });

    it('finds by the whole name only', async () => {
      await insert(store, { name: 'ab' });
      expect(names(await store.records.findByName('ab', 10))).toEqual(['ab', 'ab']);
      expect(await store.records.findByName('ab', 1)).toHaveLength(1);
      expect(await store.records.findByName('ab', 0)).toEqual([]);
    });

    it('counts by status, and those made elsewhere', async () => {
      await insert(store, { origin: 'discovered', status: 'ready' });
      const counts = await store.records.counts();
      expect([counts.total, counts.discovered]).toEqual([5, 1]);
      expect(counts.byStatus).toMatchObject({ ready: 3, failed: 1, stopped: 1, creating: 0, terminated: 0 });
    });

    it('follows a write', async () => {
      const [stored] = await store.records.findByName('b', 1);
      if (stored === undefined) throw new Error('b is missing');
      await write(store, { ...stored.record, status: 'stopping' });
      expect((await allPages(store, 9, ['ready'])).map(names)).toEqual([['ab']]);
      expect((await allPages(store, 9, ['stopping'])).map(names)).toEqual([['b']]);
      expect((await store.records.counts()).byStatus).toMatchObject({ ready: 1, stopping: 1 });
    });
  });

  it('shows each once while others come and go', async () => {
    const { store } = makeStore();
    // Few times of creation: most are ties, broken by id.
    const makeOne = (n: number, tag: string) =>
      insert(store, {
        id: instanceIdFromUlid(`01J${String(n).padStart(22, '0')}${tag}`),
        timestamps: { created: at(n % 5) },
      });
    const stay: string[] = [];
    for (const n of shuffled(Array.from({ length: 120 }, (_, i) => i))) stay.push((await makeOne(n, 'A')).id);
    const passing = await Promise.all(Array.from({ length: 30 }, (_, n) => makeOne(n, 'B')));

    const seen: string[] = [];
    let cursor: string | null = null;
    for (let page = 0; page === 0 || cursor !== null; page++) {
      const answer = await store.records.scan(cursor, 7);
      seen.push(...answer.instances.map(({ record }) => record.id));
      cursor = answer.nextCursor;
      await makeOne(page, 'C');
      const leaving = passing.pop();
      if (leaving !== undefined) await store.records.remove(leaving.id, 1);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => stay.includes(id)).toSorted()).toEqual(stay.toSorted());
  });

  it('reports what is due, the most overdue first', async () => {
    const { store } = makeStore();
    const late = await insert(store, { deadlines: { nextReconcileAt: at(20), startupBy: at(1) } });
    const later = await insert(store, { deadlines: { nextReconcileAt: at(10) } });
    await insert(store, { deadlines: { nextReconcileAt: at(30) } });
    await insert(store);
    expect(await store.deadlines.due('nextReconcileAt', at(9.999), 10)).toEqual([]);
    expect(await store.deadlines.due('nextReconcileAt', at(20), 10)).toEqual([later.id, late.id]);
    expect(await store.deadlines.due('nextReconcileAt', at(99), 1)).toEqual([later.id]);
    expect(await store.deadlines.due('nextReconcileAt', at(99), 0)).toEqual([]);
    await write(store, { ...later, deadlines: { purgeAt: at(5) } });
    expect(await store.deadlines.due('nextReconcileAt', at(20), 10)).toEqual([late.id]);
    expect(await store.deadlines.due('purgeAt', at(20), 10)).toEqual([later.id]);
    expect(await store.deadlines.due('startupBy', at(20), 10)).toEqual([late.id]);
    await write(store, { ...late, deadlines: { ...late.deadlines, nextReconcileAt: at(40) } });
    expect(await store.deadlines.due('nextReconcileAt', at(35), 10)).toHaveLength(1);
  });
}
