import { BEFORE_FIRST_ENTRY, type FleetEvent } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { HOUR, SpendWorld } from '../../test/fakes/spend-world.js';
import type { SpendOptions } from '../limits/spend-options.js';
import { SpendAccrual } from './spend-accrual.processor.js';
import { SpendLimitWatch } from './spend-limit-watch.js';

beforeAll(() => Logger.overrideLogger(false));

type SpendWarning = Extract<FleetEvent, { readonly type: 'spend.warning' }>;

class WatchedWorld extends SpendWorld {
  /** As a worker's job does. */
  async runJob(): Promise<void> {
    const watch = new SpendLimitWatch(this.today, this.store.events, this.options);
    await new SpendAccrual(this.store.spend, watch, { run: async () => undefined }, this.sampler(), this.clock).handle(
      {},
      { attempt: 1, jobId: 'j', signal: AbortSignal.timeout(60_000) },
    );
  }

  async warnings(): Promise<SpendWarning[]> {
    const found: SpendWarning[] = [];
    const entries = (await this.store.feed.after(BEFORE_FIRST_ENTRY, 1_000)) ?? [];
    for (const entry of entries) if (entry.type === 'spend.warning') found.push(entry);
    return found;
  }
}

async function begin(
  options: Partial<SpendOptions> = { dailyLimitUsd: 10, enforcement: 'creates' },
): Promise<WatchedWorld> {
  const world = new WatchedWorld(options);
  await world.add();
  return world;
}

describe('the watch over the limit', () => {
  it('warns at 80 % and at 100 %, once each', async () => {
    const world = await begin();
    world.clock.advance(7.9 * HOUR);
    await world.runJob();
    expect(await world.warnings()).toEqual([]);
    world.clock.advance(0.1 * HOUR);
    await Promise.all([world.runJob(), world.runJob()]);
    world.clock.advance(HOUR);
    await world.runJob();
    const data = { day: '2026-03-02', levelPercent: 80, spentUsd: 8, limitUsd: 10, enforced: true };
    expect(await world.warnings()).toMatchObject([{ type: 'spend.warning', data }]);
    world.clock.advance(2 * HOUR);
    await world.runJob();
    await world.runJob();
    expect((await world.warnings()).map((warning) => warning.data)).toMatchObject([
      { levelPercent: 80 },
      { levelPercent: 100, spentUsd: 11 },
    ]);
  });

  it('warns again the next day', async () => {
    const world = await begin();
    world.clock.advance(12 * HOUR);
    await world.runJob();
    world.clock.advance(24 * HOUR);
    await world.runJob();
    expect((await world.warnings()).map(({ data }) => [data.day, data.levelPercent])).toEqual([
      ['2026-03-02', 80],
      ['2026-03-02', 100],
      ['2026-03-03', 80],
      ['2026-03-03', 100],
    ]);
  });

  it('warns of each owner under its own limit, and of none that is not known', async () => {
    const world = new WatchedWorld({ ownerDailyLimitUsd: 5, enforcement: 'stop' });
    for (const createdBy of ['user:a', 'user:b', null] as const) await world.add({ createdBy });
    await world.add({ createdBy: 'user:a' });
    world.clock.advance(2.5 * HOUR);
    await world.runJob();
    await world.runJob();
    expect((await world.warnings()).map(({ data }) => [data.owner, data.levelPercent, data.spentUsd])).toEqual([
      ['user:a', 80, 5],
      ['user:a', 100, 5],
    ]);
  });

  it('says nothing without a limit, and stops nothing in any case', async () => {
    const world = await begin({ dailyLimitUsd: null });
    world.clock.advance(100 * HOUR);
    await world.runJob();
    expect(await world.warnings()).toEqual([]);
    expect((await world.store.records.counts()).byStatus.ready).toBe(1);
  });
});

describe('the sample of the fleet', () => {
  const signal = AbortSignal.timeout(60_000);

  it('records nothing before the first listing', async () => {
    const world = new SpendWorld();
    await world.sampler(false).sample(signal);
    expect(await world.history.latest(timestampFromMs(0))).toEqual([]);
    expect(await world.idleCosts.latest()).toBeNull();
  });

  it('records how many are billed as running, what they cost, and what of it idles', async () => {
    const world = new SpendWorld();
    await world.add();
    await world.add({ status: 'starting', price: { usdPerHour: 0.5 } });
    await world.stop(await world.add());
    // Not made at Novita yet, and paid by the month: neither is billed as running.
    await world.add({ status: 'creating', novitaInstanceId: null });
    await world.add({ status: 'stopped', spec: { billingMode: 'monthly' }, price: { usdPerHour: 4 } });
    await world.sampler().sample(signal);
    expect(await world.history.latest(timestampFromMs(0))).toEqual([
      { at: world.clock.timestamp(), running: 2, usdPerHour: 5.5 },
    ]);
    expect(await world.idleCosts.latest()).toMatchObject({ instances: 1, usdPerHour: 1 });
  });
});
