import { type Clock, msFromTimestamp } from '@app/platform';
import type { Dated } from '../catalogue.js';

export interface CacheTimes {
  /** For this long a value is answered without asking. */
  readonly freshMs: number;
  /** For this long an old value is better than a failure. */
  readonly staleMs: number;
}

/** One value that is asked for once at a time, kept for a while, and kept longer while asking fails. */
export class DatedCache<Value> {
  private kept: Dated<Value> | null = null;
  private asking: Promise<Dated<Value>> | null = null;

  constructor(
    private readonly ask: () => Promise<Value>,
    private readonly clock: Clock,
    private readonly times: CacheTimes,
  ) {}

  /** @throws what `ask` throws, when nothing young enough is kept */
  async get(): Promise<Dated<Value>> {
    if (this.kept !== null && this.ageOf(this.kept) < this.times.freshMs) return this.kept;
    try {
      this.asking ??= this.refresh();
      return await this.asking;
    } catch (error) {
      if (this.kept !== null && this.ageOf(this.kept) < this.times.staleMs) return this.kept;
      throw error;
    }
  }

  private async refresh(): Promise<Dated<Value>> {
    const asOf = this.clock.timestamp();
    try {
      this.kept = { value: await this.ask(), asOf };
      return this.kept;
    } finally {
      this.asking = null;
    }
  }

  private ageOf(dated: Dated<Value>): number {
    return this.clock.now() - msFromTimestamp(dated.asOf);
  }
}
