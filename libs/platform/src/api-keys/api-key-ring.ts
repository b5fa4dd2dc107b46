import { createHash } from 'node:crypto';
import type { ApiKey, ApiRole } from '../settings/api-keys.setting.js';

export interface ApiKeyHolder {
  readonly name: string;
  readonly role: ApiRole;
}

/** Tells whose key a presented key is. */
export class ApiKeyRing {
  /**
   * By digest, so that a look-up takes the same time however much of a guess is right: what is compared is the hash of
   * the guess, which the guesser cannot steer.
   */
  private readonly holders: ReadonlyMap<string, ApiKeyHolder>;

  /** Keys that were found before: only right ones, so there are never more than keys. Digests are dear on busy routes. */
  private readonly found = new Map<string, ApiKeyHolder>();

  constructor(keys: readonly ApiKey[]) {
    this.holders = new Map(keys.map(({ name, role, key }) => [digest(key), Object.freeze({ name, role })]));
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
