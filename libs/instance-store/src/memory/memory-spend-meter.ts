import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { type EndingCommitment, ownerCommitment } from '../plan/commitment.js';
import {
  instanceDays,
  type Meter,
  type MeterTags,
  partsOf,
  type RunningMeter,
  ratesNow,
  UNKNOWN,
  usdFromMicro,
} from '../plan/meter.js';
import { DAYS_KEPT, dayOf, daysFrom, monthOf, piecesOf } from '../plan/spend-days.js';
import {
  type InstanceDay,
  type InstanceSpend,
  type OwnerCommitments,
  SPEND_PARTS,
  SpendMeter,
  type SpendPart,
  type SpendPeriod,
  type SpendReading,
} from '../ports/spend-meter.port.js';
import { MAX_BATCH } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import { compareBytes } from './sorted-members.js';

interface Running extends MeterTags {
  readonly meter: RunningMeter;
  readonly rate: number;
  /** Until when it is accrued. */
  readonly accruedMs: number;
}

/** For so many days and months the cost of each instance is kept; about as long as by meters.lua. */
const LISTS_KEPT = { day: 7, month: 4 } as const;
const PARTS_KEPT = 62;
const OWN_DAYS_KEPT = 40;

type Sums<Key> = Map<Key, number>;

/** The meters of one process; the counterpart of meters.lua. Amounts in micro-USD. */
export class MemorySpendMeter extends SpendMeter {
  private readonly running = new Map<InstanceId, Running>();
  private readonly totals = { billing: new Map<number, number>(), saving: new Map<number, number>() };
  private readonly lists = {
    day: new Map<number, Sums<InstanceId>>(),
    month: new Map<number, Sums<InstanceId>>(),
  };
  /** By day: what all have cost by `owner:<name>` and `product:<name>`. */
  private readonly partsByDay = new Map<number, Sums<string>>();
  /** By instance: what it has cost by day, and saved by day with an `s` before it. */
  private readonly ownDays = new Map<InstanceId, Sums<string>>();
  /** Until when all meters are accrued. */
  private accruedMs: number | null = null;
  /** The sum of the savings of days whose own sums are no longer kept. */
  private savedBefore = 0;

  /** @param tables rates in micro-USD per hour by counter, and commitments, as the writes of records keep them */
  constructor(
    private readonly tables: {
      readonly rates: { entries(): Iterable<readonly [counter: string, value: number]> };
      commitmentsOf(owner: string): ReadonlyMap<InstanceId, EndingCommitment>;
    },
  ) {
    super();
  }

  move(id: InstanceId, to: Meter & MeterTags, nowMs: number): void {
    const running = this.running.get(id);
    if (running !== undefined) this.accruePiece(id, running, nowMs);
    this.running.delete(id);
    const meter = runningOf(to);
    if (meter === null) return;
    const { rate, owner, product } = to;
    const accruedMs = Math.max(nowMs, running?.accruedMs ?? nowMs);
    this.running.set(id, { meter, rate, owner, product, accruedMs });
  }

  override async read(sinceDay: number): Promise<SpendReading> {
    const days = daysFrom(sinceDay);
    const sumsOf = (meter: RunningMeter): Map<number, number> =>
      new Map(
        days.flatMap((day) => {
          const sum = this.totals[meter].get(day);
          return sum === undefined ? [] : [[day, usdFromMicro(sum)]];
        }),
      );
    return {
      now: ratesNow(this.tables.rates.entries()),
      spentByDay: sumsOf('billing'),
      savedByDay: sumsOf('saving'),
      savedInAllUsd: usdFromMicro([...this.totals.saving.values()].reduce((sum, day) => sum + day, this.savedBefore)),
      accruedAt: this.accruedMs === null ? null : timestampFromMs(this.accruedMs),
    };
  }

  override async byInstance(period: SpendPeriod, limit: number): Promise<readonly InstanceSpend[]> {
    const sums = period.kind === 'day' ? this.lists.day.get(period.day) : this.lists.month.get(period.month);
    return [...(sums ?? [])]
      .toSorted(([id, a], [otherId, b]) => b - a || compareBytes(otherId, id))
      .slice(0, Math.max(0, limit))
      .map(([id, sum]) => ({ id, usd: usdFromMicro(sum) }));
  }

  override async parts(by: SpendPart, days: readonly number[]): Promise<readonly ReadonlyMap<string, number>[]> {
    return days.map((day) => partsOf(by, this.partsByDay.get(day) ?? []));
  }

  override async commitments(owner: string): Promise<OwnerCommitments> {
    return new Map(Array.from(this.tables.commitmentsOf(owner), ([id, own]) => [id, ownerCommitment(own)]));
  }

  override async daysOf(id: InstanceId, sinceDay: number): Promise<readonly InstanceDay[]> {
    return instanceDays(this.ownDays.get(id) ?? [], sinceDay);
  }

  override async accrue(now: Timestamp, signal: AbortSignal): Promise<void> {
    const nowMs = msFromTimestamp(now);
    let done = 0;
    for (const [id, running] of this.running) {
      if (running.accruedMs >= nowMs) continue;
      if (done++ % MAX_BATCH === 0) signal.throwIfAborted();
      this.accruePiece(id, running, nowMs);
      this.running.set(id, { ...running, accruedMs: nowMs });
    }
    signal.throwIfAborted();
    this.accruedMs = Math.max(nowMs, this.accruedMs ?? nowMs);
    this.forgetBefore(dayOf(nowMs));
  }

  private accruePiece(id: InstanceId, running: Running, untilMs: number): void {
    const { meter, rate, accruedMs } = running;
    for (const { day, microUsd } of piecesOf(rate, accruedMs, untilMs)) {
      if (microUsd <= 0) continue;
      add(this.totals[meter], day, microUsd);
      add(listOf(this.ownDays, id), `${meter === 'saving' ? 's' : ''}${day}`, microUsd);
      if (meter === 'saving') continue;
      add(listOf(this.lists.day, day), id, microUsd);
      add(listOf(this.lists.month, monthOf(day)), id, microUsd);
      for (const kind of SPEND_PARTS)
        add(listOf(this.partsByDay, day), `${kind}:${running[kind] || UNKNOWN}`, microUsd);
    }
  }

  private forgetBefore(today: number): void {
    for (const [day, sum] of this.totals.saving) if (day < today - DAYS_KEPT) this.savedBefore += sum;
    for (const sums of Object.values(this.totals)) dropBefore(sums, today - DAYS_KEPT);
    dropBefore(this.partsByDay, today - PARTS_KEPT);
    for (const [id, sums] of this.ownDays) {
      for (const field of sums.keys()) if (Number(field.replace('s', '')) < today - OWN_DAYS_KEPT) sums.delete(field);
      if (sums.size === 0) this.ownDays.delete(id);
    }
    dropBefore(this.lists.day, today - LISTS_KEPT.day);
    dropBefore(this.lists.month, monthOf(today) - LISTS_KEPT.month);
  }
}

function runningOf({ meter }: Meter): RunningMeter | null {
  return meter === 'billing' || meter === 'saving' ? meter : null;
}

function add<Key>(sums: Sums<Key>, key: Key, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

function listOf<Period, Key>(lists: Map<Period, Sums<Key>>, period: Period): Sums<Key> {
  const sums = lists.get(period) ?? new Map<Key, number>();
  lists.set(period, sums);
  return sums;
}

function dropBefore(byPeriod: Map<number, unknown>, first: number): void {
  for (const period of byPeriod.keys()) if (period < first) byPeriod.delete(period);
}
