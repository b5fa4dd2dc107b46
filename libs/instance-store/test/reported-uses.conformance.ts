import type { InstanceId } from '@app/instance-store';
import { expect, it } from 'vitest';
import { at, insert, novitaId } from './harness.js';
import type { Ground } from './watch-cache-harness.js';

/** What readers of the latest uses get without asking of every record. */
export function reportedUsesConformance(make: () => Ground): void {
  it('reports each use that moved a record, once, in the order of the reports', async () => {
    const { store, marks, feed } = make();
    const first = await insert(store, { novitaInstanceId: novitaId('n1') });
    const second = await insert(store);
    const begin = await marks.latestUse();
    await store.idle.touch(first.id, at(5));
    await Promise.all([store.idle.touch(second.id, at(7)), store.idle.touch(novitaId('n1'), at(6))]);
    // These move nothing.
    await store.idle.touch(first.id, at(4));
    await store.idle.touch('ins_00000000000000000000000000' as InstanceId, at(9));
    const read = await marks.usesAfter(begin);
    expect(read).toMatchObject({ hasMore: false, feedPosition: await feed.latestId() });
    expect(read?.uses).toEqual([
      { id: first.id, at: at(5) },
      { id: second.id, at: at(7) },
      { id: first.id, at: at(6) },
    ]);
    expect(read?.position).toBe(await marks.latestUse());
    expect(await marks.usesAfter(read?.position ?? '')).toMatchObject({ uses: [], position: read?.position });
    await store.idle.touch(second.id, at(8));
    expect((await marks.usesAfter(read?.position ?? ''))?.uses).toEqual([{ id: second.id, at: at(8) }]);
  });

  it('reports the use of a record that is written back', async () => {
    const { store, marks } = make();
    const record = await insert(store);
    await store.records.remove(record.id, record.revision);
    const begin = await marks.latestUse();
    await store.records.restore([{ record, lastUsedAt: at(3) }]);
    expect((await marks.usesAfter(begin))?.uses).toEqual([{ id: record.id, at: at(3) }]);
  });

  it('goes on piece by piece when there are many', async () => {
    const { store, marks } = make();
    const { id } = await insert(store);
    const begin = await marks.latestUse();
    // One after another, so that each is a report of its own.
    for (let second = 0; second < 620; second++) await store.idle.touch(id, at(second));
    const seconds: number[] = [];
    for (let position = begin; ; ) {
      const read = await marks.usesAfter(position);
      if (read === null) throw new Error('uses are gone');
      for (const use of read.uses) seconds.push((Date.parse(use.at) - Date.parse(at(0))) / 1_000);
      position = read.position;
      if (!read.hasMore) break;
    }
    expect(seconds).toEqual(Array.from({ length: 620 }, (_, second) => second));
  });

  it('answers no more than a few thousand uses at once, however many come in together', async () => {
    const { store, marks } = make();
    const ids: InstanceId[] = [];
    for (let n = 0; n < 200; n++) ids.push((await insert(store)).id);
    const begin = await marks.latestUse();
    const rounds = 15;
    for (let round = 0; round < rounds; round++) {
      await Promise.all(ids.map((id) => store.idle.touch(id, at(round))));
    }
    let reported = 0;
    for (let position = begin; ; ) {
      const read = await marks.usesAfter(position);
      if (read === null) throw new Error('uses are gone');
      expect(read.uses.length).toBeLessThan(2_500);
      reported += read.uses.length;
      position = read.position;
      if (!read.hasMore) break;
    }
    expect(reported).toBe(rounds * ids.length);
  });
}
