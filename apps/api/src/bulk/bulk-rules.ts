import { createHash } from 'node:crypto';
import { billedAs, type InstanceRecord, meterOf, usdFromMicro } from '@app/instance-store';
import { type AutoStopChange, effectOf, lifecycleProblems, type RunCommand } from '@app/lifecycle';
import type { Timestamp } from '@app/platform';
import { syncProblems } from '@app/sync';

/*
 * What a bulk command would do to each instance, and what that ends and begins in dollars. Pure.
 */

const RUN_COMMANDS = ['start', 'stop', 'restart', 'delete'] as const satisfies readonly RunCommand[];
const ORPHAN_COMMANDS = ['adopt', 'ignore', 'unignore'] as const;
export const BULK_ACTIONS = [...RUN_COMMANDS, ...ORPHAN_COMMANDS, 'keepBusy', 'endLease', 'autoStop'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** What is to be done with each instance. */
export type BulkOrder =
  | { readonly action: RunCommand | (typeof ORPHAN_COMMANDS)[number] | 'endLease' }
  | { readonly action: 'keepBusy'; readonly until: Timestamp; readonly reason: string }
  | { readonly action: 'autoStop'; readonly change: AutoStopChange };

/** Null when it would be done; otherwise the code and words of why not. */
export interface Skip {
  readonly code: string;
  readonly reason: string;
}

const ALREADY: Skip = { code: 'already', reason: 'It is so already.' };
const NOT_ADOPTED: Skip = { code: 'not-adopted', reason: lifecycleProblems['not-adopted'].title };
const TERMINATED: Skip = { code: 'instance-terminated', reason: lifecycleProblems['instance-terminated'].title };
const MANAGED: Skip = { code: 'already-managed', reason: syncProblems['already-managed'].title };

/** @param now epoch milliseconds */
export function skipReason(record: InstanceRecord, order: BulkOrder, now: number): Skip | null {
  switch (order.action) {
    case 'start':
    case 'stop':
    case 'restart':
    case 'delete': {
      const effect = effectOf(record, order.action, now);
      if (effect === 'accepted') return null;
      return effect === 'already' ? ALREADY : { code: effect, reason: lifecycleProblems[effect].title };
    }
    case 'adopt':
      return record.origin === 'discovered' ? null : MANAGED;
    case 'ignore':
      return skipOfOrphan(record, record.ignored !== null);
    case 'unignore':
      return skipOfOrphan(record, record.ignored === null);
    case 'keepBusy':
    case 'autoStop':
      return skipOfSettings(record, false);
    case 'endLease':
      return skipOfSettings(record, record.autoStop.lease === undefined);
  }
}

function skipOfOrphan({ origin }: InstanceRecord, isSo: boolean): Skip | null {
  if (origin !== 'discovered') return MANAGED;
  return isSo ? ALREADY : null;
}

function skipOfSettings({ origin, status }: InstanceRecord, isSo: boolean): Skip | null {
  if (origin === 'discovered') return NOT_ADOPTED;
  if (status === 'terminated') return TERMINATED;
  return isSo ? ALREADY : null;
}

export interface BulkCost {
  /** USD per hour that end: those of what is stopped or deleted; a stop does not end what is paid by the month. */
  readonly endsUsdPerHour: number;
  /** USD per hour that begin with a start. */
  readonly beginsUsdPerHour: number;
  /** Among those whose bill ends or begins, those whose price is not known. */
  readonly unpriced: number;
}

export function costOfOrder(records: readonly InstanceRecord[], { action }: BulkOrder): BulkCost {
  let ends = 0;
  let begins = 0;
  let unpriced = 0;
  for (const record of records) {
    const change = changeOfBill(record, action);
    if (change === 'none') continue;
    const { meter, rate } = meterOf(record);
    const { usdPerHour } = record.price;
    if (usdPerHour === null || meter === 'unpriced') unpriced += 1;
    else if (change === 'ends') ends += rate;
    else begins += Math.round(usdPerHour * 1_000_000);
  }
  return { endsUsdPerHour: usdFromMicro(ends), beginsUsdPerHour: usdFromMicro(begins), unpriced };
}

function changeOfBill(record: InstanceRecord, action: BulkAction): 'ends' | 'begins' | 'none' {
  const isBilled = billedAs(record) !== null;
  switch (action) {
    case 'stop':
      return isBilled && record.spec.billingMode !== 'monthly' ? 'ends' : 'none';
    case 'delete':
      return isBilled ? 'ends' : 'none';
    case 'start':
      return isBilled ? 'none' : 'begins';
    case 'restart':
    case 'adopt':
    case 'ignore':
    case 'unignore':
    case 'keepBusy':
    case 'endLease':
    case 'autoStop':
      return 'none';
  }
}

/** A name of the instances that would be acted on, which changes when any other one would be. */
export function digestOf(records: readonly InstanceRecord[]): string {
  const hash = createHash('sha256');
  for (const id of records.map((record) => record.id).toSorted()) hash.update(`${id}\n`);
  return hash.digest('base64url').slice(0, 22);
}
