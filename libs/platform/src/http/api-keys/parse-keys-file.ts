import { isObject, parseJson } from '../../kernel/text.js';
import { parseTimestamp, type Timestamp } from '../../kernel/time.js';
import {
  type ApiKey,
  type ApiKeyLimits,
  type ApiRole,
  doubleViolations,
  hashOfKey,
  keyViolation,
  nameViolation,
  roleOf,
} from './api-key.js';

/** Thrown for a file of keys that cannot be used. Its message names entries by their place and never repeats a key. */
export class KeysFileError extends Error {
  override readonly name = 'KeysFileError';
}

const HASH = /^sha256:([0-9a-f]{64})$/i;
const MEMBERS: ReadonlySet<string> = new Set(['name', 'role', 'key', 'expiresAt', 'limits']);
const LIMITS: ReadonlySet<string> = new Set(['usdPerHour', 'usdPerDay', 'hoursPerInstance']);
/** Beyond belief: a figure above it is a slip. */
const MOST_USD = 1_000_000;
const MOST_HOURS = 24 * 365;
/** Far above any list of people and programs; a file beyond it is another file. */
const MAX_KEYS = 10_000;

/**
 * Reads a file of keys: a JSON list of `{name, role, key, expiresAt, limits}`, or a line `name role key [expiresAt]` for each,
 * with comments behind `#`. A key stands there in plain or as `sha256:` and 64 hexadecimal digits.
 *
 * @throws KeysFileError naming every violation
 */
export function parseKeysFile(text: string): readonly ApiKey[] {
  const entries = /^\s*[[{]/.test(text) ? entriesOfJson(text) : entriesOfLines(text);
  if (entries.length > MAX_KEYS) throw new KeysFileError(`there are more than ${MAX_KEYS} entries`);
  const keys: ApiKey[] = [];
  const problems: string[] = [];
  for (const { place, value } of entries) {
    const key = keyOf(value);
    if (typeof key === 'string') problems.push(`${place} ${key}`);
    else keys.push(key);
  }
  problems.push(...doubleViolations(keys));
  if (problems.length > 0) throw new KeysFileError(problems.slice(0, 10).join(', '));
  return keys;
}

interface Entry {
  readonly place: string;
  readonly value: unknown;
}

function entriesOfJson(text: string): readonly Entry[] {
  const parsed = parseJson(text);
  if (!Array.isArray(parsed)) throw new KeysFileError('it is no JSON list of keys');
  return parsed.map((value: unknown, index) => ({ place: `entry ${index + 1}`, value }));
}

function entriesOfLines(text: string): readonly Entry[] {
  return text.split(/\r?\n/).flatMap((line, index): readonly Entry[] => {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#') === true) return [];
    const place = `line ${index + 1}`;
    const comment = words.findIndex((word) => word.startsWith('#'));
    const [name, role, key, expiresAt, ...rest] = comment === -1 ? words : words.slice(0, comment);
    if (rest.length > 0) return [{ place, value: null }];
    return [{ place, value: { name, role, key, ...(expiresAt !== undefined && { expiresAt }) } }];
  });
}

/** The key of an entry, or its violation as the end of a sentence. */
function keyOf(entry: unknown): ApiKey | string {
  if (!isObject(entry)) return 'is not name, role, key and perhaps expiresAt';
  if (Object.keys(entry).some((member) => !MEMBERS.has(member))) return 'has a member that is not known';
  const { name, role: roleText, key, expiresAt = null, limits = null } = entry;
  const ofName = nameViolation(typeof name === 'string' ? name : '');
  if (ofName !== null) return ofName;
  const role = roleOf(typeof roleText === 'string' ? roleText : undefined);
  if (role === null) return 'has an unknown role';
  const hash = typeof key === 'string' ? hashIn(key) : { violation: 'has no key' };
  if (typeof hash !== 'string') return hash.violation;
  const end = endOf(expiresAt);
  if (end === undefined) return 'has an expiresAt that is no time with an offset';
  const held = limits === null ? null : limitsIn(limits, role);
  if (typeof held === 'string') return held;
  return { name: String(name), role, hash, expiresAt: end, limits: held };
}

/** The limits, or what is wrong with them as the end of a sentence. */
function limitsIn(value: unknown, role: ApiRole): ApiKeyLimits | string {
  if (!isObject(value)) return 'has limits that are no object';
  // A viewer begins nothing that costs, and an admin may pass over every limit there is.
  if (role !== 'operator') return 'has limits, which are for the role operator';
  if (Object.keys(value).some((member) => !LIMITS.has(member))) return 'has limits with a member that is not known';
  const { usdPerHour, usdPerDay = null, hoursPerInstance } = value;
  if (!isAmount(usdPerHour, MOST_USD)) return `has limits without a usdPerHour of more than 0 and at most ${MOST_USD}`;
  if (usdPerDay !== null && !isAmount(usdPerDay, MOST_USD)) {
    return `has limits with a usdPerDay that is not more than 0 and at most ${MOST_USD}`;
  }
  if (!isAmount(hoursPerInstance, MOST_HOURS)) {
    return `has limits without an hoursPerInstance of more than 0 and at most ${MOST_HOURS}`;
  }
  return Object.freeze({ usdPerHour, usdPerDay, hoursPerInstance });
}

function isAmount(value: unknown, most: number): value is number {
  return typeof value === 'number' && value > 0 && value <= most;
}

function hashIn(key: string): string | { readonly violation: string } {
  const hash = HASH.exec(key)?.[1];
  if (hash !== undefined) return hash.toLowerCase();
  // A hash that was cut off must not become a key that anybody who sees the file can use.
  if (/^sha\d*:/i.test(key)) return { violation: 'has a hash that is not sha256: and 64 hexadecimal digits' };
  const violation = keyViolation(key);
  return violation === null ? hashOfKey(key) : { violation };
}

/** Undefined for what is no time. */
function endOf(value: unknown): Timestamp | null | undefined {
  if (value === null) return null;
  return (typeof value === 'string' ? parseTimestamp(value) : null) ?? undefined;
}
