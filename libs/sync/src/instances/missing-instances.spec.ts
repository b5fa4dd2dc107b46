import type { InstanceRecord } from '@app/instance-store';
import { NO_CHANGES } from '@app/sync-status';
import { describe, expect, it } from 'vitest';
import { novitaId } from '../../test/fakes/listing-novita.js';
import { PASS_POLICY, PassWorld } from '../../test/fakes/pass-world.js';

const nid = (record: InstanceRecord) => record.novitaInstanceId ?? novitaId(0);

describe('a pass over what is missing', () => {
  it('marks what is gone, and removes what never started', async () => {
    const world = new PassWorld();
    await world.several(8);
    const gone = await world.ready();
    const never = await world.ready({ status: 'created' });
    for (const record of [gone, never]) world.novita.vanish(nid(record));
    expect((await world.run()).changes).toEqual({ ...NO_CHANGES, markedTerminated: 1, removed: 1 });
    expect(await world.read(gone)).toMatchObject({ status: 'terminated', lastError: { code: 'vanished-at-provider' } });
    expect(await world.read(never)).toBeNull();
    expect((await world.run()).changes).toEqual(NO_CHANGES);
  });

  it('removes it all when the policy says so', async () => {
    const obsolete = { ...PASS_POLICY.obsolete, removeObsolete: true };
    const world = new PassWorld({ ...PASS_POLICY, obsolete });
    const [gone] = await world.several(8);
    if (gone === undefined) throw new Error('one');
    world.novita.vanish(nid(gone));
    expect((await world.run()).changes).toEqual({ ...NO_CHANGES, removed: 1 });
    expect(await world.read(gone)).toBeNull();
  });

  it('drops a discovered one, also when a GET calls it removed', async () => {
    const world = new PassWorld();
    const one = world.novita.put({ name: 'theirs' });
    const other = world.novita.put({ name: 'theirs too' });
    await world.run();
    world.clock.advance(120_000);
    world.novita.vanish(one);
    world.novita.set(other, { status: 'removed' });
    expect((await world.run()).changes).toEqual({ ...NO_CHANGES, removed: 2 });
    expect(await world.all()).toEqual([]);
    expect((await world.run()).changes).toEqual(NO_CHANGES);
  });

  it('leaves what a GET finds, and what a GET cannot answer, and says so once in the record', async () => {
    const world = new PassWorld();
    const [found, unclear] = await world.several(9);
    if (found === undefined || unclear === undefined) throw new Error('two');
    const lacks = new Set<string>([nid(found), nid(unclear)]);
    world.novita.unreachable.add(nid(unclear));
    world.novita.faults = [{ lacks }];
    const first = await world.run();
    expect(first.changes).toEqual({ ...NO_CHANGES, updated: 0, leftMissing: 2 });
    expect(first.note).toBe(
      '1 missing from the listing are there all the same; 1 missing instances could not be confirmed: boom',
    );
    const missing = await world.read(unclear);
    expect(missing).toMatchObject({ status: 'ready', missingSince: first.verdict.startedAt });
    expect(await world.read(found)).toMatchObject({ status: 'ready', missingSince: null });

    world.clock.advance(1_000);
    world.novita.faults = [{ lacks }];
    await world.run();
    expect(await world.read(unclear)).toEqual(missing);
    await world.run();
    expect(await world.read(unclear)).toMatchObject({ missingSince: null });
  });

  it('leaves the young, and those that are not handled', async () => {
    const world = new PassWorld();
    const now = world.clock.timestamp();
    const young = await world.ready({ timestamps: { created: now }, observedAt: null });
    const old = await world.ready();
    for (const record of [young, old]) world.novita.vanish(nid(record));
    const result = await world.run({ handleObsoleteInstances: false });
    expect(result.changes).toEqual({ ...NO_CHANGES, leftMissing: 2 });
    expect(world.novita.gets).toBe(0);
    expect((await world.read(young))?.missingSince).toBeNull();
    expect((await world.read(old))?.missingSince).toBe(now);
  });

  it('leaves it to a desired state that is newer than the GET', async () => {
    const world = new PassWorld();
    const [gone] = await world.several(8);
    if (gone === undefined) throw new Error('one');
    world.novita.vanish(nid(gone));
    world.novita.onGet = async () => {
      world.clock.advance(1_000);
      const desired = { state: 'stopped', at: world.clock.timestamp(), by: 'user:a' } as const;
      await world.store.records.write({ ...gone, desired, status: 'stopping' }, { kind: 'command' });
    };
    expect((await world.run()).changes).toEqual({ ...NO_CHANGES, leftMissing: 1 });
    expect((await world.read(gone))?.status).toBe('stopping');
  });

  it('ends no record that has moved to another instance while its old one was asked for', async () => {
    const world = new PassWorld();
    const [moved] = await world.several(8);
    if (moved === undefined) throw new Error('one');
    world.novita.vanish(nid(moved));
    world.novita.onGet = async () => {
      const novitaInstanceId = world.novita.put();
      await world.store.records.write({ ...moved, novitaInstanceId }, { kind: 'command' });
    };
    expect((await world.run()).changes).toEqual(NO_CHANGES);
    expect(await world.read(moved)).toMatchObject({ status: 'ready', revision: 2 });
  });

  it('holds too many until a second listing agrees, and keeps holding over an unclean one', async () => {
    const world = new PassWorld();
    const records = await world.several(10);
    for (const record of records.slice(0, 6)) world.novita.vanish(nid(record));
    const first = await world.run();
    expect(first.held?.summary).toEqual({
      since: first.verdict.startedAt,
      reason: 'the listing lacks 6 of 10 live instances, more than 30 %',
      wouldRemove: 6,
    });
    expect(first.changes).toEqual({ ...NO_CHANGES, leftMissing: 6 });
    expect(world.novita.gets).toBe(0);

    world.novita.faults = Array.from({ length: 3 }, () => ({ unclean: true }));
    const unclean = await world.run();
    expect([unclean.held, world.novita.listings]).toEqual([first.held, 4]);
    expect(unclean.note).toContain('after 3 tries the listing still proves no absence');

    const second = await world.run();
    expect([second.changes.markedTerminated, second.held, world.novita.gets]).toEqual([6, null, 6]);
  });

  it('lets a held listing through when forced, yet asks for each', async () => {
    const world = new PassWorld();
    const records = await world.several(5);
    world.novita.faults = [{ empty: true }];
    const result = await world.run({ forceSync: true });
    expect(result.changes).toEqual({ ...NO_CHANGES, leftMissing: 5 });
    expect(world.novita.gets).toBe(5);
    expect((await world.all()).every(({ status }) => status === 'ready')).toBe(true);
    expect(records).toHaveLength(5);
  });

  it.each(['duplicates', 'unclean'] as const)('takes nothing from three listings with %s', async (kind) => {
    const world = new PassWorld();
    const [gone] = await world.several(9);
    if (gone === undefined) throw new Error('one');
    world.novita.vanish(nid(gone));
    world.novita.faults = Array.from({ length: 3 }, () => ({ [kind]: true }));
    const result = await world.run();
    expect([result.changes, result.verdict.clean]).toEqual([NO_CHANGES, false]);
    expect(world.novita.gets).toBe(0);
    expect((await world.run()).changes.markedTerminated).toBe(1);
  });

  it('takes a listing for unclean when an item cannot be read', async () => {
    const world = new PassWorld();
    const [gone, broken] = await world.several(9);
    if (gone === undefined || broken === undefined) throw new Error('two');
    world.novita.vanish(nid(gone));
    world.novita.faults = Array.from({ length: 3 }, () => ({ unreadable: new Set<string>([nid(broken)]) }));
    const result = await world.run();
    expect(result.verdict).toMatchObject({
      clean: false,
      reason: expect.stringContaining('1 items could not be read'),
    });
    expect(result.changes).toEqual(NO_CHANGES);
  });

  it('fails with the listing and ends nothing', async () => {
    const world = new PassWorld();
    const [gone] = await world.several(9);
    if (gone === undefined) throw new Error('one');
    world.novita.vanish(nid(gone));
    world.novita.faults = [{ failsAtPage: 2 }];
    await expect(world.run()).rejects.toThrow('boom');
    expect((await world.read(gone))?.status).toBe('ready');
  });
});
