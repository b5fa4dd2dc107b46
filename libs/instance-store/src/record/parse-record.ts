import { isObject, timestampFromMs } from '@app/platform';
import { decodeTime } from 'ulid';
import { cleanTimestamps, hasCleanTimestamps, type JsonObject, objectAt } from './clean-timestamps.js';
import { isInstanceId } from './identity.js';
import type { InstanceRecord } from './instance.js';
import { INSTANCE_STATUSES } from './instance-status.js';

/** Thrown when one record asked for by name cannot be read. Lists leave such a record out and log it. */
export class CorruptRecordError extends Error {
  override readonly name = 'CorruptRecordError';

  /** @param reason what is wrong with it; holds no value of the record, which may be secret */
  constructor(
    readonly key: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`the stored record of ${key} cannot be read: ${reason}`, options);
  }
}

export interface ParsedRecord {
  /** Deeply frozen, unless it was asked for unfrozen. */
  readonly record: InstanceRecord;
  /** What was repaired, a line each; of this record alone. */
  readonly warnings: readonly string[];
}

const ID_PREFIX = 'ins_';
const NO_WARNINGS: readonly string[] = [];
const STATUSES: ReadonlySet<unknown> = new Set(INSTANCE_STATUSES);
/** Members that documents written before they existed lack. */
const ADDED = [
  'missingSince',
  'ignored',
  'createdBy',
  'spot',
  'migration',
  'stopHold',
  'cost',
  'maxLifetimeMinutes',
  'reportToken',
] as const;
const COST_MEMBERS = ['microUsd', 'rate', 'sinceMs', 'fromMs'] as const;
const OBJECTS = ['spec', 'desired', 'timestamps', 'deadlines', 'autoStop', 'price', 'connection', 'attempts'] as const;

/**
 * Reads a stored document. Only what can break a reader is checked: the members that everything rests on, and every
 * instant. The rest was written by this library.
 *
 * @param key names the record in messages
 * @param isShared false for a reader that keeps it alone: to freeze a record takes a third of the time to read it
 * @throws CorruptRecordError
 */
export function parseRecord(json: string, key: string, isShared = true): ParsedRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw new CorruptRecordError(key, 'not JSON', { cause });
  }
  if (!isObject(parsed)) throw new CorruptRecordError(key, 'not an object');
  checkMembers(parsed, key);
  for (const member of ADDED) parsed[member] ??= null;
  if (!isCost(parsed['cost'])) parsed['cost'] = null;
  if (!isReportToken(parsed['reportToken'])) parsed['reportToken'] = null;
  const warnings = hasCleanTimestamps(parsed)
    ? NO_WARNINGS
    : cleanTimestamps(parsed, timestampFromMs(decodeTime(String(parsed['id']).slice(ID_PREFIX.length))));
  const record = parsed as unknown as InstanceRecord;
  return { record: isShared ? deepFreeze(record) : record, warnings };
}

function checkMembers(record: JsonObject, key: string): void {
  const corrupt = (member: string): never => {
    throw new CorruptRecordError(key, `${member} is missing or of the wrong kind`);
  };
  const id = record['id'];
  // The time in an id has 48 bits; what begins with a later character than this has more.
  if (typeof id !== 'string' || !isInstanceId(id) || id.charAt(ID_PREFIX.length) > '7') corrupt('id');
  for (const member of ['name', 'marker']) if (typeof record[member] !== 'string') corrupt(member);
  const novitaId = record['novitaInstanceId'];
  if (novitaId !== null && typeof novitaId !== 'string') corrupt('novitaInstanceId');
  if (!Number.isSafeInteger(record['revision'])) corrupt('revision');
  if (!STATUSES.has(record['status'])) corrupt('status');
  for (const member of OBJECTS) if (objectAt(record, member) === null) corrupt(member);
  if (!Array.isArray(record['probes'])) corrupt('probes');
}

function isCost(cost: unknown): boolean {
  return cost === null || (isObject(cost) && COST_MEMBERS.every((member) => Number.isSafeInteger(cost[member])));
}

/** A damaged one opens nothing. */
function isReportToken(token: unknown): boolean {
  if (token === null) return true;
  if (!isObject(token) || !Array.isArray(token['hashes'])) return false;
  return token['hashes'].every((hash) => typeof hash === 'string');
}

/** Freezes a value fresh from `JSON.parse` (a tree: no cycles), so that many readers can share it. */
export function deepFreeze<Value extends object>(value: Value): Value {
  for (const key in value) {
    const member = value[key];
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  }
  return Object.freeze(value);
}
