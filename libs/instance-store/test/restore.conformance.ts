import { anInstance } from '@app/testing';
import { expect, it } from 'vitest';
import { at, changesOf, insert, type MakeStore, novitaId, read, write } from './harness.js';

const NEVER = null;

export function restoreConformance(makeStore: MakeStore): void {
  it('puts back what was lost as it was, with all that follows from it', async () => {
    const { store, feed } = makeStore();
    const lost = anInstance({
      revision: 7,
      status: 'ready',
      novitaInstanceId: novitaId('n1'),
      marker: '-nfttm',
      deadlines: { purgeAt: at(5) },
      timestamps: { ready: at(0) },
    });
    expect(await store.records.restore([{ record: lost, lastUsedAt: at(3) }])).toBe(1);
    expect(await read(store, lost.id)).toEqual({ record: lost, lastUsedAt: at(3) });
    expect((await store.records.get(novitaId('n1')))?.record).toEqual(lost);
    expect((await store.records.findByMarker('-nfttm'))?.record).toEqual(lost);
    expect(await store.deadlines.due('purgeAt', at(5), 9)).toEqual([lost.id]);
    expect(await store.deadlines.due('autoStopAt', at(3 + 1_200), 9)).toEqual([lost.id]);
    expect(await store.deadlines.due('autoStopAt', at(3 + 899), 9)).toEqual([]);
    expect((await store.records.counts()).byStatus.ready).toBe(1);
    expect(await store.digests.of([novitaId('n1')])).toEqual(['']);
    expect((await store.spend.read(20_454)).now.usdPerHour).toBe(lost.price.usdPerHour);
    expect((await store.audit.entries(lost.id, 9)).map(({ kind, reason }) => [kind, reason])).toEqual([
      ['repair', 'restored after a loss of data'],
    ]);
    expect((await changesOf(feed, 9)).map(({ type, revision }) => [type, revision])).toEqual([['instance.updated', 7]]);
    expect((await write(store, { ...lost, status: 'stopping' })).revision).toBe(8);
  });

  it('leaves what is there in that revision or a later one, but for a later use', async () => {
    const { store, feed } = makeStore();
    const same = await insert(store, { status: 'ready' });
    const later = await write(store, await insert(store, { status: 'ready' }));
    await store.idle.touch(same.id, at(5));
    await store.idle.touch(later.id, at(5));
    const before = (await changesOf(feed, 99)).length;
    const stale = { ...later, revision: 1, status: 'failed' } as const;
    const changed = { ...same, status: 'failed' } as const;
    const restored = await store.records.restore([
      { record: changed, lastUsedAt: at(4) },
      { record: stale, lastUsedAt: at(9) },
    ]);
    expect(restored).toBe(0);
    expect(await read(store, same.id)).toEqual({ record: same, lastUsedAt: at(5) });
    expect(await read(store, later.id)).toEqual({ record: later, lastUsedAt: at(9) });
    expect(await changesOf(feed, 99)).toHaveLength(before);
  });

  it('replaces an older revision, whose look-ups, deadlines and counters go', async () => {
    const { store } = makeStore();
    const old = await insert(store, {
      status: 'ready',
      novitaInstanceId: novitaId('old'),
      deadlines: { purgeAt: at(1) },
    });
    const newer = {
      ...old,
      revision: 4,
      status: 'stopped',
      novitaInstanceId: novitaId('new'),
      deadlines: { nextReconcileAt: at(2) },
    } as const;
    expect(await store.records.restore([{ record: newer, lastUsedAt: NEVER }])).toBe(1);
    expect((await read(store, old.id)).record).toEqual(newer);
    expect(await store.records.get(novitaId('old'))).toBeNull();
    expect(await store.deadlines.due('purgeAt', at(9), 9)).toEqual([]);
    expect(await store.deadlines.due('nextReconcileAt', at(9), 9)).toEqual([old.id]);
    expect((await store.records.counts()).byStatus).toMatchObject({ ready: 0, stopped: 1 });
  });

  it('leaves out those of which a name belongs to another record, and puts back the others', async () => {
    const { store } = makeStore();
    const holder = await insert(store, { novitaInstanceId: novitaId('n1'), marker: '-nfttm' });
    const records = [
      anInstance({ marker: '-nfttm' }),
      anInstance({ novitaInstanceId: novitaId('n1'), marker: '' }),
      anInstance({ novitaInstanceId: novitaId('n2'), marker: '' }),
      anInstance({ novitaInstanceId: novitaId('n2'), marker: '' }),
    ];
    expect(await store.records.restore(records.map((record) => ({ record, lastUsedAt: NEVER })))).toBe(1);
    expect((await store.records.get(novitaId('n1')))?.record).toEqual(holder);
    expect((await store.records.get(novitaId('n2')))?.record).toEqual(records[2]);
    expect((await store.records.counts()).total).toBe(2);
  });

  it('is harmless to do twice, and takes at most 200', async () => {
    const { store, feed } = makeStore();
    const lost = Array.from({ length: 200 }, (_, n) => ({
      record: anInstance({ novitaInstanceId: novitaId(`n${n}`), marker: '' }),
      lastUsedAt: at(n),
    }));
    expect(await store.records.restore(lost)).toBe(200);
    expect(await store.records.restore(lost)).toBe(0);
    expect(await changesOf(feed, 999)).toHaveLength(200);
    expect(await store.records.restore([])).toBe(0);
    await expect(store.records.restore([...lost, ...lost.slice(0, 1)])).rejects.toBeInstanceOf(RangeError);
  });
}
