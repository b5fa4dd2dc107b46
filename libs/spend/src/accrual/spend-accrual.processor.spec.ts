import { timestampFromMs } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { SpendWorld } from '../../test/fakes/spend-world.js';

const signal = AbortSignal.timeout(60_000);

describe('FleetSampler', () => {
  it('records nothing before the first listing', async () => {
    const world = new SpendWorld();
    await world.sampler(false).sample(signal);
    expect(await world.history.latest(timestampFromMs(0))).toEqual([]);
    expect(await world.idleCosts.latest()).toBeNull();
  });

  it('records how many may be billed, what they cost, and what of it idles', async () => {
    const world = new SpendWorld();
    await world.add();
    await world.add({ status: 'starting', price: { usdPerHour: 0.5 } });
    await world.stop(await world.add());
    await world.sampler().sample(signal);
    expect(await world.history.latest(timestampFromMs(0))).toEqual([
      { at: world.clock.timestamp(), running: 2, usdPerHour: 1.5 },
    ]);
    expect(await world.idleCosts.latest()).toMatchObject({ instances: 1, usdPerHour: 1 });
  });
});
