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
   * @param fingerprint tells one request from another
   * @throws IdempotencyUnavailableError
   */
  abstract claim(key: string, fingerprint: string): Promise<IdempotencyClaim>;

  /** Keeps the answer. Does nothing when the claim lapsed meanwhile. @throws IdempotencyUnavailableError */
  abstract complete(key: string, token: string, answer: StoredAnswer): Promise<void>;

  /** Gives the key free for another try. Does nothing when the claim lapsed meanwhile. @throws IdempotencyUnavailableError */
  abstract release(key: string, token: string): Promise<void>;
}
