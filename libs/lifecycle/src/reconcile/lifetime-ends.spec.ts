import { releasedBy } from '@app/instance-store';
import { MINUTE_MS, msFromTimestamp } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { World } from '../../test/fakes/world.js';

/** The default of STOP_HOLD_TIMEOUT. */
const HOLD_MS = 2 * MINUTE_MS;
const LIFETIME = 30;

/** An instance that has become ready, and what its next pass is to wait for. */
async function aReadyOne(maxLifetimeMinutes: number | null = LIFETIME): Promise<World> {
  const world = new World({ maxLifetimeMinutes });
  await world.run();
  expect(world.record.status).toBe('ready');
  return world;
}

/** Lets the clock go to the end of the lifetime, and a little further. */
function toEnd(world: World, overMs = 0): void {
  const endMs = msFromTimestamp(world.record.timestamps.created) + LIFETIME * MINUTE_MS;
  world.clock.set(endMs + overMs);
}

const isStopped = ({ record }: World): boolean => record.status === 'stopped';

describe('an instance with a lifetime', () => {
  it('is stopped at its end although it is leased, and says why', async () => {
    const world = await aReadyOne();
    const lease = { until: world.later(600 * MINUTE_MS), by: 'user:a', reason: 'busy' };
    world.store.put({ ...world.record, autoStop: { lease } });
    toEnd(world, -1_000);
    expect(await world.pass()).toMatchObject({ inMs: 1_000 });
    expect(world.record.desired.state).toBe('running');
    toEnd(world);
    await world.pass();
    expect(world.record.desired).toMatchObject({ state: 'stopped', by: 'max-lifetime' });
    expect(world.novita.sent('stopInstance')).toBe(1);
    await world.run(isStopped);
    const entries = await world.store.audit.entries(world.id, 20);
    expect(entries.find(({ kind, to }) => kind === 'wish' && to === 'stopped')).toMatchObject({
      by: 'max-lifetime',
      reason: expect.stringMatching(/^its lifetime of 30 min ended at 20/),
    });
  });

  it('is stopped while it starts, and before it was made', async () => {
    const world = new World({ maxLifetimeMinutes: 0.001 });
    world.clock.advance(1_000);
    await world.run(isStopped);
    expect(world.novita.live).toEqual([]);
    expect(world.statuses).not.toContain('ready');
  });

  it('gives endpoints their time, and no more', async () => {
    const world = await aReadyOne();
    world.holders.endpointIds = ['whe_a'];
    toEnd(world);
    expect(await world.pass()).toMatchObject({ inMs: HOLD_MS });
    expect(world.record).toMatchObject({
      desired: { state: 'running' },
      stopHold: { by: 'max-lifetime', ended: null },
    });
    toEnd(world, HOLD_MS);
    await world.pass();
    expect(world.record).toMatchObject({
      desired: { state: 'stopped' },
      stopHold: { ended: { outcome: 'timed-out' } },
    });
    expect(world.novita.sent('stopInstance')).toBe(1);
  });

  it('is stopped as soon as they have released it', async () => {
    const world = await aReadyOne();
    world.holders.endpointIds = ['whe_a'];
    toEnd(world);
    await world.pass();
    const { record, clock } = world;
    clock.advance(1_000);
    world.store.put(releasedBy(record, 'whe_a', record.stopHold?.since ?? clock.timestamp(), clock.timestamp()));
    await world.pass();
    expect(world.record).toMatchObject({ desired: { state: 'stopped' }, stopHold: { ended: { outcome: 'released' } } });
  });

  it('runs on when its lifetime is prolonged while endpoints hold the stop', async () => {
    const world = await aReadyOne();
    world.holders.endpointIds = ['whe_a'];
    toEnd(world);
    await world.pass();
    world.store.put({ ...world.record, maxLifetimeMinutes: LIFETIME + 10 });
    expect(await world.pass()).toMatchObject({ inMs: 10 * MINUTE_MS });
    expect(world.record).toMatchObject({
      desired: { state: 'running' },
      stopHold: { ended: { outcome: 'called-off', by: 'max-lifetime' } },
    });
  });

  it('is not started by anybody after its end, and stopped again when somebody does so at Novita', async () => {
    const world = await aReadyOne();
    toEnd(world);
    await world.run(isStopped);
    await world.run();
    expect(() => world.command('start')).toThrow('its lifetime ended at');
    world.clock.advance(60 * MINUTE_MS);
    world.novita.world.setStatus(world.novitaId, 'running');
    world.store.put({ ...world.record, deadlines: { nextReconcileAt: world.clock.timestamp() } });
    await world.run(({ record }) => record.desired.by === 'console');
    await world.run(isStopped);
    expect(world.record.desired).toMatchObject({ state: 'stopped', by: 'max-lifetime' });
  });

  it('needs nobody at rest without one', async () => {
    const world = await aReadyOne(null);
    expect(await world.pass()).toBeNull();
  });
});
