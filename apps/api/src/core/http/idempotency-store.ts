import { randomUUID } from 'node:crypto';
import type { Clock } from '@app/platform';

/** An answer as it was sent, so that a repeat gets the same. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type IdempotencyClaim =
  /** The caller goes on, and ends with `complete` or `release`, naming the token. */
  | { readonly outcome: 'claimed'; readonly token: string }
  /** The same request is being worked on. */
  | { readonly outcome: 'in-flight' }
  /** The key was used for another request. */
  | { readonly outcome: 'other-request' }
  | { readonly outcome: 'answered'; readonly answer: StoredAnswer };

/** Thrown when the store cannot be reached: the request must not go on, it might be a repeat. */
export class IdempotencyUnavailableError extends Error {
  override readonly name = 'IdempotencyUnavailableError';
}

export interface IdempotencyTimes {
  /** How long a claim holds that is never completed; longer than any request takes. Milliseconds. */
  readonly inFlightMs: number;
  /** How long an answer is kept. Milliseconds. */
  readonly keepMs: number;
}

export const IDEMPOTENCY_TIMES: IdempotencyTimes = { inFlightMs: 120_000, keepMs: 24 * 3_600_000 };

/** Remembers which requests were made under which key, and what was answered. */
export abstract class IdempotencyStore {
  /**
   * @param key already made unique to the caller
   * @param fingerprint different for different requests
   * @throws IdempotencyUnavailableError
   */
  abstract claim(key: string, fingerprint: string): Promise<IdempotencyClaim>;

  /** Keeps the answer. Does nothing when the claim lapsed meanwhile. @throws IdempotencyUnavailableError */
  abstract complete(key: string, token: string, answer: StoredAnswer): Promise<void>;

  /** Gives the key free for another try. Does nothing when the claim lapsed meanwhile. @throws IdempotencyUnavailableError */
  abstract release(key: string, token: string): Promise<void>;
}

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
