import {
  type InstanceQuery,
  type InstanceRecord,
  type InstanceSort,
  type InstanceStore,
  InvalidCursorError,
  instanceIdFromUlid,
} from '@app/instance-store';
import { beforeEach, describe, expect, it } from 'vitest';
import { at, insert, type MakeStore, shuffled, write } from './harness.js';

/** All pages of a query, each checked to be no longer than asked for. */
export async function allPages(store: InstanceStore, query: InstanceQuery): Promise<InstanceRecord[][]> {
  const pages: InstanceRecord[][] = [];
  let cursor: string | null = null;
  do {
    const page = await store.list(cursor === null ? query : { ...query, cursor });
    expect(page.instances.length).toBeLessThanOrEqual(query.limit);
    pages.push(page.instances.map(({ record }) => record));
    cursor = page.nextCursor;
    if (pages.length > 1_000) throw new Error('the pages do not end');
  } while (cursor !== null);
  return pages;
}

const names = (records: readonly InstanceRecord[]): string[] => records.map(({ name }) => name);

export function listConformance(makeStore: MakeStore): void {
  describe('of a small fleet', () => {
    let store: InstanceStore;

    beforeEach(async () => {
      ({ store } = makeStore());
      await insert(store, { name: 'b', status: 'ready', timestamps: { created: at(1) }, spec: { region: 'R1' } });
      await insert(store, { name: 'ab', status: 'ready', timestamps: { created: at(2) }, spec: { region: 'R2' } });
      await insert(store, { name: 'a', status: 'failed', timestamps: { created: at(3) }, spec: { region: 'R1' } });
      await insert(store, { name: 'abc', status: 'stopped', timestamps: { created: at(4) }, spec: { region: null } });
    });

    const listed = async (query: Partial<InstanceQuery>) => {
      const page = await store.list({ limit: 10, sort: 'name', ...query });
      expect(page.nextCursor).toBeNull();
      return { names: names(page.instances.map(({ record }) => record)), total: page.total };
    };

    it('sorts', async () => {
      expect((await listed({ sort: 'name' })).names).toEqual(['a', 'ab', 'abc', 'b']);
      expect((await listed({ sort: '-name' })).names).toEqual(['b', 'abc', 'ab', 'a']);
      expect((await listed({ sort: 'createdAt' })).names).toEqual(['b', 'ab', 'a', 'abc']);
      expect((await listed({ sort: '-createdAt' })).names).toEqual(['abc', 'a', 'ab', 'b']);
    });

    it('filters by status, region, beginning of the name, and all of them', async () => {
      expect(await listed({ statuses: ['ready'] })).toEqual({ names: ['ab', 'b'], total: 2 });
      expect(await listed({ statuses: ['ready', 'failed', 'ready'] })).toEqual({ names: ['a', 'ab', 'b'], total: 3 });
      expect(await listed({ statuses: [] })).toEqual({ names: [], total: 0 });
      expect(await listed({ region: 'R1' })).toEqual({ names: ['a', 'b'], total: 2 });
      expect(await listed({ region: 'R3' })).toEqual({ names: [], total: 0 });
      expect(await listed({ namePrefix: 'ab' })).toEqual({ names: ['ab', 'abc'], total: 2 });
      expect(await listed({ namePrefix: 'ab', sort: '-createdAt' })).toEqual({ names: ['abc', 'ab'], total: 2 });
      expect(await listed({ statuses: ['failed', 'stopped'], region: 'R1', namePrefix: 'a' })).toEqual({
        names: ['a'],
        total: 1,
      });
    });

    it('finds by the whole name only', async () => {
      await insert(store, { name: 'ab' });
      expect(names((await store.findByName('ab', 10)).map(({ record }) => record))).toEqual(['ab', 'ab']);
      expect(await store.findByName('ab', 1)).toHaveLength(1);
      expect(await store.findByName('ab', 0)).toEqual([]);
    });

    it('counts by status', async () => {
      const counts = await store.counts();
      expect(counts.total).toBe(4);
      expect(counts.byStatus).toMatchObject({ ready: 2, failed: 1, stopped: 1, creating: 0, terminated: 0 });
    });

    it('follows a write', async () => {
      const [stored] = await store.findByName('b', 1);
      if (stored === undefined) throw new Error('b is missing');
      await write(store, { ...stored.record, status: 'stopping', spec: { ...stored.record.spec, region: 'R2' } });
      expect((await listed({ statuses: ['ready'] })).names).toEqual(['ab']);
      expect((await listed({ statuses: ['stopping'], region: 'R2' })).names).toEqual(['b']);
      expect((await listed({ region: 'R1' })).names).toEqual(['a']);
      expect((await store.counts()).byStatus).toMatchObject({ ready: 1, stopping: 1 });
    });

    it('refuses a cursor that it did not make for this order, and a page of no size', async () => {
      const { nextCursor } = await store.list({ limit: 1, sort: 'name' });
      const cursor = nextCursor ?? '';
      const rubbish = ['', '%', 'abc', Buffer.from('["name","x"]').toString('base64url'), `${cursor}x`.slice(3)];
      for (const bad of rubbish) {
        await expect(store.list({ limit: 1, sort: 'name', cursor: bad })).rejects.toBeInstanceOf(InvalidCursorError);
      }
      for (const sort of ['-name', 'createdAt', '-createdAt'] satisfies InstanceSort[]) {
        await expect(store.list({ limit: 1, sort, cursor })).rejects.toBeInstanceOf(InvalidCursorError);
      }
      for (const limit of [0, 201, 1.5]) {
        await expect(store.list({ limit, sort: 'name' })).rejects.toBeInstanceOf(RangeError);
      }
    });

    it('keeps to the filters with a cursor of another query', async () => {
      // In order: a, aa, ab, abc, ac, b. Some lie between each cursor and the range of the prefix.
      await insert(store, { name: 'aa' });
      await insert(store, { name: 'ac' });
      const cursorAfter = async (limit: number, sort: InstanceSort): Promise<string> =>
        (await store.list({ limit, sort })).nextCursor ?? '';
      for (const [sort, seen, expected] of [
        ['name', 1, ['ab', 'abc']],
        ['name', 3, ['abc']],
        ['name', 5, []],
        ['-name', 1, ['abc', 'ab']],
        ['-name', 3, ['ab']],
        ['-name', 5, []],
      ] as const) {
        const cursor = await cursorAfter(seen, sort);
        const { names: found } = await listed({ sort, namePrefix: 'ab', cursor });
        expect({ sort, seen, found }).toEqual({ sort, seen, found: expected });
      }
    });
  });

  describe('of a group', () => {
    const IGNORED = { by: 'user:a', at: at(1) } as const;

    it('holds the live ones made elsewhere, apart from those that were set aside', async () => {
      const { store } = makeStore();
      await insert(store, { name: 'mine' });
      await insert(store, { name: 'ours', origin: 'adopted' });
      await insert(store, { name: 'gone', origin: 'discovered', status: 'terminated' });
      const a = await insert(store, {
        name: 'a',
        origin: 'discovered',
        status: 'ready',
        timestamps: { created: at(2) },
      });
      await insert(store, { name: 'b', origin: 'discovered', timestamps: { created: at(1) }, spec: { region: null } });
      const c = await insert(store, { name: 'c', origin: 'discovered', ignored: IGNORED });
      const listed = async (query: Partial<InstanceQuery>) => {
        const { instances, total } = await store.list({ limit: 10, sort: 'name', ...query });
        return [names(instances.map(({ record }) => record)), total];
      };
      expect(await listed({ group: 'orphan' })).toEqual([['a', 'b'], 2]);
      expect(await listed({ group: 'orphan', sort: 'createdAt' })).toEqual([['b', 'a'], 2]);
      expect(await listed({ group: 'ignored-orphan' })).toEqual([['c'], 1]);
      expect((await allPages(store, { limit: 1, sort: '-name', group: 'orphan' })).map(names)).toEqual([['b'], ['a']]);
      expect(await store.counts()).toMatchObject({ total: 6, discovered: 4 });

      await write(store, { ...a, ignored: IGNORED });
      const adopted = await write(store, { ...c, origin: 'adopted', ignored: null });
      expect(await listed({ group: 'orphan' })).toEqual([['b'], 1]);
      expect(await listed({ group: 'ignored-orphan' })).toEqual([['a'], 1]);
      expect(await store.counts()).toMatchObject({ total: 6, discovered: 3 });
      await store.remove(adopted.id, 2);
      expect(await store.counts()).toMatchObject({ total: 5, discovered: 3 });
    });

    it('takes no other filter', async () => {
      const { store } = makeStore();
      for (const filter of [{ statuses: ['ready'] }, { region: 'R1' }, { namePrefix: 'a' }] as const) {
        const query = { limit: 10, sort: 'name', group: 'orphan', ...filter } as const;
        await expect(store.list(query)).rejects.toBeInstanceOf(RangeError);
      }
    });
  });

  it.each(['createdAt', '-createdAt', 'name', '-name'] as const)(
    'shows each once by %s while others come and go',
    async (sort) => {
      const { store } = makeStore();
      // Few names and times of creation: most are ties, broken by id.
      const makeOne = (n: number, tag: string) =>
        insert(store, {
          id: instanceIdFromUlid(`01J${String(n).padStart(22, '0')}${tag}`),
          name: `n${n % 7}`,
          timestamps: { created: at(n % 5) },
          status: n % 2 === 0 ? 'ready' : 'stopped',
        });
      const stay: string[] = [];
      for (const n of shuffled(Array.from({ length: 120 }, (_, i) => i))) stay.push((await makeOne(n, 'A')).id);
      const passing = await Promise.all(Array.from({ length: 30 }, (_, n) => makeOne(n, 'B')));

      const seen: string[] = [];
      let cursor: string | null = null;
      for (let page = 0; page === 0 || cursor !== null; page++) {
        const query: InstanceQuery = { limit: 7, sort, statuses: ['ready', 'stopped'] };
        const answer = await store.list(cursor === null ? query : { ...query, cursor });
        seen.push(...answer.instances.map(({ record }) => record.id));
        cursor = answer.nextCursor;
        await makeOne(page, 'C');
        const leaving = passing.pop();
        if (leaving !== undefined) await store.remove(leaving.id, 1);
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((id) => stay.includes(id)).toSorted()).toEqual(stay.toSorted());
    },
  );

  it('tells what is due, the most overdue first', async () => {
    const { store } = makeStore();
    const late = await insert(store, { deadlines: { nextReconcileAt: at(20), startupBy: at(1) } });
    const later = await insert(store, { deadlines: { nextReconcileAt: at(10) } });
    await insert(store, { deadlines: { nextReconcileAt: at(30) } });
    await insert(store);
    expect(await store.due('nextReconcileAt', at(9.999), 10)).toEqual([]);
    expect(await store.due('nextReconcileAt', at(20), 10)).toEqual([later.id, late.id]);
    expect(await store.due('nextReconcileAt', at(99), 1)).toEqual([later.id]);
    expect(await store.due('nextReconcileAt', at(99), 0)).toEqual([]);
    await write(store, { ...later, deadlines: { purgeAt: at(5) } });
    expect(await store.due('nextReconcileAt', at(20), 10)).toEqual([late.id]);
    expect(await store.due('purgeAt', at(20), 10)).toEqual([later.id]);
    expect(await store.due('startupBy', at(20), 10)).toEqual([late.id]);
    await write(store, { ...late, deadlines: { ...late.deadlines, nextReconcileAt: at(40) } });
    expect(await store.due('nextReconcileAt', at(35), 10)).toHaveLength(1);
  });
}
