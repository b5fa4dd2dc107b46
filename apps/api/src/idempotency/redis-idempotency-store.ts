import { randomUUID } from 'node:crypto';
import { redisTrouble } from '@app/redis';
import type { Redis } from 'ioredis';
import {
  type IdempotencyClaim,
  IdempotencyStore,
  type IdempotencyTimes,
  IdempotencyUnavailableError,
  type StoredAnswer,
} from './idempotency-store.port.js';

// One hash for each key: `fingerprint`, `token` and, once there is one, `answer`.

/**
 * KEYS[1] hash; ARGV fingerprint, token, milliseconds in flight. Answers {fingerprint, answer or ''} of a claim that
 * stands. One with the same token is this very claim: ioredis sends a command again after a broken connection.
 */
const CLAIM = `
  local held = redis.call('HMGET', KEYS[1], 'fingerprint', 'answer', 'token')
  if held[3] == ARGV[2] then return {} end
  if held[1] then return { held[1], held[2] or '' } end
  redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'token', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {}`;

/** KEYS[1] hash; ARGV token, answer, milliseconds to keep it. */
const COMPLETE = `
  if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
  redis.call('HSET', KEYS[1], 'answer', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return 1`;

/** KEYS[1] hash; ARGV token. */
const RELEASE = `
  if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
  return redis.call('DEL', KEYS[1])`;

/** Shared by all processes of one fleet. */
export class RedisIdempotencyStore extends IdempotencyStore {
  constructor(
    private readonly redis: Redis,
    private readonly keyPrefix: string,
    private readonly times: IdempotencyTimes,
  ) {
    super();
  }

  override async claim(key: string, fingerprint: string): Promise<IdempotencyClaim> {
    const token = randomUUID();
    const held = await this.run(CLAIM, key, fingerprint, token, String(this.times.inFlightMs));
    if (!Array.isArray(held) || held.length === 0) return { outcome: 'claimed', token };
    const [heldFingerprint, answer] = held as [string, string];
    if (heldFingerprint !== fingerprint) return { outcome: 'other-request' };
    if (answer === '') return { outcome: 'in-flight' };
    return { outcome: 'answered', answer: JSON.parse(answer) as StoredAnswer };
  }

  override async complete(key: string, token: string, answer: StoredAnswer): Promise<void> {
    await this.run(COMPLETE, key, token, JSON.stringify(answer), String(this.times.keepMs));
  }

  override async release(key: string, token: string): Promise<void> {
    await this.run(RELEASE, key, token);
  }

  private async run(script: string, key: string, ...args: readonly string[]): Promise<unknown> {
    try {
      // The hash tag keeps all keys of the fleet on one node of a cluster.
      return await this.redis.eval(script, 1, `{${this.keyPrefix}}:idempotency:${key}`, ...args);
    } catch (cause) {
      const trouble = redisTrouble(cause);
      if (trouble === null) throw cause;
      throw new IdempotencyUnavailableError(`Redis ${trouble.text}`, { cause });
    }
  }
}
