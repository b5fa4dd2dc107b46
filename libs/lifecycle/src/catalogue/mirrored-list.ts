import type { Mirrored } from '@app/novita-client';
import { type Clock, msFromTimestamp, type Timestamp } from '@app/platform';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** An older list is read through. */
const FRESH_MS = 10 * MINUTE;
/** Up to this age an old list is better than a failure; its age is told. */
const LAST_RESORT_MS = 24 * 60 * MINUTE;
/** For this long what the mirror said is believed without asking it again. */
const REMEMBER_MS = SECOND;
/** After a failure callers who can live with an old list are not kept waiting for the next one. */
const AFTER_FAILURE_MS = 5 * SECOND;

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
export class MirroredList<Item> {
  private latest: Mirrored<Item> | null = null;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private failedAt = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | null = null;
  private asking: Promise<Mirrored<Item>> | null = null;

  constructor(
    private readonly source: ListSource<Item>,
    private readonly clock: Clock,
  ) {}

  /** @throws what asking the provider throws, when nothing young enough is known */
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
    if (Math.abs(this.clock.now() - this.lookedAt) >= REMEMBER_MS) {
      this.looking ??= this.look().finally(() => {
        this.looking = null;
      });
      await this.looking;
    }
    return this.latest;
  }

  private async look(): Promise<void> {
    const mirrored = await this.source.readMirror();
    // Ours may be the younger one: it was too large for the mirror, or the mirror was away.
    const isYounger = mirrored !== null && (this.latest === null || this.ageOf(mirrored) <= this.ageOf(this.latest));
    if (isYounger) this.latest = mirrored;
    this.lookedAt = this.clock.now();
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

  /** A time in the future is that of a clock that goes wrong; it says as little as one long gone. */
  private ageOf({ asOf }: Mirrored<Item>): number {
    return Math.abs(this.clock.now() - msFromTimestamp(asOf));
  }
}
