import { randomUUID } from 'node:crypto';
import { FleetKeys, listReply, orUnavailable, RedisScript } from '@app/redis';
import type { Redis } from 'ioredis';
import {
  type IdempotencyClaim,
  IdempotencyStore,
  type IdempotencyTimes,
  IdempotencyUnavailableError,
  type StoredAnswer,
} from './idempotency-store.js';

const CLAIM = RedisScript.fromFile(new URL('./scripts/claim.lua', import.meta.url));
const COMPLETE = RedisScript.fromFile(new URL('./scripts/complete.lua', import.meta.url));
const RELEASE = RedisScript.fromFile(new URL('./scripts/release.lua', import.meta.url));

const AGAIN_AFTER_MS = 1_000;

/**
 * Shared by all processes of one fleet: one hash for each key, with `fingerprint`, `token` and, once there is one, `answer`.
 *
 * A claim whose request ended while Redis was away would hold back every repeat until it lapses: it is given up as soon as
 * Redis is back.
 */
export class RedisIdempotencyStore extends IdempotencyStore {
  private readonly keys: FleetKeys;

  constructor(
    private readonly redis: Redis,
    keyPrefix: string,
    private readonly times: IdempotencyTimes,
  ) {
    super();
    this.keys = new FleetKeys(keyPrefix);
  }

  override async claim(key: string, fingerprint: string): Promise<IdempotencyClaim> {
    const token = randomUUID();
    const [heldFingerprint, answer] = await this.claimed(key, fingerprint, token);
    if (heldFingerprint === undefined || answer === undefined) return { outcome: 'claimed', token };
    if (heldFingerprint !== fingerprint) return { outcome: 'other-request' };
    if (answer === '') return { outcome: 'in-flight' };
    return { outcome: 'answered', answer: JSON.parse(answer) as StoredAnswer };
  }

  override async complete(key: string, token: string, answer: StoredAnswer): Promise<void> {
    await this.run(COMPLETE, key, [token, JSON.stringify(answer), this.times.keepMs]);
  }

  override async release(key: string, token: string): Promise<void> {
    try {
      await this.run(RELEASE, key, [token]);
    } catch (error) {
      this.releaseLater(key, token);
      throw error;
    }
  }

  /** @returns the fingerprint and the answer of another claim, or nothing */
  private async claimed(key: string, fingerprint: string, token: string): Promise<readonly string[]> {
    try {
      return listReply(await this.run(CLAIM, key, [fingerprint, token, this.times.inFlightMs])).map(String);
    } catch (error) {
      // It may have been made, with its answer lost.
      this.releaseLater(key, token);
      throw error;
    }
  }

  /** Until it succeeds, or the claim lapses by itself. */
  private releaseLater(key: string, token: string, until = performance.now() + this.times.inFlightMs): void {
    const timer = setTimeout(() => {
      this.run(RELEASE, key, [token]).catch(() => {
        if (performance.now() < until) this.releaseLater(key, token, until);
      });
    }, AGAIN_AFTER_MS);
    timer.unref();
  }

  private run(script: RedisScript, key: string, args: readonly (string | number)[]): Promise<unknown> {
    return orUnavailable(
      script.run(this.redis, [this.keys.idempotency(key)], args),
      (text, cause) => new IdempotencyUnavailableError(text, { cause }),
    );
  }
}
