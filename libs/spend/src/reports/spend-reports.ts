import {
  dayOf,
  firstDayOfMonth,
  type InstanceId,
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
import { Clock, defineProblems, Problem, ShortMemory, type Timestamp, timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { OwnerSpend } from '../limits/key-budget.js';
import { limitOver, reasonOf } from '../limits/spend-limits.js';
import { refusesCreates, SpendOptions } from '../limits/spend-options.js';
import { sinceAccrualUsd, spendUpTo } from './spend-up-to.js';
import { SpentToday, type TodayAgainstLimits } from './spent-today.js';

export interface SpendOfInstance {
  readonly id: InstanceId;
  /** Null when its record is gone. */
  readonly name: string | null;
  readonly usd: number;
}

/** What is worth knowing at a glance. What instances cost now is in no report: it is the sum of the fleet's rows. */
export interface SpendSummary {
  readonly asOf: Timestamp;
  /** This day of UTC, up to now. */
  readonly todayUsd: number;
  readonly savedTodayUsd: number;
  readonly limit: SpendLimit | null;
}

export interface SpendLimit {
  readonly dailyUsd: number;
  /** Whether creates are rejected once it is reached. */
  readonly enforced: boolean;
  /** Whether moreover what runs is stopped, and starts are rejected. */
  readonly stops: boolean;
  readonly reached: boolean;
}

/** What the instances of one owner have cost today, as far as it is accrued. */
interface SpendOfOwner {
  readonly owner: string;
  readonly usd: number;
  readonly reached: boolean;
}

/** The limit of each owner. */
export interface OwnerLimit extends Omit<SpendLimit, 'reached'> {
  /** The dearest first, at most `MOST_OWNERS`. */
  readonly owners: readonly SpendOfOwner[];
}

export interface SpendReport extends SpendSummary {
  /**
   * Days and months of UTC. Running instances are counted up to now, in the sums and for each instance: since the last accrual at
   * what runs at this moment. Savings are shown as far as they are accrued.
   */
  readonly monthUsd: number;
  readonly today: readonly SpendOfInstance[];
  readonly month: readonly SpendOfInstance[];
  readonly savedMonthUsd: number;
  readonly ownerLimit: OwnerLimit | null;
}

/** Something that begins to cost. */
export interface Purchase {
  readonly kind: 'create' | 'start';
  /** As `ownerOf` says it; null while it is not known, which leaves the limit of the fleet. */
  readonly owner: string | null;
}

/** Owners in a report. */
const MOST_OWNERS = 100;

/** What can be wrong with a request that costs money. */
export const spendProblems = defineProblems({
  'spend-limit-reached': {
    status: 402,
    title: "The day's spend limit is reached",
    description:
      'The fleet has cost SPEND_DAILY_LIMIT_USD today, in the day of UTC, or the instances of one owner have cost SPEND_OWNER_DAILY_LIMIT_USD, and SPEND_ENFORCE says that nothing is created past it. With SPEND_ENFORCE=stop nothing is started either, and what runs is stopped.',
    suggestion:
      'Wait for the next day of UTC, or have an operator raise the limit. An admin may add `overSpendLimit=true` to the query of a create or a start.',
    retryable: false,
  },
});

/** So that creates, scrapes and the page do not ask more often than money moves. */
const REMEMBERED_MS = 2_000;

/** What the meters say of this month, asked at most once in two seconds. */
@Injectable()
export class SpendReadings {
  private readonly memory: ShortMemory<SpendReading>;

  constructor(
    private readonly meter: SpendMeter,
    private readonly clock: Clock,
  ) {
    this.memory = new ShortMemory(clock, REMEMBERED_MS);
  }

  /** @throws StoreUnavailableError */
  latest(): Promise<SpendReading> {
    const firstDay = firstDayOfMonth(monthOf(dayOf(this.clock.now())));
    return this.memory.recall(firstDay, () => this.meter.read(firstDay));
  }
}

/** Composes reports from the meters of the store, and checks a create against the limit of the day. */
@Injectable()
export class SpendReports {
  private readonly reports: ShortMemory<SpendReport>;

  constructor(
    private readonly records: InstanceRecords,
    private readonly meter: SpendMeter,
    private readonly readings: SpendReadings,
    private readonly today: SpentToday,
    private readonly clock: Clock,
    private readonly options: SpendOptions,
  ) {
    this.reports = new ShortMemory(clock, REMEMBERED_MS);
  }

  /**
   * @param limit instances named for each period, the dearest first
   * @throws StoreUnavailableError
   */
  report(limit: number): Promise<SpendReport> {
    return this.reports.recall(limit, () => this.compose(limit));
  }

  /** Without the instances: one read, whatever the fleet's size. @throws StoreUnavailableError */
  async summary(): Promise<SpendSummary> {
    const reading = await this.readings.latest();
    const nowMs = this.clock.now();
    const { todayUsd, savedTodayUsd } = spendUpTo(reading, nowMs);
    return { asOf: timestampFromMs(nowMs), todayUsd, savedTodayUsd, limit: this.limitAt(todayUsd) };
  }

  /**
   * To be asked before an instance is created or started. Costs nothing without a limit, and a round trip once in two seconds
   * with one. When the store cannot be reached nothing is rejected: the command itself fails then.
   * @throws Problem `spend-limit-reached` (402) when a limit is enforced and today's spend has reached it
   */
  async assertWithinLimit({ kind, owner }: Purchase): Promise<void> {
    const { dailyLimitUsd, ownerDailyLimitUsd, enforcement } = this.options;
    if (dailyLimitUsd === null && ownerDailyLimitUsd === null) return;
    if (enforcement === 'off' || (kind === 'start' && enforcement !== 'stop')) return;
    const known = await this.knownToday();
    const limit = known === null ? null : limitOver(known.reached, owner);
    if (limit === null) return;
    const { spentUsd, limitUsd } = limit;
    throw new Problem(spendProblems['spend-limit-reached'], {
      detail: reasonOf(limit),
      extensions: { spentUsd, limitUsd, ...(limit.owner !== null && { owner: limit.owner }) },
    });
  }

  /** What the instances of one owner cost, asked for anew. Round trips side by side. @throws StoreUnavailableError */
  async ofOwner(owner: string): Promise<OwnerSpend> {
    const today = dayOf(this.clock.now());
    const [commitments, { accruedAt }, [parts]] = await Promise.all([
      this.meter.commitments(owner),
      this.meter.read(today),
      this.meter.parts('owner', [today]),
    ]);
    return { commitments, todayUsd: parts?.get(owner) ?? 0, accruedAt };
  }

  /** Null when the meters cannot be read: nothing is known to be wrong with money then. */
  private async knownToday(): Promise<TodayAgainstLimits | null> {
    try {
      return await this.today.latest();
    } catch (error) {
      if (error instanceof StoreUnavailableError) return null;
      throw error;
    }
  }

  private async compose(limit: number): Promise<SpendReport> {
    const nowMs = this.clock.now();
    const day = dayOf(nowMs);
    const [reading, today, month, ownerLimit] = await Promise.all([
      // Read together, so that instances and sums are accrued up to the same time.
      this.meter.read(firstDayOfMonth(monthOf(day))),
      this.meter.byInstance({ kind: 'day', day }, limit),
      this.meter.byInstance({ kind: 'month', month: monthOf(day) }, limit),
      this.ownerLimit(),
    ]);
    const ids = new Set([...today, ...month].map(({ id }) => id));
    const records = new Map((await this.records.getMany([...ids])).map(({ record }) => [record.id, record]));
    const upToNow = ({ id, usd }: InstanceSpend, fromMs: number): SpendOfInstance => {
      const record = records.get(id);
      const { meter, rate } = record === undefined ? NOT_METERED : meterOf(record);
      const usdPerHour = meter === 'billing' ? usdFromMicro(rate) : 0;
      return { id, name: record?.name ?? null, usd: usd + sinceAccrualUsd(reading, usdPerHour, fromMs, nowMs) };
    };
    const { todayUsd, monthUsd, savedTodayUsd, savedMonthUsd } = spendUpTo(reading, nowMs);
    return {
      asOf: timestampFromMs(nowMs),
      todayUsd,
      monthUsd,
      today: today.map((spend) => upToNow(spend, startOfDayMs(day))),
      month: month.map((spend) => upToNow(spend, startOfDayMs(firstDayOfMonth(monthOf(day))))),
      savedTodayUsd,
      savedMonthUsd,
      limit: this.limitAt(todayUsd),
      ownerLimit,
    };
  }

  private async ownerLimit(): Promise<OwnerLimit | null> {
    const { ownerDailyLimitUsd } = this.options;
    if (ownerDailyLimitUsd === null) return null;
    const { spent, reached } = await this.today.latest();
    const owners = [...spent.byOwner]
      .toSorted(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
      .slice(0, MOST_OWNERS)
      .map(([owner, usd]) => ({ owner, usd, reached: reached.owners.has(owner) }));
    return { dailyUsd: ownerDailyLimitUsd, ...this.consequences(), owners };
  }

  private consequences(): Pick<SpendLimit, 'enforced' | 'stops'> {
    return { enforced: refusesCreates(this.options), stops: this.options.enforcement === 'stop' };
  }

  private limitAt(todayUsd: number): SpendSummary['limit'] {
    const { dailyLimitUsd } = this.options;
    if (dailyLimitUsd === null) return null;
    return { dailyUsd: dailyLimitUsd, ...this.consequences(), reached: todayUsd >= dailyLimitUsd };
  }
}

const NOT_METERED = { meter: '', rate: 0 } as const;
