import {
  dayOf,
  firstDayOfMonth,
  InstanceRecords,
  type InstanceSpend,
  meterOf,
  monthOf,
  SpendMeter,
  type SpendReading,
  StoreUnavailableError,
  startOfDayMs,
  usdFromMicro,
} from '@app/instance-store';
import { Clock, Problem, ShortMemory, timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { autoStopProblems } from '../problems/auto-stop.problems.js';
import { AutoStopStatsStore } from '../stats/auto-stop-stats-store.port.js';
import { SpendOptions } from './spend-options.js';
import { SpendReadings } from './spend-readings.js';
import { type SpendOfInstance, type SpendReport, SpendReports, type SpendSummary } from './spend-report.port.js';
import { sinceBookedUsd, spendUpTo } from './spend-up-to.js';

const REMEMBERED_MS = 2_000;

/** Puts reports together from the meters of the store. */
@Injectable()
export class StoredSpendReports extends SpendReports {
  private readonly reports: ShortMemory<SpendReport>;

  constructor(
    private readonly records: InstanceRecords,
    private readonly spend: SpendMeter,
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
    const [reading, { idle }] = await Promise.all([this.readings.latest(), this.stats.read()]);
    const nowMs = this.clock.now();
    const { todayUsd, savedTodayUsd } = spendUpTo(reading, nowMs);
    const { unpriced } = reading.now;
    const limit = this.limitAt(todayUsd);
    return {
      asOf: timestampFromMs(nowMs),
      ...costNow(reading),
      unpriced,
      todayUsd,
      savedTodayUsd,
      idle,
      limit,
    };
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
    const [reading, today, month, { idle }] = await Promise.all([
      // Read together, so that instances and sums are booked up to the same time.
      this.spend.read(firstDayOfMonth(monthOf(day))),
      this.spend.byInstance({ kind: 'day', day }, limit),
      this.spend.byInstance({ kind: 'month', month: monthOf(day) }, limit),
      this.stats.read(),
    ]);
    const ids = new Set([...today, ...month].map(({ id }) => id));
    const records = new Map((await this.records.getMany([...ids])).map(({ record }) => [record.id, record]));
    const upToNow = ({ id, usd }: InstanceSpend, fromMs: number): SpendOfInstance => {
      const record = records.get(id);
      const { meter, rate } = record === undefined ? NOT_METERED : meterOf(record);
      const usdPerHour = meter === 'billing' ? usdFromMicro(rate) : 0;
      return { id, name: record?.name ?? null, usd: usd + sinceBookedUsd(reading, usdPerHour, fromMs, nowMs) };
    };
    const { todayUsd, monthUsd, savedTodayUsd, savedMonthUsd } = spendUpTo(reading, nowMs);
    const { byStatus, byRegion, byProduct, unpriced } = reading.now;
    return {
      asOf: timestampFromMs(nowMs),
      ...costNow(reading),
      byStatus,
      byRegion,
      byProduct,
      unpriced,
      todayUsd,
      monthUsd,
      today: today.map((spend) => upToNow(spend, startOfDayMs(day))),
      month: month.map((spend) => upToNow(spend, startOfDayMs(firstDayOfMonth(monthOf(day))))),
      idle,
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

const NOT_METERED = { meter: '', rate: 0 } as const;

/** Only what is paid by the month is billed while it is stopped. */
function costNow({
  now,
}: SpendReading): Pick<SpendSummary, 'costUsdPerHour' | 'runningUsdPerHour' | 'billedThoughStoppedUsdPerHour'> {
  const billedThoughStoppedUsdPerHour = now.byStatus.stopped ?? 0;
  return {
    costUsdPerHour: now.usdPerHour,
    runningUsdPerHour: now.usdPerHour - billedThoughStoppedUsdPerHour,
    billedThoughStoppedUsdPerHour,
  };
}

function inDollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
