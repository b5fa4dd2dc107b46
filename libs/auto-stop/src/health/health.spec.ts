import { type HealthDetails, HealthIndicatorRegistry } from '@app/platform';
import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE, minutes, NOW, RULES } from '../../test/fakes/an-idle-instance.js';
import { CheckWorld } from '../../test/fakes/check-world.js';
import { AutoStopGauges } from './auto-stop-gauges.js';
import { AutoStopIndicator } from './auto-stop-indicator.js';

beforeAll(() => Logger.overrideLogger(false));

describe('the health of auto-stop', () => {
  let world: CheckWorld;
  let registry: HealthIndicatorRegistry;

  const begin = (options = {}) => {
    world = new CheckWorld({ options });
    registry = new HealthIndicatorRegistry();
    new AutoStopIndicator(world.stats, world.suspension, world.clock, world.options, registry).onModuleInit();
  };
  const details = async (): Promise<HealthDetails | void> =>
    registry.all()[0]?.check({ signal: AbortSignal.timeout(1_000) });

  beforeEach(() => begin());

  it('is not needed', () => {
    expect(registry.all()[0]).toMatchObject({ name: 'autoStop', needed: false });
  });

  it('reports the age of the latest check', async () => {
    expect(await details()).toEqual({ enabled: true, suspended: false });
    await world.run();
    world.clock.advance(90_000);
    expect(await details()).toEqual({ enabled: true, suspended: false, lastCheckAgeSeconds: 90 });
  });

  it('is degraded when no check came for more than three intervals', async () => {
    await world.run();
    world.freshness.asOf = minutes(16);
    world.clock.advance(15 * MINUTE);
    expect(await details()).not.toHaveProperty('degraded');
    world.clock.advance(1);
    expect(await details()).toMatchObject({ degraded: expect.stringContaining('three intervals') });
  });

  it('is degraded when auto-stop is suspended, once the first sync has had its time', async () => {
    world.freshness.asOf = null;
    expect(await details()).toEqual({ enabled: true, suspended: true });
    world.clock.advance(MINUTE + 1);
    expect(await details()).toMatchObject({ suspended: true, degraded: expect.stringContaining('no sync has shown') });
  });

  it('is well when auto-stop is switched off', async () => {
    begin({ rules: { ...RULES, enabled: false } });
    world.freshness.asOf = null;
    world.clock.advance(100 * MINUTE);
    expect(await details()).toEqual({ enabled: false });
  });
});

describe('the gauges of auto-stop', () => {
  const setUp = () => {
    const world = new CheckWorld();
    new AutoStopGauges(world.stats, world.suspension, world.clock, world.registry).onModuleInit();
    const value = async (name: string) =>
      (await world.registry.fleet.getSingleMetric(`novita_fleet_auto_stop_${name}`)?.get())?.values[0]?.value;
    return { world, value };
  };

  it('report the latest check, and nothing of one that was not', async () => {
    const { world, value } = setUp();
    expect([await value('due'), await value('last_check_age_seconds')]).toEqual([undefined, undefined]);
    await world.add();
    await world.add();
    await world.run();
    world.clock.set(NOW + 3_000);
    expect([await value('due'), await value('last_check_age_seconds')]).toEqual([2, 3]);
  });

  it('report whether it is suspended', async () => {
    const { world, value } = setUp();
    expect(await value('suspended')).toBe(0);
    world.freshness.asOf = null;
    expect(await value('suspended')).toBe(1);
  });

  it('do not fail a scrape while the statistics cannot be read, and ask once for each', async () => {
    const { world, value } = setUp();
    let reads = 0;
    world.stats.read = () => {
      reads += 1;
      return Promise.reject(new Error('away'));
    };
    expect([await value('due'), await value('last_check_age_seconds')]).toEqual([undefined, undefined]);
    expect(reads).toBe(1);
  });
});
