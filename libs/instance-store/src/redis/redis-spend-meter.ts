import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { listReply, RedisScript } from '@app/redis';
import { ownerCommitment } from '../plan/commitment.js';
import { instanceDays, partsOf, type RunningMeter, ratesNow, usdFromMicro } from '../plan/meter.js';
import { DAYS_KEPT, dayOf, daysFrom } from '../plan/spend-days.js';
import type {
  InstanceDay,
  InstanceSpend,
  OwnerCommitment,
  OwnerCommitments,
  SpendPart,
  SpendPeriod,
  SpendReading,
} from '../ports/spend-meter.port.js';
import { SpendMeter } from '../ports/spend-meter.port.js';
import { MAX_BATCH } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import { storeKey } from './keys.js';
import { orStoreError, type StoreKeyspace } from './keyspace.js';

const ACCRUE_METERS = RedisScript.fromFile(new URL('./lua/accrue-meters.lua', import.meta.url));
const NOTE_ACCRUED = RedisScript.fromFile(new URL('./lua/note-accrued.lua', import.meta.url));
const READ_COMMITMENTS = RedisScript.fromFile(new URL('./lua/read-commitments.lua', import.meta.url));
const READ_METERS = RedisScript.fromFile(new URL('./lua/read-meters.lua', import.meta.url));

const RUNNING: readonly RunningMeter[] = ['billing', 'saving'];

/** Reads the meters that the scripts keep, and accrues what runs. */
export class RedisSpendMeter extends SpendMeter {
  constructor(private readonly keyspace: StoreKeyspace) {
    super();
  }

  override async read(sinceDay: number): Promise<SpendReading> {
    const days = daysFrom(sinceDay);
    const [counters, spent, saved, accruedUntil, savedInAll] = (await this.keyspace.run(READ_METERS, days)) as [
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
      accruedAt: accruedUntil === null ? null : timestampFromMs(Number(accruedUntil)),
    };
  }

  override async byInstance(period: SpendPeriod, limit: number): Promise<InstanceSpend[]> {
    if (limit < 1) return [];
    const key = this.keyspace.key(`spend:${period.kind}:${period.kind === 'day' ? period.day : period.month}`);
    const reply = await orStoreError(this.keyspace.redis.zrange(key, 0, String(limit - 1), 'REV', 'WITHSCORES'));
    const spends: InstanceSpend[] = [];
    for (let i = 0; i < reply.length; i += 2) {
      spends.push({ id: reply[i] as InstanceId, usd: usdFromMicro(Number(reply[i + 1])) });
    }
    return spends;
  }

  override async parts(by: SpendPart, days: readonly number[]): Promise<ReadonlyMap<string, number>[]> {
    // Sent together, so that it is one round trip.
    const hashes = await orStoreError(
      Promise.all(days.map((day) => this.keyspace.redis.hgetall(this.keyspace.key(`spend:parts:${day}`)))),
    );
    return hashes.map((hash) => partsOf(by, Object.entries(hash)));
  }

  override async commitments(owner: string): Promise<OwnerCommitments> {
    const reply = await this.keyspace.run(READ_COMMITMENTS, [storeKey.commitments(owner)]);
    const held = listReply(reply) as readonly string[];
    const commitments = new Map<InstanceId, OwnerCommitment>();
    for (let i = 0; i < held.length; i += 3) {
      const [id, value, ends = ''] = held.slice(i, i + 3);
      const commitment = value === 'unpriced' ? value : Number(value);
      commitments.set(id as InstanceId, ownerCommitment({ commitment, endsMs: ends === '' ? null : Number(ends) }));
    }
    return commitments;
  }

  override async daysOf(id: InstanceId, sinceDay: number): Promise<InstanceDay[]> {
    const hash = await orStoreError(this.keyspace.redis.hgetall(this.keyspace.key(`spend:of:${id}`)));
    return instanceDays(Object.entries(hash), sinceDay);
  }

  override async accrue(now: Timestamp, signal: AbortSignal): Promise<void> {
    const nowMs = msFromTimestamp(now);
    for (const meter of RUNNING) {
      let behind: number;
      do {
        signal.throwIfAborted();
        behind = (await this.keyspace.run(ACCRUE_METERS, [meter, nowMs, MAX_BATCH])) as number;
      } while (behind === MAX_BATCH);
    }
    signal.throwIfAborted();
    await this.keyspace.run(NOTE_ACCRUED, [nowMs, dayOf(nowMs) - DAYS_KEPT]);
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
