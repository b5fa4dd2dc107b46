import { HOUR_MS } from '@app/platform';
import type { DayCap, NewInstanceRecord, UnderCap } from '../ports/instance-records.port.js';
import type { OwnerCommitment, OwnerCommitments } from '../ports/spend-meter.port.js';
import { OverCapError } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import { type InstanceRecord, ownerOf } from '../record/instance.js';
import { isLive } from '../record/instance-status.js';
import { lifetimeDueMs } from '../record/lifetime.js';
import { isMigrationDue } from '../record/migration.js';
import { meterOf, microFromUsd, rateOf, usdFromMicro } from './meter.js';

/*
 * What an instance binds its owner to: what it costs an hour, from the moment at which it is asked for. A meter begins with the
 * machine, which is too late for a limit: two creates of the same moment would both find nothing running. Pure; the store keeps it
 * by owner, with each write, so that a write can be held against a cap in the script that carries it out.
 */

/** Whole micro-USD per hour; `unpriced` where nobody knows the price; null for nothing. */
export type Commitment = number | 'unpriced' | null;

/** A commitment to something, and when the lifetime of the instance ends it: epoch milliseconds, null for never. */
export interface EndingCommitment {
  readonly commitment: Exclude<Commitment, null>;
  readonly endsMs: number | null;
}

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
  const entries: [InstanceId, OwnerCommitment][] = [];
  for (const record of records) {
    const commitment = commitmentOf(record);
    if (commitment !== null) entries.push([record.id, ownerCommitment({ commitment, endsMs: lifetimeDueMs(record) })]);
  }
  return new Map(entries);
}

export function ownerCommitment({ commitment, endsMs }: EndingCommitment): OwnerCommitment {
  return { usdPerHour: commitment === 'unpriced' ? null : usdFromMicro(commitment), endsMs };
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

/**
 * What a rate comes to in the rest of a day. An end that is over has not ended the instance yet, so nobody knows when it will: it
 * counts like none. The same as `costUntil` in commitments.lua.
 * @param rate of an hour, in any currency
 */
export function costInDay(rate: number, endsMs: number | null, { fromMs, untilMs }: Omit<DayCap, 'leftUsd'>): number {
  const endMs = endsMs !== null && endsMs > fromMs ? Math.min(endsMs, untilMs) : untilMs;
  return (rate * Math.max(0, endMs - fromMs)) / HOUR_MS;
}

/**
 * The error of a write that would pass its cap beside the other instances of the owner; null where it fits. What is not known fits
 * nowhere. The same as in apply-plan.lua.
 */
export function overCap(
  wanted: EndingCommitment,
  others: Iterable<EndingCommitment>,
  { capUsdPerHour, capOfDay }: UnderCap,
): OverCapError | null {
  let [micro, unpriced, microToday] = [0, 0, 0];
  for (const { commitment, endsMs } of others) {
    if (commitment === 'unpriced') {
      unpriced += 1;
      continue;
    }
    micro += commitment;
    if (capOfDay !== undefined) microToday += costInDay(commitment, endsMs, capOfDay);
  }
  const othersUsd = usdFromMicro(micro);
  if (wanted.commitment === 'unpriced') return new OverCapError(othersUsd, unpriced, null);
  const wantedUsd = usdFromMicro(wanted.commitment);
  const isOverHour = capUsdPerHour !== undefined && micro + wanted.commitment > microFromUsd(capUsdPerHour);
  if (unpriced > 0 || isOverHour) return new OverCapError(othersUsd, unpriced, wantedUsd);
  if (capOfDay === undefined) return null;
  const wantedToday = costInDay(wanted.commitment, wanted.endsMs, capOfDay);
  if (Math.round(microToday + wantedToday) <= microFromUsd(capOfDay.leftUsd)) return null;
  const day = { othersUsd: usdFromMicro(microToday), wantedUsd: usdFromMicro(wantedToday) };
  return new OverCapError(othersUsd, unpriced, wantedUsd, day);
}
