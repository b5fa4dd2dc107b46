import type { InstanceId, InstanceRecord, InstanceStore } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import type { FakeClock, InstanceOverrides } from '@app/testing';
import { expect, it } from 'vitest';
import { anImport, changesOf, insert, type MakeStore, takeLock, write } from './harness.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PATIENCE = 5 * MINUTE;

/** To be stopped from now on, and not confirmed. */
function insertStopping(store: InstanceStore, clock: FakeClock, more: InstanceOverrides = {}): Promise<InstanceRecord> {
  return insert(store, {
    status: 'stopping',
    desired: { state: 'stopped', at: clock.timestamp(), by: 'user:a' },
    ...more,
  });
}

async function dueNow(store: InstanceStore, clock: FakeClock): Promise<readonly InstanceId[]> {
  const due = await store.deadlines.due('confirmBy', clock.timestamp(), 50);
  expect(await store.deadlines.dueCount('confirmBy', clock.timestamp())).toBe(due.length);
  return due;
}

export function unconfirmedConformance(makeStore: MakeStore): void {
  it('are due once the patience is over, whatever is written meanwhile, until they are confirmed', async () => {
    const { store, clock } = makeStore();
    const stopping = await insertStopping(store, clock);
    clock.advance(PATIENCE - 1);
    expect(await dueNow(store, clock)).toEqual([]);
    const failed = await write(store, { ...stopping, status: 'failed' });
    clock.advance(1);
    expect(await dueNow(store, clock)).toEqual([stopping.id]);
    const confirmed = await write(store, { ...failed, status: 'stopped', confirmedAt: clock.timestamp() });
    expect(await dueNow(store, clock)).toEqual([]);
    const at = clock.timestamp();
    const deleting = await write(store, {
      ...confirmed,
      status: 'deleting',
      desired: { state: 'deleted', at, by: 'user:a' },
      confirmedAt: null,
    });
    clock.advance(PATIENCE);
    expect(await dueNow(store, clock)).toEqual([stopping.id]);
    await write(store, { ...deleting, status: 'terminated' });
    expect(await dueNow(store, clock)).toEqual([]);
  });

  it('are those of stops and deletes, not of starts nor of what was made elsewhere', async () => {
    const { store, clock, locks } = makeStore({ confirmPatienceMs: 1_000 });
    const desired = { state: 'stopped', at: clock.timestamp(), by: 'sync' } as const;
    await insert(store);
    await insert(store, { status: 'stopping', desired, origin: 'discovered' });
    const adopted = anImport({ status: 'stopping', desired, origin: 'adopted' });
    const found = anImport({ status: 'stopped', desired });
    const hold = await takeLock(locks);
    expect(await store.records.insertMany([adopted, found], { hold })).toEqual([true, true]);
    const removed = await insertStopping(store, clock);
    clock.advance(999);
    expect(await dueNow(store, clock)).toEqual([]);
    clock.advance(1);
    expect([...(await dueNow(store, clock))].toSorted()).toEqual([adopted.record.id, removed.id].toSorted());
    await store.records.remove(removed.id, 1);
    expect(await dueNow(store, clock)).toEqual([adopted.record.id]);
  });

  it('are counted however many they are, of every kind of deadline', async () => {
    const { store, clock } = makeStore();
    const soon = { nextReconcileAt: timestampFromMs(clock.now() + 1) };
    for (let i = 0; i < 3; i++) await insertStopping(store, clock, { deadlines: soon });
    clock.advance(PATIENCE);
    const now = clock.timestamp();
    expect(
      await Promise.all([store.deadlines.dueCount('confirmBy', now), store.deadlines.dueCount('nextReconcileAt', now)]),
    ).toEqual([3, 3]);
    expect(await store.deadlines.dueCount('purgeAt', now)).toBe(0);
  });

  it('are emitted once, in the feed and in the audit log, with the record as it stands', async () => {
    const { store, feed, clock } = makeStore();
    const first = await insertStopping(store, clock);
    clock.advance(1_000);
    const at = clock.timestamp();
    const deleted = { status: 'deleting', desired: { state: 'deleted', at, by: 'user:a' } } as const;
    const second = await insertStopping(store, clock, deleted);
    clock.advance(PATIENCE + MINUTE);
    const retried = await write(store, { ...first, novitaStatus: 'running' });
    const before = (await changesOf(feed, 50)).length;

    expect(await store.deadlines.emitUnconfirmed([first.id, second.id])).toBe(2);
    expect(await store.deadlines.emitUnconfirmed([first.id, second.id])).toBe(0);
    const changes = (await changesOf(feed, 50)).slice(before);
    const type = 'instance.unconfirmed';
    const common = { type, at: clock.timestamp() };
    expect(changes).toEqual([
      { ...common, entryId: expect.any(String), instanceId: first.id, revision: 2, record: retried },
      { ...common, entryId: expect.any(String), instanceId: second.id, revision: 1, record: second },
    ]);
    const reason =
      'Novita has not confirmed the stop that was requested 6 min ago; it is retried until Novita confirms it';
    expect((await store.audit.entries(first.id, 1))[0]).toEqual({
      at: clock.timestamp(),
      kind: 'warning',
      by: 'lifecycle',
      reason,
    });
    expect((await store.audit.entries(second.id, 9)).map((entry) => entry.reason)).toEqual([
      expect.stringContaining('has not confirmed the delete'),
      'the record was made',
      'the record was made',
    ]);
    expect((await store.records.get(first.id))?.record).toEqual(retried);
  });

  it('are emitted by one of many who do it at once', async () => {
    const { store, clock } = makeStore();
    const { id } = await insertStopping(store, clock);
    clock.advance(PATIENCE);
    const counts = await Promise.all(Array.from({ length: 8 }, () => store.deadlines.emitUnconfirmed([id])));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('are not emitted before their time, nor when they were confirmed meanwhile or are gone', async () => {
    const { store, feed, clock } = makeStore();
    const young = await insertStopping(store, clock);
    clock.advance(PATIENCE - 1);
    expect(await store.deadlines.emitUnconfirmed([young.id])).toBe(0);
    clock.advance(1);
    const gone = await insertStopping(store, clock);
    await store.records.remove(gone.id, 1);
    await write(store, { ...young, status: 'stopped', confirmedAt: clock.timestamp() });
    expect(await store.deadlines.emitUnconfirmed([young.id, gone.id])).toBe(0);
    expect((await changesOf(feed, 50)).map(({ type }) => type)).not.toContain('instance.unconfirmed');
  });

  it('of the same instance are emitted again for the next desired state', async () => {
    const { store, clock } = makeStore();
    const stopping = await insertStopping(store, clock);
    clock.advance(PATIENCE);
    await store.deadlines.emitUnconfirmed([stopping.id]);
    const desired = { state: 'deleted', at: clock.timestamp(), by: 'user:a' } as const;
    await write(store, { ...stopping, status: 'deleting', desired });
    expect(await store.deadlines.emitUnconfirmed([stopping.id])).toBe(0);
    clock.advance(3 * HOUR);
    expect(await store.deadlines.emitUnconfirmed([stopping.id])).toBe(1);
    expect((await store.audit.entries(stopping.id, 1))[0]?.reason).toContain('requested 3 h ago');
  });

  it('say of short waits how many seconds they were', async () => {
    const { store, clock } = makeStore({ confirmPatienceMs: 1_000 });
    const { id } = await insertStopping(store, clock);
    clock.advance(59_999);
    await store.deadlines.emitUnconfirmed([id]);
    expect((await store.audit.entries(id, 1))[0]?.reason).toContain('requested 59 s ago');
  });

  it('are emitted at most 200 at a time', async () => {
    const { store, clock } = makeStore();
    const { id } = await insertStopping(store, clock);
    clock.advance(PATIENCE);
    await expect(store.deadlines.emitUnconfirmed(Array.from({ length: 201 }, () => id))).rejects.toBeInstanceOf(
      RangeError,
    );
    expect(await store.deadlines.emitUnconfirmed([])).toBe(0);
    expect(await store.deadlines.emitUnconfirmed(Array.from({ length: 200 }, () => id))).toBe(1);
  });
}
