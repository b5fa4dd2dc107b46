import { createHash } from 'node:crypto';

/** Crockford's base 32, as ULIDs are written. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 26;
/** A ULID begins with a time of 48 bits, and a date must be writable with four digits of the year: below 4 both hold. */
const FIRST = 4;

/** Always the same id for the same text, and in the form of a ULID; the time that it begins with is none that was. */
export function repeatableUlid(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  // 32 bytes for 26 characters; the low five bits of each are evenly spread.
  return Array.from(digest.subarray(0, LENGTH), (byte, place) =>
    ALPHABET.charAt(place === 0 ? byte % FIRST : byte & 31),
  ).join('');
}
