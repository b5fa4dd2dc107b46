import {
  dayOf,
  type InstanceSpend,
  InstanceStore,
  monthOf,
  type StoredInstance,
  StoreUnavailableError,
} from '@app/instance-store';
import { Clock, Problem, ShortMemory, timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { autoStopProblems } from '../problems/auto-stop.problems.js';
import { AutoStopStatsStore } from '../stats/auto-stop-stats-store.port.js';
import { SpendOptions } from './spend-options.js';
import { SpendReadings } from './spend-readings.js';
import { type SpendOfInstance, type SpendReport, SpendReports, type SpendSummary } from './spend-report.port.js';
import { spendUpTo } from './spend-up-to.js';

const REMEMBERED_MS = 2_000;

/** Puts reports together from the meters of the store. */
@Injectable()
export class StoredSpendReports extends SpendReports {
  private readonly reports: ShortMemory<SpendReport>;

  constructor(
    private readonly store: InstanceStore,
    private readonly readings: SpendReadings,
    private readonly stats: AutoStopStatsStore,
    private readonly clock: Clock,
    private readonly options: SpendOptions,
  ) {
    super();
    this.reports = new ShortMemory(clock, REMEMBERED_MS);
  }

  override report(limit: number): Promise<SpendReport> {
    return this.reports.recall(limit, () => this.compose(limit));
  }

  override async summary(): Promise<SpendSummary> {
    const [reading, { idleUsdPerHour }] = await Promise.all([this.readings.latest(), this.stats.read()]);
    const nowMs = this.clock.now();
    const { todayUsd, savedTodayUsd } = spendUpTo(reading, nowMs);
    const { usdPerHour, unpriced } = reading.now;
    const asOf = timestampFromMs(nowMs);
    return { asOf, usdPerHour, unpriced, todayUsd, savedTodayUsd, idleUsdPerHour, limit: this.limitAt(todayUsd) };
  }

  override async assertWithinLimit(): Promise<void> {
    const { dailyLimitUsd, enforced } = this.options;
    if (dailyLimitUsd === null || !enforced) return;
    const spentUsd = await this.spentToday();
    if (spentUsd === null || spentUsd < dailyLimitUsd) return;
    throw new Problem(autoStopProblems['spend-limit-reached'], {
      detail: `the fleet has cost ${inDollars(spentUsd)} today, and the limit is ${inDollars(dailyLimitUsd)}`,
    });
  }

  /** Null when the meters cannot be read: the create itself will say so, and nothing is known to be wrong with money. */
  private async spentToday(): Promise<number | null> {
    try {
      return spendUpTo(await this.readings.latest(), this.clock.now()).todayUsd;
    } catch (error) {
      if (error instanceof StoreUnavailableError) return null;
      throw error;
    }
  }

  private async compose(limit: number): Promise<SpendReport> {
    const nowMs = this.clock.now();
    const day = dayOf(nowMs);
    const [reading, today, month, { idleUsdPerHour }] = await Promise.all([
      this.readings.latest(),
      this.store.spendByInstance({ kind: 'day', day }, limit),
      this.store.spendByInstance({ kind: 'month', month: monthOf(day) }, limit),
      this.stats.read(),
    ]);
    const ids = new Set([...today, ...month].map(({ id }) => id));
    const named = namesOf(await this.store.getMany([...ids]));
    const name = ({ id, usd }: InstanceSpend): SpendOfInstance => ({ id, name: named.get(id) ?? null, usd });
    const { todayUsd, monthUsd, savedTodayUsd, savedMonthUsd } = spendUpTo(reading, nowMs);
    return {
      asOf: timestampFromMs(nowMs),
      ...reading.now,
      todayUsd,
      monthUsd,
      today: today.map(name),
      month: month.map(name),
      idleUsdPerHour,
      savedTodayUsd,
      savedMonthUsd,
      limit: this.limitAt(todayUsd),
    };
  }

  private limitAt(todayUsd: number): SpendSummary['limit'] {
    const { dailyLimitUsd, enforced } = this.options;
    return dailyLimitUsd === null ? null : { dailyUsd: dailyLimitUsd, enforced, reached: todayUsd >= dailyLimitUsd };
  }
}

function namesOf(stored: readonly StoredInstance[]): Map<InstanceSpend['id'], string> {
  return new Map(stored.map(({ record }) => [record.id, record.name]));
}

function inDollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
