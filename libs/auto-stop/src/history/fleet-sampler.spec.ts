import { INSTANCE_STATUSES, type InstanceStatus } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { SpendWorld } from '../../test/fakes/spend-world.js';
import { runningOf } from './running-of.js';

const signal = AbortSignal.timeout(60_000);

describe('FleetSampler', () => {
  it('notes nothing before the first listing', async () => {
    const world = new SpendWorld();
    await world.sampler(null).sample(signal);
    expect(await world.history.latest(timestampFromMs(0))).toEqual([]);
    expect((await world.stats.read()).idle).toBeNull();
  });

  it('notes how many may be billed, what they cost, and what of it idles', async () => {
    const world = new SpendWorld();
    await world.add();
    await world.add({ status: 'starting', price: { usdPerHour: 0.5 } });
    await world.stop(await world.add());
    await world.sampler().sample(signal);
    expect(await world.history.latest(timestampFromMs(0))).toEqual([
      { at: world.clock.timestamp(), running: 2, usdPerHour: 1.5 },
    ]);
    expect((await world.stats.read()).idle).toMatchObject({ instances: 1, usdPerHour: 1 });
  });

  it('takes none for running that is stopped or gone', () => {
    const one = Object.fromEntries(INSTANCE_STATUSES.map((status) => [status, 1])) as Record<InstanceStatus, number>;
    expect(runningOf({ total: 13, discovered: 0, byStatus: one })).toBe(INSTANCE_STATUSES.length - 2);
    const off = { ...one, stopped: 100, terminated: 100 };
    expect(runningOf({ total: 0, discovered: 0, byStatus: off })).toBe(INSTANCE_STATUSES.length - 2);
  });
});
