import { NovitaInsufficientResourceError } from '@app/novita-client';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { World } from '../../test/fakes/world.js';

describe('Reconciler', () => {
  it('takes a create to ready, a stop to stopped and a delete to terminated', async () => {
    const world = new World();
    await world.run();
    expect(world.statuses).toEqual(['creating', 'created', 'starting', 'running', 'health_checking', 'ready']);
    expect(world.novita.creates).toHaveLength(1);

    world.command('stop');
    await world.run();
    expect(world.record.status).toBe('stopped');
    expect(world.novita.wordOf(world.novitaId)).toBe('exited');

    world.command('start');
    await world.run();
    expect(world.record.status).toBe('ready');

    world.command('delete');
    await world.run();
    expect(world.record.status).toBe('terminated');
    expect(world.novita.wordOf(world.novitaId)).toBe('removed');
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

  it('waits a second between looks while its clock is behind that of the wish', async () => {
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
    const reasons = new Map(world.store.accounts.map(({ next, options }) => [next.status, options.reason]));
    expect(reasons.get('ready')).toBe('every port answers');
    expect(reasons.get('running')).toBe('Novita says running');
    expect([...reasons.values()].filter((reason) => reason === undefined || reason === '')).toEqual([]);
  });

  it('sends no second create while the first one may have taken effect', async () => {
    const world = new World();
    world.novita.faultOf = (call) => (call === 'create' ? 'lost-after' : null);
    await world.run();
    expect(world.record).toMatchObject({ status: 'ready', origin: 'adopted' });
    expect(world.novita.all).toHaveLength(1);
  });

  it('creates again when a look after the grace has found nothing', async () => {
    const world = new World();
    let calls = 0;
    world.novita.faultOf = (call) => (call === 'create' && calls++ === 0 ? 'lost-before' : null);
    await world.run();
    expect(world.record.status).toBe('ready');
    expect(world.novita.all).toHaveLength(1);
    expect(world.novita.calls.filter((call) => call === 'create')).toHaveLength(2);
  });

  it('gives up a create when no place has stock', async () => {
    const world = new World();
    world.novita.faultOf = (call) =>
      call === 'create' ? new NovitaInsufficientResourceError('out of stock', { call }) : null;
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
    world.novita.set(world.novitaId, 'running');
    world.store.put({ ...world.record, deadlines: { nextReconcileAt: world.clock.timestamp() } });
    await world.run(({ record }) => record.status === 'ready');
    const stored = await world.store.get(world.id);
    expect(stored?.record.desired).toMatchObject({ state: 'running', by: 'console' });
    expect(stored?.lastUsedAt).toBe(stored?.record.desired.at);
  });

  it('writes nothing when it is told to end during the look', async () => {
    const world = new World();
    const draining = new AbortController();
    world.atEffect = (effect) => {
      if (effect === 'before novita.listInstances') draining.abort();
    };
    const { revision } = world.record;
    await expect(world.worker().reconcile(world.id, draining.signal)).rejects.toThrow('abort');
    expect(world.record.revision).toBe(revision);
    expect(world.novita.creates).toEqual([]);
  });
});
