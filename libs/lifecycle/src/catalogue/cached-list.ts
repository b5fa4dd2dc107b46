import type { Mirrored } from '@app/catalogue-mirror';
import { type Clock, DAY_MS, MINUTE_MS, msFromTimestamp, SECOND_MS, type Timestamp } from '@app/platform';

/** An older list is read through. */
const FRESH_MS = 10 * MINUTE_MS;
/** Up to this age an old list is better than a failure; the answer holds its age. */
const LAST_RESORT_MS = DAY_MS;
/** For this long the mirror's answer is believed without asking it again. */
const REMEMBER_MS = SECOND_MS;
/** For this long after a failure, callers that accept an old list get it at once. */
const AFTER_FAILURE_MS = 5 * SECOND_MS;

/** Where one list comes from and goes to. */
export interface ListSource<Item> {
  /** Asks the provider. */
  readonly ask: () => Promise<readonly Item[]>;
  readonly readMirror: () => Promise<Mirrored<Item> | null>;
  readonly writeMirror: (items: readonly Item[], asOf: Timestamp) => Promise<void>;
}

export interface Freshness {
  /** Milliseconds; an older list will not do, and when the provider cannot be asked the read fails. */
  readonly maxAgeMs?: number;
}

/**
 * One of the provider's small lists, as any process last read it: from the mirror while that is young enough, else from
 * the provider and into the mirror. The provider is asked by one caller at a time.
 */
export class CachedList<Item> {
  private latest: Mirrored<Item> | null = null;
  private mirrorReadAt = Number.NEGATIVE_INFINITY;
  private failedAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | null = null;
  private asking: Promise<Mirrored<Item>> | null = null;

  constructor(
    private readonly source: ListSource<Item>,
    private readonly clock: Clock,
  ) {}

  /** @throws the error of asking the provider, when nothing young enough is known */
  async read({ maxAgeMs }: Freshness = {}): Promise<Mirrored<Item>> {
    const known = await this.known();
    if (known !== null && this.ageOf(known) <= (maxAgeMs ?? FRESH_MS)) return known;
    const lastResort = maxAgeMs === undefined && known !== null && this.ageOf(known) < LAST_RESORT_MS ? known : null;
    if (lastResort !== null && this.clock.now() - this.failedAt < AFTER_FAILURE_MS) return lastResort;
    try {
      this.asking ??= this.ask().finally(() => {
        this.asking = null;
      });
      return await this.asking;
    } catch (error) {
      if (lastResort !== null) return lastResort;
      throw error;
    }
  }

  private async known(): Promise<Mirrored<Item> | null> {
    if (Math.abs(this.clock.now() - this.mirrorReadAt) >= REMEMBER_MS) {
      this.reading ??= this.readMirror().finally(() => {
        this.reading = null;
      });
      await this.reading;
    }
    return this.latest;
  }

  private async readMirror(): Promise<void> {
    const mirrored = await this.source.readMirror();
    // Ours may be the younger one: it was too large for the mirror, or the mirror was away.
    const isYounger = mirrored !== null && (this.latest === null || this.ageOf(mirrored) <= this.ageOf(this.latest));
    if (isYounger) this.latest = mirrored;
    this.mirrorReadAt = this.clock.now();
  }

  private async ask(): Promise<Mirrored<Item>> {
    const asOf = this.clock.timestamp();
    try {
      const items = await this.source.ask();
      this.latest = { items, asOf };
    } catch (error) {
      this.failedAt = this.clock.now();
      throw error;
    }
    const { latest } = this;
    await this.source.writeMirror(latest.items, asOf);
    return latest;
  }

  /** A time in the future comes from a wrong clock; it says as little as one long gone. */
  private ageOf({ asOf }: Mirrored<Item>): number {
    return Math.abs(this.clock.now() - msFromTimestamp(asOf));
  }
}
