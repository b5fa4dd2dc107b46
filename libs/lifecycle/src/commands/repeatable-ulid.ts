import { createHash } from 'node:crypto';
import { encodeTime } from 'ulid';

/** Crockford's base 32, as ULIDs are written. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;

/** Always the same id for the same text and time, in the form of a ULID of that time. */
export function repeatableUlid(text: string, epochMs: number): string {
  const digest = createHash('sha256').update(`${text} ${epochMs}`).digest();
  // 32 bytes for 16 characters; the low five bits of each are evenly spread.
  const random = Array.from(digest.subarray(0, RANDOM_LENGTH), (byte) => ALPHABET.charAt(byte & 31));
  return `${encodeTime(epochMs, TIME_LENGTH)}${random.join('')}`;
}
