import { type InstanceChange, type InstanceStore, InvalidCursorError, isInstanceChange } from '@app/instance-store';
import { expect, it } from 'vitest';
import { changesOf, insert, type MakeStore, write } from './harness.js';

/** The whole feed, read in pieces. */
export async function wholeFeed(store: InstanceStore, piece = 50): Promise<InstanceChange[]> {
  const changes: InstanceChange[] = [];
  for (;;) {
    const next = await store.changesAfter(changes.at(-1)?.entryId ?? '0', piece);
    if (next.length === 0) return changes;
    changes.push(...next.filter(isInstanceChange));
  }
}

export function feedConformance(makeStore: MakeStore): void {
  it('tells every write once, in order, with the record as written', async () => {
    const { store, clock } = makeStore();
    const first = await insert(store);
    clock.advance(5);
    const starting = await write(store, { ...first, status: 'starting' });
    const updated = await write(store, { ...starting, novitaStatus: 'pulling' });
    const created = await write(store, { ...updated, status: 'created' });
    const ready = await write(store, { ...created, status: 'ready' });
    await store.remove(ready.id, ready.revision);

    const changes = await changesOf(store, 100);
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
    const { store } = makeStore();
    const first = await insert(store);
    await store.insert(first);
    await store.write({ ...first, revision: 7 }, { kind: 'command' });
    await store.remove(first.id, 7);
    expect(await store.changesAfter('0', 100)).toHaveLength(1);
  });

  it('goes on after any entry, in pieces', async () => {
    const { store } = makeStore();
    for (let i = 0; i < 25; i++) await insert(store, { name: `n${i}` });
    const changes = await wholeFeed(store, 10);
    expect(changes.map(({ record }) => record?.name)).toEqual(Array.from({ length: 25 }, (_, i) => `n${i}`));
    expect(await store.changesAfter(changes[23]?.entryId ?? '', 10)).toEqual([changes[24]]);
    expect(await store.changesAfter(changes[24]?.entryId ?? '', 10)).toEqual([]);
    expect(await store.changesAfter('0', 0)).toEqual([]);
  });

  it('refuses an id that is none', async () => {
    const { store } = makeStore();
    for (const bad of ['', 'x', '1-x', '-', '$', '1-2-3']) {
      await expect(store.changesAfter(bad, 10)).rejects.toBeInstanceOf(InvalidCursorError);
    }
  });

  it('keeps about as many as it is told', async () => {
    const { store } = makeStore({ feedLimit: 200 });
    let record = await insert(store);
    for (let i = 0; i < 600; i++) record = await write(store, record);
    const changes = await wholeFeed(store, 1_000);
    expect(changes.length).toBeGreaterThanOrEqual(200);
    expect(changes.length).toBeLessThanOrEqual(301);
    expect(changes.at(-1)?.revision).toBe(601);
  });
}
