import { createHash } from 'node:crypto';

/** Crockford's base 32, as ULIDs are written. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 26;

/** Always the same id for the same text, and in the form of a ULID, though its first ten characters tell no time. */
export function repeatableUlid(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  // 32 bytes for 26 characters; the low five bits of each are evenly spread.
  return Array.from(digest.subarray(0, LENGTH), (byte) => ALPHABET.charAt(byte & 31)).join('');
}
