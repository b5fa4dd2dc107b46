import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { RedisScript } from '@app/redis';
import { MAX_BATCH } from '../batch-limit.js';
import type { InstanceId } from '../instance-id.js';
import { type RunningMeter, usdFromMicro } from '../spend/meter.js';
import { DAYS_KEPT } from '../spend/pieces.js';
import { ratesNow } from '../spend/rates.js';
import { SpendMeter } from '../spend/spend-meter.port.js';
import type { InstanceSpend, SpendPeriod, SpendReading } from '../spend/spend-reading.js';
import { dayOf, daysFrom } from '../spend/utc-days.js';
import type { RedisStoreContext } from './store-context.js';
import { orStoreError } from './store-error.js';

const BOOK_METERS = RedisScript.fromFile(new URL('./lua/book-meters.lua', import.meta.url));
const NOTE_BOOKED = RedisScript.fromFile(new URL('./lua/note-booked.lua', import.meta.url));
const READ_METERS = RedisScript.fromFile(new URL('./lua/read-meters.lua', import.meta.url));

const RUNNING: readonly RunningMeter[] = ['billing', 'saving'];

/** Reads the meters that the scripts keep, and accrues what runs. */
export class RedisSpendMeter extends SpendMeter {
  constructor(private readonly context: RedisStoreContext) {
    super();
  }

  override async read(sinceDay: number): Promise<SpendReading> {
    const days = daysFrom(sinceDay);
    const [counters, spent, saved, booked, savedInAll] = (await this.context.scripts.run(READ_METERS, days)) as [
      string[],
      (string | null)[],
      (string | null)[],
      string | null,
      string,
    ];
    return {
      now: ratesNow(countersOf(counters)),
      spentByDay: sumsByDay(days, spent),
      savedByDay: sumsByDay(days, saved),
      savedInAllUsd: usdFromMicro(Number(savedInAll)),
      bookedAt: booked === null ? null : timestampFromMs(Number(booked)),
    };
  }

  override async byInstance(period: SpendPeriod, limit: number): Promise<InstanceSpend[]> {
    if (limit < 1) return [];
    const key = this.context.key(`spend:${period.kind}:${period.kind === 'day' ? period.day : period.month}`);
    const reply = await orStoreError(this.context.redis.zrange(key, 0, String(limit - 1), 'REV', 'WITHSCORES'));
    const spends: InstanceSpend[] = [];
    for (let i = 0; i < reply.length; i += 2) {
      spends.push({ id: reply[i] as InstanceId, usd: usdFromMicro(Number(reply[i + 1])) });
    }
    return spends;
  }

  override async accrue(now: Timestamp, signal: AbortSignal): Promise<void> {
    const nowMs = msFromTimestamp(now);
    for (const meter of RUNNING) {
      let behind: number;
      do {
        signal.throwIfAborted();
        behind = (await this.context.scripts.run(BOOK_METERS, [meter, nowMs, MAX_BATCH])) as number;
      } while (behind === MAX_BATCH);
    }
    signal.throwIfAborted();
    await this.context.scripts.run(NOTE_BOOKED, [nowMs, dayOf(nowMs) - DAYS_KEPT]);
  }
}

function* countersOf(flat: readonly string[]): Generator<[counter: string, value: number]> {
  for (let i = 0; i < flat.length; i += 2) yield [flat[i] ?? '', Number(flat[i + 1])];
}

function sumsByDay(days: readonly number[], sums: readonly (string | null)[]): Map<number, number> {
  return new Map(
    days.flatMap((day, i) => {
      const sum = sums[i] ?? null;
      return sum === null ? [] : [[day, usdFromMicro(Number(sum))]];
    }),
  );
}
