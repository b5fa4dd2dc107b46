import { isObject, parseTimestamp, type Timestamp } from '@app/platform';

export type JsonObject = Record<string, unknown>;

/** Days that every month has; the few others take the longer way. */
const PLAIN = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const EXACT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const NULLABLE = ['restartRequestedAt', 'observedAt', 'confirmedAt', 'missingSince'] as const;

/**
 * Makes every instant in a parsed record valid, in place, so that nothing ever formats an invalid date. An unreadable
 * instant is dropped if it may be missing; if the record needs it, it becomes the time of creation.
 *
 * @param idTime the time inside the record's id, for a record that lost even its time of creation
 * @returns one line for each instant that was dropped or replaced, without its value
 */
export function cleanTimestamps(record: JsonObject, idTime: Timestamp): string[] {
  const warnings: string[] = [];
  const timestamps = objectAt(record, 'timestamps');
  const created = readInstant(timestamps?.['created']) ?? idTime;

  /** @param otherwise replaces an unreadable one; undefined removes the member */
  const clean = (holder: JsonObject | null, path: string, field: string, otherwise: Timestamp | null | undefined) => {
    if (holder === null) return true;
    const value = holder[field];
    if (value === undefined && otherwise === undefined) return true;
    if (value === null && otherwise === null) return true;
    const instant = readInstant(value);
    if (instant !== null) {
      if (instant !== value) holder[field] = instant;
      return true;
    }
    if (otherwise === undefined) delete holder[field];
    else holder[field] = otherwise;
    warnings.push(`${path}${field} is not a time stamp: ${otherwise ? 'replaced' : 'dropped'}`);
    return false;
  };

  clean(timestamps, 'timestamps.', 'created', created);
  for (const group of ['timestamps', 'deadlines']) {
    const holder = objectAt(record, group);
    for (const field in holder) clean(holder, `${group}.`, field, undefined);
  }
  for (const field of NULLABLE) clean(record, '', field, null);
  clean(objectAt(record, 'desired'), 'desired.', 'at', created);
  clean(objectAt(record, 'lastError'), 'lastError.', 'at', created);
  // A person's decision stands, even when its time cannot be read.
  clean(objectAt(record, 'ignored'), 'ignored.', 'at', created);

  const spot = objectAt(record, 'spot');
  for (const field of ['reclaimAt', 'firstSeenAt']) clean(spot, 'spot.', field, null);
  // What became of a migration is to be observed, whatever its times say.
  const migration = objectAt(record, 'migration');
  for (const field of ['reclaimSeenAt', 'since']) clean(migration, 'migration.', field, created);
  for (const field of ['requestedAt', 'nextAttemptAt', 'arrivedAt']) clean(migration, 'migration.', field, null);

  clean(objectAt(record, 'reportToken'), 'reportToken.', 'issuedAt', null);

  const stopHold = objectAt(record, 'stopHold');
  // A hold without its times would hold for ever, or be taken for another one.
  if (!['since', 'until'].every((field) => clean(stopHold, 'stopHold.', field, null))) {
    record['stopHold'] = null;
    delete objectAt(record, 'deadlines')?.['holdUntil'];
  }
  clean(stopHold && objectAt(stopHold, 'ended'), 'stopHold.ended.', 'at', created);
  const waitsFor = stopHold?.['waitsFor'];
  for (const each of Array.isArray(waitsFor) ? waitsFor : []) {
    if (isObject(each)) clean(each, 'stopHold.waitsFor[].', 'releasedAt', null);
  }

  const attempts = objectAt(record, 'attempts');
  clean(attempts, 'attempts.', 'lastCommandAt', null);
  // An open create forces a search at the provider, so it is kept even when its time cannot be read.
  clean(attempts && objectAt(attempts, 'openCreate'), 'attempts.openCreate.', 'startedAt', created);

  const autoStop = objectAt(record, 'autoStop');
  const lease = autoStop && objectAt(autoStop, 'lease');
  if (autoStop && lease && !clean(lease, 'autoStop.lease.', 'until', null)) delete autoStop['lease'];
  if (!clean(objectAt(record, 'foreignChange'), 'foreignChange.', 'firstSeenAt', null)) record['foreignChange'] = null;

  const probes = record['probes'];
  if (Array.isArray(probes)) {
    record['probes'] = probes.filter((probe) => isObject(probe) && clean(probe, 'probes[].', 'at', null));
  }
  return warnings;
}

/** Whether `cleanTimestamps` would leave a record as it is; it takes a fraction of the time. */
export function hasCleanTimestamps(record: JsonObject): boolean {
  const timestamps = objectAt(record, 'timestamps');
  if (timestamps === null || !isTimestamp(timestamps['created'])) return false;
  if (!hasOnlyTimestamps(timestamps) || !hasOnlyTimestamps(objectAt(record, 'deadlines'))) return false;
  if (!isTimestamp(objectAt(record, 'desired')?.['at'])) return false;
  for (const field of NULLABLE) if (record[field] !== null && !isTimestamp(record[field])) return false;
  const attempts = objectAt(record, 'attempts');
  if (attempts === null || (attempts['lastCommandAt'] !== null && !isTimestamp(attempts['lastCommandAt'])))
    return false;
  // Times that few records have take the longer way.
  const probes = record['probes'];
  return (
    attempts['openCreate'] === null &&
    record['lastError'] === null &&
    record['ignored'] === null &&
    record['foreignChange'] === null &&
    record['spot'] === null &&
    record['migration'] === null &&
    record['stopHold'] === null &&
    record['reportToken'] === null &&
    objectAt(record, 'autoStop')?.['lease'] === undefined &&
    Array.isArray(probes) &&
    probes.every((probe) => isObject(probe) && isTimestamp(probe['at']))
  );
}

function hasOnlyTimestamps(holder: JsonObject | null): boolean {
  if (holder === null) return false;
  for (const field in holder) if (!isTimestamp(holder[field])) return false;
  return true;
}

function readInstant(value: unknown): Timestamp | null {
  return isTimestamp(value) ? value : parseTimestamp(value);
}

/** Whether it is an instant in exactly the form that this system writes. */
export function isTimestamp(value: unknown): value is Timestamp {
  return typeof value === 'string' && (PLAIN.test(value) || (EXACT.test(value) && !Number.isNaN(Date.parse(value))));
}

export function objectAt(holder: JsonObject, field: string): JsonObject | null {
  const value = holder[field];
  return isObject(value) ? value : null;
}
