import { orStoreError } from '@app/instance-store';
import { parseJson } from '@app/platform';
import { FleetKeys, type RedisConnections, RedisScript } from '@app/redis';
import type { StartedThing, StartupTime } from './startup-time.js';

/** Of each product and image; enough for a 95th percentile, few enough to follow a change. */
const TIMES_KEPT = 50;
/** Products and images, those that were started last. */
const THINGS_KEPT = 200;

/** How long the latest start-ups of one product and image took. */
export interface MeasuredStartups extends StartedThing {
  /** Whole seconds, the oldest first; at most `TIMES_KEPT`. */
  readonly seconds: readonly number[];
}

/** A worker's knowledge before and after it read on in the change feed: texts of its own. */
export interface Bookmarks {
  /** Null when nobody had read anything. */
  readonly from: string | null;
  readonly to: string;
}

/** How long start-ups took, the same for all processes. All methods throw `StoreUnavailableError`. */
export abstract class StartupTimes {
  /** The latest; null before the first. */
  abstract bookmark(): Promise<string | null>;

  /**
   * Keeps times together with a bookmark. A start-up that is kept already is not kept again.
   * @returns false, and nothing is kept, when another worker has read on meanwhile
   */
  abstract record(times: readonly StartupTime[], bookmarks: Bookmarks): Promise<boolean>;

  /** All that is kept, in no order. One round trip. */
  abstract all(): Promise<readonly MeasuredStartups[]>;
}

/** Within one process. */
export class MemoryStartupTimes extends StartupTimes {
  private read: string | null = null;
  private readonly kept = new Map<string, { readonly times: StartupTime[]; latestMs: number }>();

  override bookmark(): Promise<string | null> {
    return Promise.resolve(this.read);
  }

  override record(times: readonly StartupTime[], { from, to }: Bookmarks): Promise<boolean> {
    if (from !== this.read) return Promise.resolve(false);
    this.read = to;
    for (const time of times) this.keep(time);
    const byAge = [...this.kept].toSorted(([, a], [, b]) => a.latestMs - b.latestMs);
    for (const [thing] of byAge.slice(0, -THINGS_KEPT)) this.kept.delete(thing);
    return Promise.resolve(true);
  }

  override all(): Promise<readonly MeasuredStartups[]> {
    const all = [...this.kept].flatMap(([thing, { times }]) =>
      measured(
        thing,
        times.map(({ seconds }) => seconds),
      ),
    );
    return Promise.resolve(all);
  }

  private keep(time: StartupTime): void {
    const thing = nameOf(time);
    const { times } = this.kept.get(thing) ?? { times: [] };
    if (times.some(({ key }) => key === time.key)) return;
    this.kept.set(thing, { times: [...times, time].slice(-TIMES_KEPT), latestMs: time.atMs });
  }
}

const RECORD = RedisScript.fromFile(new URL('./record-startups.lua', import.meta.url));

/**
 * In Redis: a hash by product and image, as a JSON list of both; a time reads
 * `ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE@2026-03-01T10:00:00.000Z=240`: the start-up, and its seconds.
 */
export class RedisStartupTimes extends StartupTimes {
  private readonly keys: FleetKeys;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.keys = new FleetKeys(keyPrefix);
  }

  override bookmark(): Promise<string | null> {
    return orStoreError(this.connections.commands.get(this.keys.startupBookmark));
  }

  override async record(times: readonly StartupTime[], { from, to }: Bookmarks): Promise<boolean> {
    const { startupTimes, startupLatest, startupBookmark } = this.keys;
    const startups = times.flatMap((time) => [nameOf(time), time.key, time.seconds, time.atMs]);
    const args = [from ?? '', to, TIMES_KEPT, THINGS_KEPT, ...startups];
    const reply = RECORD.run(this.connections.commands, [startupTimes, startupLatest, startupBookmark], args);
    return (await orStoreError(reply)) === 1;
  }

  override async all(): Promise<readonly MeasuredStartups[]> {
    const kept = await orStoreError(this.connections.commands.hgetall(this.keys.startupTimes));
    return Object.entries(kept).flatMap(([thing, times]) => measured(thing, times.split(' ').map(secondsOf)));
  }
}

const nameOf = ({ productId, image }: StartedThing): string => JSON.stringify([productId, image]);

const secondsOf = (time: string): number => Number(/=(\d{1,9})$/.exec(time)?.[1] ?? Number.NaN);

/** Passes over what this file did not write. */
function measured(thing: string, seconds: readonly number[]): readonly MeasuredStartups[] {
  const names = parseJson(thing);
  if (!Array.isArray(names)) return [];
  const [productId, image]: readonly unknown[] = names;
  if (typeof productId !== 'string' || typeof image !== 'string') return [];
  const known = seconds.filter(Number.isSafeInteger);
  return known.length === 0 ? [] : [{ productId, image, seconds: known }];
}
