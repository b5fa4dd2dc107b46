import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { Clock, msFromTimestamp, SystemClock, type Timestamp } from '../../kernel/time.js';
import type { ApiKey, ApiKeyLimits, ApiRole } from './api-key.js';

/** The token of an `Authorization: Bearer` header (RFC 6750, 2.1); null when there is none. */
export function bearerToken(header: string | undefined): string | null {
  if (header === undefined) return null;
  const match = /^bearer +([\x21-\x7e]{1,512}) *$/i.exec(header);
  return match?.[1] ?? null;
}

export interface ApiKeyHolder {
  readonly name: string;
  readonly role: ApiRole;
  /** Absent for a key without limits. */
  readonly limits?: ApiKeyLimits;
}

/** What a process that knows the key of a name can say in its stead. */
export interface SealedText {
  readonly holder: ApiKeyHolder;
  /** HMAC-SHA-256 of the text, by a secret that follows from the key. */
  readonly code: Buffer;
}

/** Whose key a presented key is. */
export type KeyVerdict =
  | { readonly kind: 'known'; readonly holder: ApiKeyHolder }
  | { readonly kind: 'expired'; readonly name: string; readonly expiredAt: Timestamp }
  | { readonly kind: 'unknown' };

interface HeldKey {
  readonly holder: ApiKeyHolder;
  readonly digest: Buffer;
  readonly expiresAt: Timestamp | null;
  /** Infinite for a key without an end. */
  readonly endsMs: number;
}

const UNKNOWN: KeyVerdict = { kind: 'unknown' };

/** Tells whose key a presented key is. Holds hashes only: no key can be read out of its memory. */
export class ApiKeyRing {
  private byHash: ReadonlyMap<string, HeldKey> = new Map();
  private byName: ReadonlyMap<string, HeldKey> = new Map();
  private holders: ReadonlyMap<ApiKeyHolder, HeldKey> = new Map();

  constructor(
    keys: readonly ApiKey[],
    private readonly clock: Clock = new SystemClock(),
  ) {
    this.replace(keys);
  }

  /** How many keys it holds, expired ones included. */
  get size(): number {
    return this.byHash.size;
  }

  /** Puts these keys in the place of all others. A key that stays as it is keeps its holder, and so do its open streams. */
  replace(keys: readonly ApiKey[]): void {
    const held = keys.map((key): HeldKey => {
      const before = this.byHash.get(key.hash);
      return {
        holder: before !== undefined && isHolderOf(key, before.holder) ? before.holder : holderOf(key),
        digest: Buffer.from(key.hash, 'hex'),
        expiresAt: key.expiresAt,
        endsMs: key.expiresAt === null ? Number.POSITIVE_INFINITY : msFromTimestamp(key.expiresAt),
      };
    });
    this.byHash = new Map(held.map((key) => [key.digest.toString('hex'), key]));
    this.byName = new Map(held.map((key) => [key.holder.name, key]));
    this.holders = new Map(held.map((key) => [key.holder, key]));
  }

  /**
   * Seals a text in the name of a key, as every process with that key does: what one has sealed, another can check
   * without having seen it, and a key that is changed, removed or expired takes all its seals along.
   *
   * @param text begins with what it is for, so that a seal for one purpose is none for another
   * @returns null when there is no key of that name
   */
  seal(name: string, text: string): SealedText | null {
    const key = this.byName.get(name);
    if (key === undefined || this.isOver(key)) return null;
    return { holder: key.holder, code: createHmac('sha256', key.digest.toString('base64')).update(text).digest() };
  }

  /**
   * Whose it is. The look-up compares hashes, which a guesser cannot steer, and what it finds is compared in constant time:
   * how long it takes says nothing of how much of a guess is right.
   */
  find(presented: string): KeyVerdict {
    const digest = hash('sha256', presented, 'buffer');
    const key = this.byHash.get(digest.toString('hex'));
    if (key === undefined || !timingSafeEqual(digest, key.digest)) return UNKNOWN;
    const { holder, expiresAt } = key;
    if (expiresAt !== null && this.isOver(key)) return { kind: 'expired', name: holder.name, expiredAt: expiresAt };
    return { kind: 'known', holder };
  }

  /** Whether the key of an earlier verdict is still there, with the same role, and has not expired. */
  isCurrent(holder: ApiKeyHolder): boolean {
    const key = this.holders.get(holder);
    return key !== undefined && !this.isOver(key);
  }

  private isOver({ endsMs }: HeldKey): boolean {
    return endsMs <= this.clock.now();
  }
}

function holderOf({ name, role, limits }: ApiKey): ApiKeyHolder {
  return Object.freeze({ name, role, ...(limits !== null && { limits }) });
}

function isHolderOf(key: ApiKey, { name, role, limits }: ApiKeyHolder): boolean {
  const [one, other] = [key.limits, limits ?? null];
  const hasSameLimits =
    one?.usdPerHour === other?.usdPerHour &&
    one?.usdPerDay === other?.usdPerDay &&
    one?.hoursPerInstance === other?.hoursPerInstance;
  return key.name === name && key.role === role && hasSameLimits;
}
