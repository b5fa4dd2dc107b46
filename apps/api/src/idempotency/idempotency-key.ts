import { createHash } from 'node:crypto';

/** As the IETF draft "The Idempotency-Key HTTP Header Field" leaves open what a key is: 1 to 255 printable ASCII characters. */
const KEY = /^[\x20-\x7e]{1,255}$/;

export function isIdempotencyKey(value: unknown): value is string {
  return typeof value === 'string' && KEY.test(value) && value.trim() !== '';
}

/** The key as it is stored: apart for each caller, of fixed length, and without the text that the client chose. */
export function storedKey(callerName: string, key: string): string {
  return sha256(`${callerName}\0${key}`);
}

/**
 * Tells one request from another: method, path and body. Members of the body in another order are the same body.
 */
export function requestFingerprint(method: string, path: string, body: unknown): string {
  return sha256(`${method}\0${path}\0${canonicalJson(body)}`);
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? '';
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
