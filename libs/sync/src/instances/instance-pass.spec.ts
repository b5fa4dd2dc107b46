import { buildMarker, type InstanceRecord, nameAtProvider } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { LockLostError } from '@app/redis';
import { NO_CHANGES } from '@app/sync-status';
import { describe, expect, it } from 'vitest';
import { novitaId } from '../../test/fakes/listing-novita.js';
import { FLEET_ID, PassWorld } from '../../test/fakes/pass-world.js';

const MARKER = buildMarker(FLEET_ID, '01KDVD00000000000ABCDEFGHJ');
const nid = (record: InstanceRecord) => record.novitaInstanceId ?? novitaId(0);

describe('a pass over what is listed', () => {
  it('notes what it finds as it should be, and then neither reads nor writes', async () => {
    const world = new PassWorld();
    await world.several(7);
    const before = await world.all();
    const result = await world.run();
    expect(result).toMatchObject({ changes: NO_CHANGES, held: null, note: null, verdict: { clean: true, total: 7 } });
    expect(await world.all()).toEqual(before);
    expect(world.novita.reads).toBe(7);
    await world.run();
    expect([world.novita.reads, world.novita.gets]).toEqual([7, 0]);
    expect(await world.all()).toEqual(before);
  });

  it('reports its progress after every page, and never goes back', async () => {
    const world = new PassWorld();
    await world.several(7);
    world.novita.faults = [{ unclean: true }];
    await world.run();
    const counts = world.progress.map(([count]) => count);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(world.progress.at(-1)).toEqual([7, 7]);
    expect(new Set(counts).size).toBeGreaterThan(2);
  });

  it('imports what was made elsewhere, once', async () => {
    const world = new PassWorld();
    world.novita.put({ id: novitaId(90), name: 'theirs' });
    expect((await world.run()).changes).toEqual({ ...NO_CHANGES, created: 1 });
    const imported = (await world.byNovitaId(novitaId(90)))?.record;
    expect(imported).toMatchObject({ origin: 'discovered', name: 'theirs', status: 'running' });
    expect((await world.run()).changes).toEqual(NO_CHANGES);
    expect(world.novita.reads).toBe(1);
  });

  it('writes what has changed and calls the life cycle where it does not fit', async () => {
    const world = new PassWorld();
    const [quiet, stopped] = await world.several(2);
    if (quiet === undefined || stopped === undefined) throw new Error('two');
    await world.run();
    world.novita.set(nid(stopped), { status: 'exited' });
    world.clock.advance(1_000);
    expect((await world.run()).changes).toEqual({ ...NO_CHANGES, updated: 1 });
    expect(await world.read(stopped)).toMatchObject({
      status: 'ready',
      novitaStatus: 'exited',
      desired: stopped.desired,
      deadlines: { nextReconcileAt: world.clock.timestamp() },
    });
    expect(world.called).toEqual([stopped.id]);
    expect((await world.read(quiet))?.revision).toBe(quiet.revision);
  });

  it('decides once more when somebody wrote in between', async () => {
    const world = new PassWorld();
    const record = await world.ready();
    world.novita.set(nid(record), { status: 'exited' });
    const write = world.store.records.write.bind(world.store.records);
    let raced = false;
    world.store.records.write = async (next, basis, options) => {
      if (!raced) {
        raced = true;
        await write({ ...record, webhookUrl: 'https://x' }, { kind: 'command' });
      }
      return write(next, basis, options);
    };
    expect((await world.run()).changes.updated).toBe(1);
    expect(await world.read(record)).toMatchObject({ novitaStatus: 'exited', webhookUrl: 'https://x' });
  });

  it('leaves a record whose desired state is newer than the listing', async () => {
    const world = new PassWorld();
    const record = await world.ready();
    world.novita.set(nid(record), { status: 'exited' });
    world.novita.onPage = async () => {
      world.clock.advance(1_000);
      const current = await world.read(record);
      const desired = { state: 'stopped', at: world.clock.timestamp(), by: 'user:a' } as const;
      if (current?.desired.state === 'running') {
        await world.store.records.write({ ...current, desired, status: 'stopping' }, { kind: 'command' });
      }
    };
    expect((await world.run()).changes).toEqual(NO_CHANGES);
    expect(await world.read(record)).toMatchObject({ status: 'stopping', novitaStatus: 'running' });
  });

  it('ends when the lock is lost, and writes no more', async () => {
    const world = new PassWorld();
    const record = await world.ready();
    world.novita.set(nid(record), { status: 'exited' });
    world.novita.onPage = () => world.clock.advance(4_000_000);
    await expect(world.run()).rejects.toThrow(LockLostError);
    expect(await world.read(record)).toEqual(record);
  });

  it('ends at its signal', async () => {
    const world = new PassWorld();
    await world.several(7);
    const ending = new AbortController();
    world.novita.onPage = (index) => (index === 1 ? ending.abort(new Error('draining')) : undefined);
    await expect(world.run({}, { signal: ending.signal })).rejects.toThrow('draining');
  });
});

