import { SpendMeter, type SpendReading } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { minutes, NOW } from '../../test/fakes/an-idle-instance.js';
import { CheckWorld } from '../../test/fakes/check-world.js';
import { AutoStopStatistics } from './auto-stop-statistics.js';

beforeAll(() => Logger.overrideLogger(false));

/** Answers with the figures that a test sets. */
class FakeMeter extends SpendMeter {
  saved: ReadonlyMap<number, number> = new Map();
  savedInAllUsd = 0;
  askedSince = 0;

  override read(sinceDay: number): Promise<SpendReading> {
    this.askedSince = sinceDay;
    const now = { usdPerHour: 0, byStatus: {}, byRegion: {}, byProduct: {}, unpriced: 0 };
    return Promise.resolve({
      now,
      spentByDay: new Map(),
      savedByDay: this.saved,
      savedInAllUsd: this.savedInAllUsd,
      accruedAt: null,
    });
  }

  override async parts(): Promise<never> {
    throw new Error('not asked for');
  }

  override async commitments(): Promise<never> {
    throw new Error('not asked for');
  }

  override async daysOf(): Promise<never> {
    throw new Error('not asked for');
  }

  override async byInstance(): Promise<never> {
    throw new Error('not asked for');
  }

  override async accrue(): Promise<never> {
    throw new Error('not asked for');
  }
}

describe('the statistics', () => {
  const TODAY = Math.floor(NOW / 86_400_000);
  let world: CheckWorld;
  let meter: FakeMeter;
  let statistics: AutoStopStatistics;

  beforeEach(() => {
    world = new CheckWorld();
    meter = new FakeMeter();
    const { stats, queue, suspension, clock, options } = world;
    statistics = new AutoStopStatistics(stats, meter, queue, suspension, clock, options);
  });

  it('are empty before the first check', async () => {
    expect(await statistics.read()).toEqual({
      enabled: true,
      intervalMs: 300_000,
      thresholdMs: 1_200_000,
      warningMs: 300_000,
      lastRun: null,
      nextRun: null,
      totals: { checked: 0, eligible: 0, stopped: 0, failed: 0 },
      suspended: null,
      savedUsd: 0,
      savedByDay: [],
    });
  });

  it('show the latest check, the next one if a job exists, and what was saved', async () => {
    await world.add();
    await world.run();
    world.queue.nextRun = minutes(4);
    meter.saved = new Map([
      [TODAY, 2.5],
      [TODAY - 1, 10],
    ]);
    meter.savedInAllUsd = 112.5;
    const stats = await statistics.read();
    expect(stats).toMatchObject({
      nextRun: minutes(4),
      savedUsd: 112.5,
      lastRun: { stopped: 1, suspended: null },
    });
    expect(stats.lastRun).not.toHaveProperty('verdicts');
    expect(stats.savedByDay).toEqual([
      { day: timestampFromMs((TODAY - 1) * 86_400_000).slice(0, 10), usd: 10 },
      { day: '2026-06-01', usd: 2.5 },
    ]);
    expect(meter.askedSince).toBe(TODAY - 61);
  });

  it('say at once that auto-stop is suspended, not only after the next check', async () => {
    world.freshness.asOf = null;
    expect((await statistics.read()).suspended).toBe('no sync has shown the instances yet');
  });
});
