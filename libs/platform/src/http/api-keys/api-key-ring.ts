import { createHash, createHmac } from 'node:crypto';
import type { ApiKey, ApiRole } from '../http-setting-kinds.js';

/** The token of an `Authorization: Bearer` header (RFC 6750, 2.1); null when there is none. */
export function bearerToken(header: string | undefined): string | null {
  if (header === undefined) return null;
  const match = /^bearer +([\x21-\x7e]{1,512}) *$/i.exec(header);
  return match?.[1] ?? null;
}

export interface ApiKeyHolder {
  readonly name: string;
  readonly role: ApiRole;
}

/** What a process that knows the key of a name can say in its stead. */
export interface SealedText {
  readonly holder: ApiKeyHolder;
  /** HMAC-SHA-256 of the text, by a secret that follows from the key. */
  readonly code: Buffer;
}

/** Tells whose key a presented key is. */
export class ApiKeyRing {
  /**
   * By digest, so that a look-up takes the same time however much of a guess is right: what is compared is the hash of
   * the guess, which the guesser cannot steer.
   */
  private readonly holders: ReadonlyMap<string, ApiKeyHolder>;

  private readonly digestsByName: ReadonlyMap<string, string>;

  /** Keys that were found before: only right ones, so there are never more than keys. Digests are dear on busy routes. */
  private readonly found = new Map<string, ApiKeyHolder>();

  constructor(keys: readonly ApiKey[]) {
    this.holders = new Map(keys.map(({ name, role, key }) => [digest(key), Object.freeze({ name, role })]));
    this.digestsByName = new Map(keys.map(({ name, key }) => [name, digest(key)]));
  }

  /**
   * Seals a text in the name of a key, as every process with that key does: what one has sealed, another can check
   * without having seen it, and a key that is changed or removed takes all its seals along.
   *
   * @param text begins with what it is for, so that a seal for one purpose is none for another
   * @returns null when there is no key of that name
   */
  seal(name: string, text: string): SealedText | null {
    const secret = this.digestsByName.get(name);
    const holder = secret === undefined ? undefined : this.holders.get(secret);
    if (secret === undefined || holder === undefined) return null;
    return { holder, code: createHmac('sha256', secret).update(text).digest() };
  }

  /** @returns null for a key that is not on the ring */
  find(presented: string): ApiKeyHolder | null {
    const known = this.found.get(presented);
    if (known !== undefined) return known;
    const holder = this.holders.get(digest(presented)) ?? null;
    if (holder !== null) this.found.set(presented, holder);
    return holder;
  }
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
