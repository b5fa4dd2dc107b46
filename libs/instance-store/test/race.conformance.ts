import type { InstanceId, NovitaInstanceId } from '@app/instance-store';
import { updateInstance } from '@app/instance-store';
import { aNewInstance } from '@app/testing';
import { expect, it } from 'vitest';
import { wholeFeed } from './feed.conformance.js';
import { at, COMMAND, insert, type MakeStore, read, shuffled, write } from './harness.js';

export function raceConformance(makeStore: MakeStore): void {
  it('lets exactly one of several writers of one revision win, without gaps', async () => {
    const { store, feed } = makeStore();
    const { id } = await insert(store);
    for (let round = 1; round <= 40; round++) {
      const { record } = await read(store, id);
      const results = await Promise.all(
        Array.from({ length: 5 }, (_, writer) =>
          store.records.write({ ...record, name: `w${writer}-r${round}` }, COMMAND),
        ),
      );
      const won = results.filter(({ outcome }) => outcome === 'written');
      expect(won).toHaveLength(1);
      expect(results.filter(({ outcome }) => outcome === 'stale')).toHaveLength(4);
      const stands = won[0]?.outcome === 'written' ? won[0].stored.record : null;
      expect((await read(store, id)).record).toEqual(stands);
      expect(stands?.revision).toBe(round + 1);
    }
    const revisions = (await wholeFeed(feed)).map(({ revision }) => revision);
    expect(revisions).toEqual(Array.from({ length: 41 }, (_, i) => i + 1));
  });

  it('loses no update of writers that begin again from what stands', async () => {
    const { store } = makeStore();
    const { id } = await insert(store);
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let i = 0; i < 5; i++) {
          await updateInstance(store.records, id, COMMAND, (record) => ({
            ...record,
            attempts: { ...record.attempts, commands: record.attempts.commands + 1 },
          }));
        }
      }),
    );
    expect((await read(store, id)).record).toMatchObject({ revision: 41, attempts: { commands: 40 } });
  });

  it('inserts one of several records with the same marker or provider id', async () => {
    const { store } = makeStore();
    const same = { marker: '-nfttsame', novitaInstanceId: 'aaaa' as NovitaInstanceId };
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        store.records.insert(
          aNewInstance(
            i % 2 === 0
              ? { marker: same.marker, novitaInstanceId: same.novitaInstanceId }
              : { novitaInstanceId: same.novitaInstanceId },
          ),
        ),
      ),
    );
    expect(results.filter(({ outcome }) => outcome === 'inserted')).toHaveLength(1);
    expect((await store.records.counts()).total).toBe(1);
  });

  it('keeps the latest of 50 touches at the same time', async () => {
    const { store } = makeStore();
    const { id } = await insert(store);
    const results = await Promise.all(
      shuffled(Array.from({ length: 50 }, (_, i) => i)).map((seconds) => store.idle.touch(id, at(seconds))),
    );
    expect((await read(store, id)).lastUsedAt).toBe(at(49));
    for (const result of results) expect(result.outcome).toBe('touched');
  });

  it('loses no touch to writes at the same time, and no write to touches', async () => {
    const { store } = makeStore();
    const { id } = await insert(store);
    let latest = 0;
    for (let round = 0; round < 20; round++) {
      const { record } = await read(store, id);
      const touches = Array.from({ length: 4 }, () => store.idle.touch(id, at(++latest)));
      const [written] = await Promise.all([
        store.records.write({ ...record, name: `round-${round}` }, COMMAND),
        ...touches,
        store.records.get(id),
        store.records.scan(null, 10),
        store.records.get(id),
      ]);
      expect(written.outcome).toBe('written');
      const stored = await read(store, id);
      expect(stored.lastUsedAt).toBe(at(latest));
      expect(stored.record.name).toBe(`round-${round}`);
    }
  });

  it('does not let a list begun before a stop bring running back', async () => {
    const { store } = makeStore();
    const ready = await insert(store, { status: 'ready', novitaStatus: 'running' });
    const listBegan = at(50);
    const stopping = await write(store, {
      ...ready,
      status: 'stopping',
      desired: { state: 'stopped', at: at(51), by: 'user:test' },
    });
    const observed = await updateInstance(
      store.records,
      ready.id,
      { kind: 'observation', observedAt: listBegan },
      (record) => ({
        ...record,
        status: 'running',
        observedAt: listBegan,
      }),
    );
    expect(observed).toEqual({ outcome: 'outdated-observation', stored: { record: stopping, lastUsedAt: null } });
    expect((await read(store, ready.id)).record.status).toBe('stopping');
  });

  it('removes once, and never beside a write', async () => {
    const { store } = makeStore();
    const ids: InstanceId[] = [];
    for (let i = 0; i < 20; i++) ids.push((await insert(store)).id);
    const outcomes = await Promise.all(
      ids.map(async (id) => {
        const { record } = await read(store, id);
        const [written, removed] = await Promise.all([
          store.records.write(record, COMMAND),
          store.records.remove(id, 1),
        ]);
        return [written.outcome, removed];
      }),
    );
    for (const outcome of outcomes) {
      expect([
        ['written', 'stale'],
        ['missing', 'removed'],
      ]).toContainEqual(outcome);
    }
  });
}
