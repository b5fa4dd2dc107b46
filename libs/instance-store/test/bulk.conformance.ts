import type { InstanceId, InstanceRecord } from '@app/instance-store';
import { describe, expect, it } from 'vitest';
import { withCost } from '../src/plan/cost.js';
import {
  anImport,
  at,
  COMMAND,
  changesOf,
  entriesOf,
  insert,
  type MakeStore,
  novitaId,
  read,
  takeLock,
  write,
} from './harness.js';

export function bulkConformance(makeStore: MakeStore): void {
  describe('insertMany', () => {
    it('does for each what insert does, and keeps its digest', async () => {
      const { store, feed, locks, clock } = makeStore();
      const hold = await takeLock(locks);
      const imports = Array.from({ length: 200 }, (_, n) =>
        anImport(
          {
            novitaInstanceId: novitaId(`n${n}`),
            name: `träning-😀-${n % 7}`,
            marker: n % 2 === 0 ? `-nfttm${n}` : '',
            status: n % 3 === 0 ? 'stopped' : 'ready',
            origin: n % 5 === 0 ? 'adopted' : 'discovered',
            deadlines: n % 4 === 0 ? { nextReconcileAt: at(n) } : {},
            timestamps: { created: at(n) },
            spec: { region: n % 6 === 0 ? null : `R${n % 3}`, envs: [{ key: 'TOKEN', value: 'a"b\\c\n' }] },
          },
          `digest-${n}`,
        ),
      );
      expect(await store.records.insertMany(imports, { hold })).toEqual(imports.map(() => true));

      const ids = imports.map(({ record }) => record.id);
      const stored = imports.map(({ record }) => ({
        record: withCost({ ...record, revision: 1 }, clock.now()),
        lastUsedAt: null,
      }));
      expect(await store.records.getMany(ids)).toEqual(stored);
      expect(await store.records.get(novitaId('n7'))).toEqual(stored[7]);
      expect(await store.records.findByMarker('-nfttm8')).toEqual(stored[8]);
      expect(await store.digests.of([novitaId('n0'), novitaId('n199')])).toEqual(['digest-0', 'digest-199']);
      expect(await store.digests.count()).toBe(200);
      expect(await store.deadlines.due('nextReconcileAt', at(8), 10)).toEqual([ids[0], ids[4], ids[8]]);
      expect(await store.records.counts()).toMatchObject({
        total: 200,
        discovered: 160,
        byStatus: { stopped: 67, ready: 133 },
      });
      const changes = await changesOf(feed, 1_000);
      expect(changes.map(({ type, record, revision }) => [type, record, revision])).toEqual(
        stored.map(({ record }) => [
          record.origin === 'discovered' ? 'instance.orphan_detected' : 'instance.created',
          record,
          1,
        ]),
      );
      const listed = await store.records.scan(null, 200, ['stopped']);
      expect(listed.instances.map(({ record }) => record.id)).toEqual(
        imports.filter(({ record }) => record.status === 'stopped').map(({ record }) => record.id),
      );
    });

    it('inserts those that are free and says which', async () => {
      const { store, feed, locks } = makeStore();
      const hold = await takeLock(locks);
      const holder = await insert(store, { novitaInstanceId: novitaId('n1'), marker: '-nfttheld' });
      const gone = await insert(store, { novitaInstanceId: novitaId('n2'), status: 'terminated' });
      const inserted = await store.records.insertMany(
        [
          anImport({ novitaInstanceId: novitaId('n1') }),
          anImport({ novitaInstanceId: novitaId('n2') }),
          anImport({ novitaInstanceId: novitaId('n3') }),
          anImport({ marker: '-nfttheld' }),
          anImport({ id: holder.id }),
          anImport(),
        ],
        { hold },
      );
      expect(inserted).toEqual([false, false, true, false, false, true]);
      expect((await store.records.counts()).total).toBe(4);
      expect(await store.digests.of(['n1', 'n2', 'n3'].map(novitaId))).toEqual(['', null, 'p']);
      expect((await read(store, holder.id)).record).toEqual(holder);
      expect((await read(store, gone.id)).record).toEqual(gone);
      expect(await entriesOf(feed, 100)).toHaveLength(4);
    });

    it('lets the first of a batch have what several want, unless it was refused itself', async () => {
      const { store, locks } = makeStore();
      const hold = await takeLock(locks);
      const held = await insert(store, { novitaInstanceId: novitaId('held') });
      const first = anImport({ novitaInstanceId: novitaId('n1') }, 'first');
      const inserted = await store.records.insertMany(
        [
          first,
          anImport({ novitaInstanceId: novitaId('n1') }, 'second'),
          anImport({ id: first.record.id, novitaInstanceId: novitaId('n2') }),
          anImport({ novitaInstanceId: novitaId('held'), marker: '-nfttm' }),
          anImport({ novitaInstanceId: novitaId('n3'), marker: '-nfttm' }),
          anImport({ novitaInstanceId: novitaId('n4'), marker: '-nfttm' }),
        ],
        { hold },
      );
      expect(inserted).toEqual([true, false, false, false, true, false]);
      expect((await store.records.counts()).total).toBe(3);
      expect(await store.digests.of(['n1', 'n2', 'n3', 'n4'].map(novitaId))).toEqual(['first', null, 'p', null]);
      expect((await store.records.get(novitaId('held')))?.record).toEqual(held);
    });

    it('refuses more than 200 at a time, and takes none', async () => {
      const { store, locks } = makeStore();
      const hold = await takeLock(locks);
      const imports = Array.from({ length: 201 }, () => anImport());
      await expect(store.records.insertMany(imports, { hold })).rejects.toBeInstanceOf(RangeError);
      expect(await store.records.insertMany([], { hold })).toEqual([]);
      expect((await store.records.counts()).total).toBe(0);
    });

    it('repairs time stamps as every write does', async () => {
      const { store, locks } = makeStore();
      const hold = await takeLock(locks);
      const timestamps = { created: 'soon', started: null, stopped: at(4) };
      const broken = [
        { timestamps, deadlines: { startupBy: '', purgeAt: at(9) }, observedAt: 'soon', missingSince: 'x' },
        { observedAt: 'soon', missingSince: '2026-01-01T01:00:00+01:00' },
      ];
      const imports = broken.map((overrides) => anImport(overrides as never));
      expect(await store.records.insertMany(imports, { hold })).toEqual([true, true]);
      const [first, second] = (await store.records.getMany(imports.map(({ record }) => record.id))) as [never, never];
      const { record } = first as { record: InstanceRecord };
      expect(Number.isNaN(Date.parse(record.timestamps.created))).toBe(false);
      expect(record).toMatchObject({ deadlines: { purgeAt: at(9) }, observedAt: null, missingSince: null });
      expect(second).toMatchObject({ record: { observedAt: null, missingSince: at(0) } });
      expect(await store.deadlines.due('startupBy', at(100), 10)).toEqual([]);
      const listed = (await store.records.scan(null, 9)).instances.map((stored) => stored.record);
      const ordered = listed.toSorted((a, b) => (a.timestamps.created < b.timestamps.created ? -1 : 1));
      expect(listed).toEqual(ordered);
    });

    it('leaves records that can be written, moved and removed like any other', async () => {
      const { store, locks } = makeStore();
      const hold = await takeLock(locks);
      const { record } = anImport({ novitaInstanceId: novitaId('n1'), deadlines: { purgeAt: at(1) } });
      await store.records.insertMany([{ record, digest: 'p' }], { hold });
      const adopted = await write(store, { ...(await read(store, record.id)).record, origin: 'adopted', name: 'ours' });
      expect(await store.records.counts()).toMatchObject({ total: 1, discovered: 0 });
      expect(await store.records.findByName(record.name, 9)).toEqual([]);
      expect(await store.records.remove(adopted.id, 2)).toBe('removed');
      expect(await store.records.scan(null, 9)).toEqual({ instances: [], nextCursor: null });
      expect(await store.deadlines.due('purgeAt', at(9), 9)).toEqual([]);
      expect(await store.records.insertMany([{ record, digest: 'p' }], { hold })).toEqual([true]);
    });
  });

  describe('reading many by what names them', () => {
    it('finds them by the provider id, gone ones too, in the order asked for', async () => {
      const { store } = makeStore();
      const first = await insert(store, { novitaInstanceId: novitaId('n1') });
      const gone = await insert(store, { novitaInstanceId: novitaId('n2'), status: 'terminated' });
      await store.idle.touch(first.id, at(5));
      const ids = ['n2', 'nothing', 'n1', 'n2'].map(novitaId);
      const expected = [
        { record: gone, lastUsedAt: null },
        { record: first, lastUsedAt: at(5) },
        { record: gone, lastUsedAt: null },
      ];
      expect(await store.records.getManyByNovitaId(ids)).toEqual(expected);
      expect(await store.records.getManyByNovitaId(ids)).toEqual(expected);
      expect(await store.records.getManyByNovitaId([])).toEqual([]);
    });

    it('finds them by the marker, and none by an empty one', async () => {
      const { store } = makeStore();
      const first = await insert(store, { marker: '-nftta' });
      const second = await insert(store, { marker: '-nfttb' });
      await insert(store, { marker: '' });
      const found = await store.records.getManyByMarker(['-nfttb', '', '-nfttc', '-nftta']);
      expect(found.map(({ record }) => record)).toEqual([second, first]);
    });

    it('answers the latest, whoever wrote it, and follows a name to its new holder', async () => {
      const { store } = makeStore();
      const first = await insert(store, { novitaInstanceId: novitaId('n1'), marker: '-nftta' });
      const other = await insert(store, { marker: '-nfttb' });
      const byId = async () => (await store.records.getManyByNovitaId([novitaId('n1')])).map(({ record }) => record);
      expect(await byId()).toEqual([first]);
      const second = await write(store, { ...first, status: 'starting' });
      expect(await byId()).toEqual([second]);
      expect(await byId()).toEqual([second]);
      const third = await write(store, { ...second, novitaInstanceId: null });
      expect(await byId()).toEqual([]);
      expect((await store.records.getManyByMarker(['-nftta']))[0]?.record).toEqual(third);
      const taken = await store.records.write({ ...other, novitaInstanceId: novitaId('n1') }, COMMAND);
      expect(taken.outcome).toBe('written');
      expect((await byId()).map(({ id }) => id)).toEqual([other.id]);
    });

    it('reads more than fit in one batch', async () => {
      const { store, locks } = makeStore();
      const hold = await takeLock(locks);
      const ids: InstanceId[] = [];
      for (let from = 0; from < 450; from += 150) {
        const batch = Array.from({ length: 150 }, (_, n) =>
          anImport({ novitaInstanceId: novitaId(`n${from + n}`), marker: `-nftt${from + n}` }),
        );
        await store.records.insertMany(batch, { hold });
        ids.push(...batch.map(({ record }) => record.id));
      }
      const numbers = Array.from({ length: 450 }, (_, n) => n);
      const byNovitaId = await store.records.getManyByNovitaId(numbers.map((n) => novitaId(`n${n}`)));
      expect(byNovitaId.map(({ record }) => record.id)).toEqual(ids);
      const byMarker = await store.records.getManyByMarker(numbers.map((n) => `-nftt${n}`));
      expect(byMarker.map(({ record }) => record.id)).toEqual(ids);
    });
  });
}
