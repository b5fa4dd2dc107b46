import { dayOf, FleetEvents, InstanceRecords, SpendMeter, type SpendReading, startOfDayMs } from '@app/instance-store';
import { causeOf, Novita, NovitaError } from '@app/novita-client';
import { Clock, msFromTimestamp, timestampFromMs } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { SpendOptions } from '../limits/spend-options.js';
import {
  type BillDay,
  billByDay,
  type ComparedDay,
  type CountedInstance,
  compareDay,
  dateOfDay,
  daysToCheck,
  differenceRatio,
  differs,
  endOf,
} from './bill-day.js';
import { BillStore } from './bill-store.js';

/** Instances of one day that are compared at most; what is dearer comes first. */
const MOST_COUNTED = 100_000;
/** Records read at a time. */
const BATCH = 200;
/** Days back that show since when the meters have run. */
const DAYS_BACK = 61;

/** Compares the meters with Novita's bill, day by day, and says so when they differ. */
@Injectable()
export class BillCheck {
  private readonly logger = new Logger(BillCheck.name);

  constructor(
    private readonly novita: Novita,
    private readonly meter: SpendMeter,
    private readonly records: InstanceRecords,
    private readonly store: BillStore,
    private readonly events: FleetEvents,
    private readonly clock: Clock,
    private readonly options: SpendOptions,
  ) {}

  /**
   * One call of Novita, for all days that are not compared for good yet.
   * @throws NovitaError that may pass; StoreUnavailableError; the reason of the signal
   */
  async run(trigger: 'schedule' | 'manual', signal: AbortSignal): Promise<readonly BillDay[]> {
    const nowMs = this.clock.now();
    const { days: known } = await this.store.read();
    try {
      const found: BillDay[] = [];
      for (const day of await this.compare(daysToCheck(known, nowMs), nowMs, signal)) {
        // Announced before it is recorded: a day that is recorded as announced is not announced again.
        found.push({ ...day, isAnnounced: known.get(day.day)?.isAnnounced === true || (await this.announce(day)) });
      }
      await this.store.record({ at: timestampFromMs(nowMs), trigger, error: null }, found, dayOf(nowMs));
      return found;
    } catch (error) {
      if (!(error instanceof NovitaError)) throw error;
      const cause = causeOf(error);
      await this.store.record({ at: timestampFromMs(nowMs), trigger, error: cause }, [], dayOf(nowMs));
      this.logger.warn(`Novita's bill could not be read: ${cause}`);
      if (error.retryable) throw error;
      return [];
    }
  }

  private async compare(days: readonly number[], nowMs: number, signal: AbortSignal): Promise<readonly ComparedDay[]> {
    const [first] = days;
    const last = days.at(-1);
    if (first === undefined || last === undefined) return [];
    const range = { from: timestampFromMs(startOfDayMs(first)), to: timestampFromMs(endOf(last)) };
    const bill = billByDay(await this.novita.account.usageBill(range, { signal }), days);
    await this.meter.accrue(timestampFromMs(nowMs), signal);
    const reading = await this.meter.read(dayOf(nowMs) - DAYS_BACK);
    const found: ComparedDay[] = [];
    // One day at a time: each may be of as many instances as ran.
    for (const day of days) {
      const counted = { instances: await this.counted(day, signal), isCounted: ranAllDay(reading, day) };
      const billed = bill.get(day) ?? { usdByInstance: new Map(), doubt: null };
      found.push(compareDay(day, counted, billed, nowMs));
    }
    return found;
  }

  private async counted(day: number, signal: AbortSignal): Promise<readonly CountedInstance[]> {
    const spends = await this.meter.byInstance({ kind: 'day', day }, MOST_COUNTED);
    const counted: CountedInstance[] = [];
    for (let at = 0; at < spends.length; at += BATCH) {
      signal.throwIfAborted();
      const batch = spends.slice(at, at + BATCH);
      const stored = await this.records.getMany(batch.map(({ id }) => id));
      const records = new Map(stored.map(({ record }) => [record.id, record]));
      for (const { id, usd } of batch) {
        const record = records.get(id);
        counted.push({
          id,
          usd,
          novitaInstanceId: record?.novitaInstanceId ?? null,
          name: record?.name ?? null,
          billingMode: record?.spec.billingMode ?? null,
        });
      }
    }
    return counted;
  }

  /**
   * Once for each day, whatever the tolerance was: a later check of it that differs too is the same news.
   * @returns whether it is announced, now or by another run that could not record it
   */
  private async announce(day: ComparedDay): Promise<boolean> {
    const { billTolerancePercent: tolerancePercent } = this.options;
    const ratio = differenceRatio(day);
    if (ratio === null || day.billedUsd === null || differs(day, tolerancePercent) !== true) return false;
    const data = {
      day: dateOfDay(day.day),
      meteredUsd: day.meteredUsd,
      billedUsd: day.billedUsd,
      differencePercent: Math.round(ratio * 1_000) / 10,
      tolerancePercent,
    };
    if (await this.events.emitOnce(`bill-${data.day}`, { type: 'spend.bill_differs', data })) {
      this.logger.warn("Novita's bill differs from what the meters have counted", data);
    }
    return true;
  }
}

/** The first day of which anything is known may have begun in the midst of it. */
function ranAllDay({ accruedAt, spentByDay }: SpendReading, day: number): boolean {
  if (accruedAt === null || msFromTimestamp(accruedAt) < endOf(day)) return false;
  return [...spentByDay.keys()].some((earlier) => earlier < day);
}
