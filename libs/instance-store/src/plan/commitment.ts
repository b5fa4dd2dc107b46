import type { NewInstanceRecord } from '../ports/instance-records.port.js';
import { ownerOf } from '../record/instance.js';
import { isLive } from '../record/instance-status.js';
import { meterOf, rateOf } from './meter.js';

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
  return rateOf(record) ?? 'unpriced';
}

function mayBeBilled(record: NewInstanceRecord): boolean {
  const { meter } = meterOf(record);
  if (meter === 'billing' || meter === 'unpriced') return true;
  const { status, desired } = record;
  // One that failed costs as long as its meter runs, and begins again by a start only, which is held against the cap anew.
  return desired.state === 'running' && isLive(status) && status !== 'failed';
}

/** The commitments of one owner. */
export interface OwnCommitments {
  /** Of those with a known price. */
  readonly micro: number;
  readonly unpriced: number;
}

/** @param values as they are kept, numbers as text or not */
export function sumOfCommitments(values: Iterable<string | number>): OwnCommitments {
  let [micro, unpriced] = [0, 0];
  for (const value of values) {
    if (value === 'unpriced') unpriced += 1;
    else micro += Number(value);
  }
  return { micro, unpriced };
}

/** Whether the commitment of one instance fits beside those of the others of its owner. What is not known fits nowhere. */
export function fitsCap(wanted: Commitment, others: OwnCommitments, capMicro: number): boolean {
  if (wanted === null) return true;
  return wanted !== 'unpriced' && others.unpriced === 0 && others.micro + wanted <= capMicro;
}
