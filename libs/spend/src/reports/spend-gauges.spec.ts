import { StoreUnavailableError } from '@app/instance-store';
import { describe, expect, it, vi } from 'vitest';
import { HOUR, SpendWorld } from '../../test/fakes/spend-world.js';
import { anIdleCost } from '../../test/idle-cost-store.conformance.js';
import { SpendGauges } from './spend-gauges.js';

async function scrape(world: SpendWorld): Promise<string[]> {
  const text = await world.registry.metrics();
  return text.split('\n').filter((line) => /^novita_fleet_\S*(usd|spend)/.test(line));
}

function begin(dailyLimitUsd: number | null, known = true): SpendWorld {
  const world = new SpendWorld({ dailyLimitUsd });
  const gauges = new SpendGauges(
    world.readings,
    world.idleCosts,
    { instancesAsOf: () => (known ? world.clock.timestamp() : null) },
    world.clock,
    world.options,
    world.registry,
  );
  gauges.onModuleInit();
  return world;
}

describe('the metrics of spend', () => {
  it('report money per hour by status, what is accrued and saved today, and how near the limit is', async () => {
    const world = begin(20);
    await world.add();
    await world.add({ status: 'stopping', price: { usdPerHour: 2 } });
    await world.stop(await world.add(), 'auto-stop');
    world.clock.advance(2 * HOUR);
    await world.accrue();
    world.clock.advance(HOUR);
    expect(await scrape(world)).toEqual([
      'novita_fleet_usd_per_hour{status="ready"} 1',
      'novita_fleet_usd_per_hour{status="stopping"} 2',
      'novita_fleet_billed_though_stopped_usd_per_hour 0',
      'novita_fleet_spend_today_usd 6',
      'novita_fleet_saved_today_usd 2',
      'novita_fleet_spend_limit_ratio 0.45',
    ]);
  });

  it('ask the store once for each scrape', async () => {
    const world = begin(20);
    const asked = vi.spyOn(world.store.spend, 'read');
    await scrape(world);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('report what idles by reason once it was measured', async () => {
    const world = begin(null);
    await world.idleCosts.record(anIdleCost());
    expect((await scrape(world)).filter((line) => line.includes('idle'))).toEqual([
      'novita_fleet_idle_usd_per_hour{reason="due"} 0.5',
      'novita_fleet_idle_usd_per_hour{reason="notYetDue"} 0',
      'novita_fleet_idle_usd_per_hour{reason="autoStopOff"} 0',
      'novita_fleet_idle_usd_per_hour{reason="monthly"} 0',
      'novita_fleet_idle_usd_per_hour{reason="useNotKnown"} 0.25',
    ]);
  });

  it('are absent before a listing has completed: 0 would be a claim', async () => {
    const world = begin(20, false);
    await world.add();
    await world.idleCosts.record(anIdleCost());
    expect(await scrape(world)).toEqual([]);
  });

  it('are absent while the store is away, and without a limit there is no ratio', async () => {
    const world = begin(null);
    await world.add();
    expect(await scrape(world)).toHaveLength(4);
    vi.spyOn(world.store.spend, 'read').mockRejectedValue(new StoreUnavailableError('away'));
    world.clock.advance(HOUR);
    expect(await scrape(world)).toEqual([]);
  });
});
