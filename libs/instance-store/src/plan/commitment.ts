import type { NewInstanceRecord } from '../ports/instance-records.port.js';
import type { OwnerCommitments } from '../ports/spend-meter.port.js';
import type { InstanceId } from '../record/identity.js';
import { type InstanceRecord, ownerOf } from '../record/instance.js';
import { isLive } from '../record/instance-status.js';
import { isMigrationDue } from '../record/migration.js';
import { meterOf, rateOf, usdFromMicro } from './meter.js';

/*
 * What an instance binds its owner to: what it costs an hour, from the moment at which it is asked for. A meter begins with the
 * machine, which is too late for a limit: two creates of the same moment would both find nothing running. Pure; the store keeps it
 * by owner, with each write, so that a write can be held against a cap in the script that carries it out.
 */

/** Whole micro-USD per hour; `unpriced` where nobody knows the price; null for nothing. */
export type Commitment = number | 'unpriced' | null;

/** Instances of these owners alone can be under a cap. */
const PERSON = 'user:';

/** What a record commits its owner to: it may be on the bill, or is to be. */
export function commitmentOf(record: NewInstanceRecord): Commitment {
  if (!ownerOf(record).startsWith(PERSON) || !mayBeBilled(record)) return null;
  const { novitaInstanceId, price, spec } = record;
  // Until it is made it may be made at any of these places.
  const candidates = novitaInstanceId === null ? [price, ...spec.fallbacks] : [price];
  let dearest = 0;
  for (const candidate of candidates) {
    const rate = rateOf({ price: candidate });
    if (rate === null) return 'unpriced';
    dearest = Math.max(dearest, rate);
  }
  return dearest;
}

/** What these records commit their owners to, by id; those that commit to nothing are left out. */
export function commitmentsIn(records: Iterable<InstanceRecord>): OwnerCommitments {
  const entries: [InstanceId, string | number][] = [];
  for (const record of records) {
    const commitment = commitmentOf(record);
    if (commitment !== null) entries.push([record.id, commitment]);
  }
  return commitmentsFrom(entries);
}

/** @param entries values as they are kept, numbers as text or not */
export function commitmentsFrom(entries: Iterable<readonly [id: string, value: string | number]>): OwnerCommitments {
  return new Map(Array.from(entries, ([id, value]) => [id as InstanceId, usdOrUnknown(value)]));
}

function usdOrUnknown(value: string | number): number | null {
  return value === 'unpriced' ? null : usdFromMicro(Number(value));
}

function mayBeBilled(record: NewInstanceRecord): boolean {
  const { meter } = meterOf(record);
  if (meter === 'billing' || meter === 'unpriced') return true;
  const { status, desired, migration } = record;
  if (desired.state !== 'running' || !isLive(status)) return false;
  // One that failed costs as long as its meter runs, and begins again by a start, which is held against the cap anew: but for
  // one whose migration is tried again.
  return status !== 'failed' || (isMigrationDue(migration) && migration.nextAttemptAt !== null);
}

/** The commitments of one owner. */
export interface OwnCommitments {
  /** Of those with a known price. */
  readonly micro: number;
  readonly unpriced: number;
}

export function sumOfCommitments(values: Iterable<Exclude<Commitment, null>>): OwnCommitments {
  let [micro, unpriced] = [0, 0];
  for (const value of values) {
    if (value === 'unpriced') unpriced += 1;
    else micro += value;
  }
  return { micro, unpriced };
}

/** Whether the commitment of one instance fits beside those of the others of its owner. What is not known fits nowhere. */
export function fitsCap(wanted: Commitment, others: OwnCommitments, capMicro: number): boolean {
  if (wanted === null) return true;
  return wanted !== 'unpriced' && others.unpriced === 0 && others.micro + wanted <= capMicro;
}
