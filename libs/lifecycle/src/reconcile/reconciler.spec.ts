import { instanceIdFromUlid } from '@app/instance-store';
import type { CallOptions } from '@app/novita-client';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { LOST_AFTER, LOST_BEFORE, World } from '../../test/fakes/world.js';

describe('Reconciler', () => {
  it('takes a create to ready, a stop to stopped and a delete to terminated', async () => {
    const world = new World();
    await world.run();
    expect(world.statuses).toEqual(['creating', 'created', 'starting', 'running', 'health_checking', 'ready']);
    expect(world.novita.sent('createInstance')).toBe(1);

    world.command('stop');
    await world.run();
    expect(world.record.status).toBe('stopped');
    expect(world.novita.statusOf(world.novitaId)).toBe('exited');

    world.command('start');
    await world.run();
    expect(world.record.status).toBe('ready');

    world.command('delete');
    await world.run();
    expect(world.record.status).toBe('terminated');
    expect(world.novita.statusOf(world.novitaId)).toBe('removed');
    expect(world.statuses.slice(6)).toEqual([
      'stopping',
      'stopped',
      'starting',
      'running',
      'health_checking',
      'ready',
      'deleting',
      'terminated',
    ]);
  });

  it('makes the calls that end a bill, and the observations before them, go first', async () => {
    const world = new World();
    await world.run();
    const prioritiesAfter = async (command: 'stop' | 'start' | 'delete') => {
      const calls = new Set<string>();
      world.atEffect = (effect, args) => {
        const call = /^before novita\.(\w+)$/.exec(effect)?.[1];
        const { priority } = args.at(-1) as CallOptions;
        if (call !== undefined) calls.add(`${call} ${priority}`);
      };
      world.command(command);
      await world.run();
      return calls;
    };
    expect(await prioritiesAfter('stop')).toEqual(new Set(['stop urgent', 'get urgent']));
    expect(await prioritiesAfter('start')).toEqual(new Set(['start undefined', 'get background']));
    expect([...(await prioritiesAfter('delete'))].filter((call) => !call.endsWith(' urgent'))).toEqual([]);
  });

  it('waits a second between observations while its clock is behind that of the desired state', async () => {
    const world = new World();
    const { at } = world.record.desired;
    const ahead = timestampFromMs(msFromTimestamp(at) + 5_000);
    world.store.put({ ...world.record, desired: { ...world.record.desired, at: ahead } });
    const passes: number[] = [];
    for (let pass = 0; pass < 4; pass += 1) {
      const next = await world.pass();
      passes.push(next?.inMs ?? -1);
      world.clock.advance(1_000);
    }
    expect(passes).toEqual([1_000, 1_000, 1_000, 1_000]);
  });

  it('says with every change of status why', async () => {
    const world = new World();
    await world.run();
    world.command('stop');
    await world.run();
    const reasons = new Map(world.store.writes.map(({ next, options }) => [next.status, options.reason]));
    expect(reasons.get('ready')).toBe('every port answers');
    expect(reasons.get('running')).toBe('Novita says running');
    expect([...reasons.values()].filter((reason) => reason === undefined || reason === '')).toEqual([]);
  });

  it('sends no second create while the first one may have taken effect', async () => {
    const world = new World();
    world.novita.faultOf = (call) => (call === 'createInstance' ? LOST_AFTER : null);
    await world.run();
    expect(world.record).toMatchObject({ status: 'ready', origin: 'adopted' });
    expect(world.novita.all).toHaveLength(1);
  });

  it('creates again when a search after the grace has found nothing', async () => {
    const world = new World();
    let calls = 0;
    world.novita.faultOf = (call) => (call === 'createInstance' && calls++ === 0 ? LOST_BEFORE : null);
    await world.run();
    expect(world.record.status).toBe('ready');
    expect(world.novita.all).toHaveLength(1);
    expect(world.novita.sent('createInstance')).toBe(2);
  });

  describe('when listings show what a create made later than the grace', () => {
    /** Its create is answered with an error after it worked; a stop finds nothing; then the listings show it. */
    async function stoppedBeforeItShows(): Promise<World> {
      const world = new World();
      world.novita.faults.add({ kind: 'late', listsMs: 600_000 });
      let calls = 0;
      world.novita.faultOf = (call) => (call === 'createInstance' && calls++ === 0 ? LOST_AFTER : null);
      await world.run(({ record }) => record.attempts.openCreate !== null);
      world.command('stop');
      await world.run();
      expect(world.record).toMatchObject({ status: 'stopped', novitaInstanceId: null });
      world.clock.advance(600_000);
      // As a sync does that lists it.
      world.store.put({ ...world.record, deadlines: { nextReconcileAt: world.clock.timestamp() } });
      return world;
    }

    it('stops it all the same, and calls it stopped only then', async () => {
      const world = await stoppedBeforeItShows();
      await world.pass();
      expect(world.record).toMatchObject({ origin: 'adopted', status: 'stopping', confirmedAt: null });
      expect(world.record.timestamps.stopped).toBeUndefined();
      await world.run();
      expect(world.record).toMatchObject({ status: 'stopped', desired: { state: 'stopped', by: 'user:test' } });
      expect(world.novita.live).toEqual([]);
    });

    it('keeps a failure in view while it is stopped', async () => {
      const world = await stoppedBeforeItShows();
      world.store.put({ ...world.record, status: 'failed' });
      await world.run();
      expect(world.record.status).toBe('failed');
      expect(world.novita.live).toEqual([]);
    });
  });

  describe('a delete of what was made twice', () => {
    /** A duplicate was stopped, and an import has noted it as made elsewhere. */
    async function withDuplicate(origin: 'discovered' | 'adopted') {
      const world = new World();
      await world.run();
      const duplicate = world.novita.add(`${world.record.name}${world.record.marker}`, 'exited');
      const imported = anInstance({
        id: instanceIdFromUlid('01HZZZZZZZZZZZZZZZZZZZZZZZ'),
        novitaInstanceId: duplicate,
        marker: '',
        origin,
        status: 'stopped',
      });
      world.store.put(imported);
      return { world, duplicate, imported };
    }

    it('deletes the duplicate with its owner, whether or not a sync has imported it', async () => {
      const { world, imported } = await withDuplicate('discovered');
      world.command('delete');
      await world.run();
      expect(world.record.status).toBe('terminated');
      expect(world.novita.all.map(({ status }) => status)).toEqual(['removed', 'removed']);
      expect(await world.store.records.get(imported.id)).toBeNull();

      const other = new World();
      await other.run();
      other.novita.add(`${other.record.name}${other.record.marker}`, 'exited');
      other.command('delete');
      await other.run();
      expect(other.novita.all.map(({ status }) => status)).toEqual(['removed', 'removed']);
    });

    it('leaves one alone that somebody has adopted as an instance of its own', async () => {
      const { world, duplicate } = await withDuplicate('adopted');
      world.command('delete');
      await world.run();
      expect(world.record.status).toBe('terminated');
      expect(world.novita.statusOf(duplicate)).toBe('exited');
    });

    it('does not wait for the search before it sends the delete', async () => {
      const { world, duplicate } = await withDuplicate('discovered');
      const { novitaId } = world;
      world.novita.faultOf = (call) => (call === 'listInstances' ? LOST_BEFORE : null);
      world.command('delete');
      await world.run(() => world.novita.statusOf(novitaId) === 'removed');
      await world.pass();
      expect(world.record.status).toBe('deleting');
      world.novita.faultOf = () => null;
      await world.run();
      expect(world.novita.statusOf(duplicate)).toBe('removed');
    });
  });

  it('gives up a create when no place has stock', async () => {
    const world = new World();
    world.novita.faults.add({ kind: 'out-of-stock' });
    await world.run();
    expect(world.record).toMatchObject({ status: 'failed', lastError: { code: 'resource-constraints' } });
    expect(world.novita.all).toHaveLength(0);
  });

  it('begins a new idle time with a start by hand at Novita', async () => {
    const world = new World({ spec: { ports: [] } });
    await world.run();
    world.command('stop');
    await world.run();
    world.clock.advance(120_000);
    world.novita.world.setStatus(world.novitaId, 'running');
    world.store.put({ ...world.record, deadlines: { nextReconcileAt: world.clock.timestamp() } });
    await world.run(({ record }) => record.status === 'ready');
    const stored = await world.store.records.get(world.id);
    expect(stored?.record.desired).toMatchObject({ state: 'running', by: 'console' });
    expect(stored?.lastUsedAt).toBe(stored?.record.desired.at);
  });

  it('writes nothing when it is shut down during the observation', async () => {
    const world = new World();
    const draining = new AbortController();
    world.atEffect = (effect) => {
      if (effect === 'before novita.list') draining.abort();
    };
    const { revision } = world.record;
    await expect(world.worker().reconcile(world.id, draining.signal)).rejects.toThrow('abort');
    expect(world.record.revision).toBe(revision);
    expect(world.novita.sent('createInstance')).toBe(0);
  });
});
