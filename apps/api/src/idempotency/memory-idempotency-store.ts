import { randomUUID } from 'node:crypto';
import type { Clock } from '@app/platform';
import {
  type IdempotencyClaim,
  IdempotencyStore,
  type IdempotencyTimes,
  type StoredAnswer,
} from './idempotency-store.port.js';

interface Entry {
  readonly fingerprint: string;
  readonly token: string;
  readonly answer: StoredAnswer | null;
  readonly endsAt: number;
}

/** For one process without Redis. Past its bound it forgets the oldest key first. */
export class MemoryIdempotencyStore extends IdempotencyStore {
  /** Oldest first: a completed entry is put at the end again. */
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly clock: Clock,
    private readonly times: IdempotencyTimes,
    private readonly maxEntries = 5_000,
  ) {
    super();
  }

  override async claim(key: string, fingerprint: string): Promise<IdempotencyClaim> {
    const entry = this.living(key);
    if (entry === null) {
      const token = randomUUID();
      this.put(key, { fingerprint, token, answer: null, endsAt: this.clock.now() + this.times.inFlightMs });
      return { outcome: 'claimed', token };
    }
    if (entry.fingerprint !== fingerprint) return { outcome: 'other-request' };
    return entry.answer === null ? { outcome: 'in-flight' } : { outcome: 'answered', answer: entry.answer };
  }

  override async complete(key: string, token: string, answer: StoredAnswer): Promise<void> {
    const entry = this.living(key);
    if (entry?.token !== token) return;
    this.put(key, { ...entry, answer, endsAt: this.clock.now() + this.times.keepMs });
  }

  override async release(key: string, token: string): Promise<void> {
    if (this.living(key)?.token === token) this.entries.delete(key);
  }

  private living(key: string): Entry | null {
    const entry = this.entries.get(key);
    return entry === undefined || entry.endsAt <= this.clock.now() ? null : entry;
  }

  private put(key: string, entry: Entry): void {
    this.entries.delete(key);
    for (const [oldest, { endsAt }] of this.entries) {
      if (endsAt > this.clock.now() && this.entries.size < this.maxEntries) break;
      this.entries.delete(oldest);
    }
    this.entries.set(key, entry);
  }
}
