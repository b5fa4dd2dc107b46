import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { MAX_BATCH } from '../batch-limit.js';
import type { InstanceId } from '../instance-id.js';
import { type Meter, type RunningMeter, usdFromMicro } from '../spend/meter.js';
import { DAYS_KEPT, piecesOf } from '../spend/pieces.js';
import { ratesNow } from '../spend/rates.js';
import { SpendMeter } from '../spend/spend-meter.port.js';
import type { InstanceSpend, SpendPeriod, SpendReading } from '../spend/spend-reading.js';
import { dayOf, daysFrom, monthOf } from '../spend/utc-days.js';
import { compareBytes } from './byte-order.js';

interface Running {
  readonly meter: RunningMeter;
  readonly rate: number;
  readonly bookedMs: number;
}

/** Days and months of which is kept what each instance has cost; as meters.lua keeps them, about. */
const LISTS_KEPT = { day: 7, month: 4 } as const;

type Sums<Key> = Map<Key, number>;

/** The meters of one process; the counterpart of meters.lua. Amounts in micro-USD. */
export class MemorySpendMeter extends SpendMeter {
  private readonly running = new Map<InstanceId, Running>();
  private readonly totals = { billing: new Map<number, number>(), saving: new Map<number, number>() };
  private readonly lists = {
    day: new Map<number, Sums<InstanceId>>(),
    month: new Map<number, Sums<InstanceId>>(),
  };
  private bookedMs: number | null = null;
  /** What was saved on days whose own sums are kept no more. */
  private savedBefore = 0;

  /** @param rates micro-USD per hour by counter, as the writes of records keep them */
  constructor(private readonly rates: { entries(): Iterable<readonly [counter: string, value: number]> }) {
    super();
  }

  move(id: InstanceId, to: Meter, nowMs: number): void {
    const running = this.running.get(id);
    if (running !== undefined) this.bookPiece(id, running, nowMs);
    this.running.delete(id);
    const meter = runningOf(to);
    if (meter === null) return;
    this.running.set(id, { meter, rate: to.rate, bookedMs: Math.max(nowMs, running?.bookedMs ?? nowMs) });
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
      now: ratesNow(this.rates.entries()),
      spentByDay: sumsOf('billing'),
      savedByDay: sumsOf('saving'),
      savedInAllUsd: usdFromMicro([...this.totals.saving.values()].reduce((sum, day) => sum + day, this.savedBefore)),
      bookedAt: this.bookedMs === null ? null : timestampFromMs(this.bookedMs),
    };
  }

  override async byInstance(period: SpendPeriod, limit: number): Promise<readonly InstanceSpend[]> {
    const sums = period.kind === 'day' ? this.lists.day.get(period.day) : this.lists.month.get(period.month);
    return [...(sums ?? [])]
      .toSorted(([id, a], [otherId, b]) => b - a || compareBytes(otherId, id))
      .slice(0, Math.max(0, limit))
      .map(([id, sum]) => ({ id, usd: usdFromMicro(sum) }));
  }

  override async accrue(now: Timestamp, signal: AbortSignal): Promise<void> {
    const nowMs = msFromTimestamp(now);
    let done = 0;
    for (const [id, running] of this.running) {
      if (running.bookedMs >= nowMs) continue;
      if (done++ % MAX_BATCH === 0) signal.throwIfAborted();
      this.bookPiece(id, running, nowMs);
      this.running.set(id, { ...running, bookedMs: nowMs });
    }
    signal.throwIfAborted();
    this.bookedMs = Math.max(nowMs, this.bookedMs ?? nowMs);
    this.forgetBefore(dayOf(nowMs));
  }

  private bookPiece(id: InstanceId, { meter, rate, bookedMs }: Running, untilMs: number): void {
    for (const { day, microUsd } of piecesOf(rate, bookedMs, untilMs)) {
      if (microUsd <= 0) continue;
      add(this.totals[meter], day, microUsd);
      if (meter === 'saving') continue;
      add(listOf(this.lists.day, day), id, microUsd);
      add(listOf(this.lists.month, monthOf(day)), id, microUsd);
    }
  }

  private forgetBefore(today: number): void {
    for (const [day, sum] of this.totals.saving) if (day < today - DAYS_KEPT) this.savedBefore += sum;
    for (const sums of Object.values(this.totals)) dropBefore(sums, today - DAYS_KEPT);
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

function listOf(lists: Map<number, Sums<InstanceId>>, period: number): Sums<InstanceId> {
  const sums = lists.get(period) ?? new Map<InstanceId, number>();
  lists.set(period, sums);
  return sums;
}

function dropBefore(byPeriod: Map<number, unknown>, first: number): void {
  for (const period of byPeriod.keys()) if (period < first) byPeriod.delete(period);
}
