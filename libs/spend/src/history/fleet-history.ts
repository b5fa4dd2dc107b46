import { orStoreError } from '@app/instance-store';
import { HOUR_MS, msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { FleetKeys, type RedisConnections, RedisScript } from '@app/redis';

/** How the fleet stood at one time. */
export interface FleetSample {
  readonly at: Timestamp;
  /** Instances that are billed as running, as `FleetSummary.running` counts them. */
  readonly running: number;
  readonly usdPerHour: number;
}

/** One sample is kept of each minute. */
const SAMPLE_MS = 60_000;
/** For how long they are kept. */
export const HISTORY_MS = 24 * HOUR_MS;
/** Readers get no more than these, which is as much as a chart can show. */
const HISTORY_POINTS = 144;

/** Size and cost of the fleet in the last 24 hours, for charts. The same for all processes. */
export abstract class FleetHistory {
  /**
   * Keeps a sample, in the place of the one of the same minute if there is one: so that there is one however many
   * workers take it.
   * @throws StoreUnavailableError
   */
  abstract record(sample: FleetSample): Promise<void>;

  /**
   * The samples of that minute and of those after it, oldest first; at most 144, evenly thinned, the latest among them.
   * One round trip.
   * @throws StoreUnavailableError
   */
  abstract latest(since: Timestamp): Promise<readonly FleetSample[]>;
}

/** Within one process. */
export class MemoryFleetHistory extends FleetHistory {
  /** By the beginning of their minute. */
  private readonly samples = new Map<number, FleetSample>();

  override async record(sample: FleetSample): Promise<void> {
    const minute = minuteOf(sample.at);
    this.samples.set(minute, sample);
    for (const kept of this.samples.keys()) if (kept <= minute - HISTORY_MS) this.samples.delete(kept);
    return Promise.resolve();
  }

  override async latest(since: Timestamp): Promise<readonly FleetSample[]> {
    const from = minuteOf(since);
    const wanted = [...this.samples].filter(([minute]) => minute >= from).toSorted(([a], [b]) => a - b);
    const samples = wanted.map(([, sample]) => sample);
    return Promise.resolve(thinOut(samples, HISTORY_POINTS));
  }
}

const RECORD = RedisScript.fromFile(new URL('./record-sample.lua', import.meta.url));
const MOST_KEPT = HISTORY_MS / SAMPLE_MS;

/**
 * In Redis: one sorted set of the samples by the minute that they are of. A sample reads
 * `1772359200000 12 4.2`: when in epoch milliseconds, how many run, USD per hour.
 */
export class RedisFleetHistory extends FleetHistory {
  private readonly key: string;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.key = new FleetKeys(keyPrefix).fleetHistory;
  }

  override async record({ at, running, usdPerHour }: FleetSample): Promise<void> {
    const minute = minuteOf(at);
    const sample = `${msFromTimestamp(at)} ${running} ${usdPerHour}`;
    await orStoreError(
      RECORD.run(this.connections.commands, [this.key], [minute, sample, minute - HISTORY_MS, MOST_KEPT]),
    );
  }

  override async latest(since: Timestamp): Promise<readonly FleetSample[]> {
    const from = minuteOf(since);
    const samples = await orStoreError(this.connections.commands.zrange(this.key, from, '+inf', 'BYSCORE'));
    return thinOut(samples, HISTORY_POINTS).flatMap((sample) => readSample(sample) ?? []);
  }
}

/** @returns null for what this file did not write */
function readSample(text: string): FleetSample | null {
  const numbers = text.split(' ').map(Number);
  const [atMs, running, usdPerHour] = numbers;
  if (atMs === undefined || running === undefined || usdPerHour === undefined) return null;
  return numbers.every((number) => Number.isFinite(number) && number >= 0)
    ? { at: timestampFromMs(atMs), running, usdPerHour }
    : null;
}

/** The beginning of the minute of an instant, in epoch milliseconds. */
function minuteOf(at: Timestamp): number {
  const ms = msFromTimestamp(at);
  return ms - (ms % SAMPLE_MS);
}

/**
 * At most `limit` of the items, in their order and evenly spread: the first and the last are always among them.
 *
 * @param limit 2 or more
 */
export function thinOut<Item>(items: readonly Item[], limit: number): readonly Item[] {
  if (items.length <= limit) return items;
  const step = (items.length - 1) / (limit - 1);
  return items.filter((_, i) => Math.round(Math.round(i / step) * step) === i);
}