describe('a pass over what belongs to us', () => {
  const lost = { name: nameAtProvider('train', MARKER) };

  it('adopts an instance of ours that has lost its record, once a GET finds it', async () => {
    const world = new PassWorld();
    const id = world.novita.put(lost);
    expect((await world.run()).changes).toEqual({ ...NO_CHANGES, created: 1, adopted: 1 });
    expect(world.novita.gets).toBe(1);
    const stored = await world.byNovitaId(id);
    expect(stored?.record).toMatchObject({
      origin: 'adopted',
      name: 'train',
      marker: MARKER,
      status: 'running',
      desired: { state: 'running', by: 'sync' },
      deadlines: { nextReconcileAt: world.clock.timestamp() },
    });
    expect(stored?.lastUsedAt).toBe(world.clock.timestamp());
    expect(world.called).toEqual([stored?.record.id]);
  });

  it('adopts nothing that a GET does not find', async () => {
    const world = new PassWorld();
    const id = world.novita.put(lost);
    world.novita.onGet = () => world.novita.vanish(id);
    expect((await world.run()).changes).toEqual(NO_CHANGES);
    expect(await world.all()).toEqual([]);
    world.novita.onGet = () => undefined;
    const other = world.novita.put(lost);
    world.novita.unreachable.add(other);
    expect(await world.run()).toMatchObject({ changes: NO_CHANGES, note: `${other} could not be adopted: boom` });
  });

  it('wakes a record that waits for its instance', async () => {
    const world = new PassWorld();
    const later = timestampFromMs(world.clock.now() + 60_000);
    const waiting = await world.recordOf({ marker: MARKER, deadlines: { nextReconcileAt: later } });
    const id = world.novita.put(lost);
    expect((await world.run()).changes).toEqual({ ...NO_CHANGES, adopted: 1, updated: 1 });
    expect(world.called).toEqual([waiting.id]);
    expect((await world.read(waiting))?.deadlines.nextReconcileAt).toBe(world.clock.timestamp());
    expect(await world.byNovitaId(id)).toBeNull();
  });

  it('restores an instance that was called gone and is there, and has it deleted again when somebody wanted that', async () => {
    const world = new PassWorld();
    const desired = { state: 'deleted', at: world.anHourAgo, by: 'user:a' } as const;
    const timestamps = { created: world.anHourAgo, terminated: world.anHourAgo };
    const ended = await world.ready({ status: 'terminated', desired, timestamps });
    expect((await world.run()).changes).toEqual({ ...NO_CHANGES, adopted: 1, updated: 1 });
    expect(await world.read(ended)).toMatchObject({ status: 'deleting', desired, novitaStatus: 'running' });
    expect(world.called).toEqual([ended.id]);
  });

  it('shows the second instance of one marker', async () => {
    const world = new PassWorld();
    const keeper = await world.ready({ marker: MARKER }, lost);
    const second = world.novita.put(lost);
    expect((await world.run()).changes).toEqual({ ...NO_CHANGES, created: 1 });
    expect((await world.byNovitaId(second))?.record).toMatchObject({ origin: 'discovered', name: lost.name });
    expect((await world.read(keeper))?.novitaInstanceId).toBe(keeper.novitaInstanceId);
  });
});

describe('a dry run', () => {
  it('writes nothing and reports what it would do, and why', async () => {
    const world = new PassWorld();
    const records = await world.several(8);
    const [gone, stopped, left] = records;
    if (gone === undefined || stopped === undefined || left === undefined) throw new Error('three');
    world.novita.vanish(nid(gone));
    world.novita.set(nid(stopped), { status: 'exited' });
    world.novita.put({ name: 'theirs' });
    const lost = world.novita.put({ name: nameAtProvider('train', MARKER) });
    world.novita.faults = [{ unclean: true }, { lacks: new Set<string>([nid(left)]) }];
    const before = await world.all();

    const result = await world.run({ dryRun: true });
    expect(await world.all()).toEqual(before);
    expect(world.called).toEqual([]);
    expect(result.changes).toEqual({
      ...NO_CHANGES,
      updated: 1,
      created: 2,
      adopted: 1,
      markedTerminated: 1,
      leftMissing: 1,
    });
    const planned = result.actions.map(({ action, novitaInstanceId }) => [action, novitaInstanceId]);
    expect(planned).toContainEqual(['mark-terminated', nid(gone)]);
    expect(planned).toContainEqual(['update', nid(stopped)]);
    expect(planned).toContainEqual(['adopt', lost]);
    expect(planned).toContainEqual(['leave', nid(left)]);
    expect(result.actionCount).toBe(5);
    expect(result.actions.every(({ reason, name }) => reason !== '' && name !== '')).toBe(true);

    const { actions } = await world.run();
    expect(actions).toEqual([]);
  });
});
