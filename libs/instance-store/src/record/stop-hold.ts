import { MINUTE_MS, msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import type { Actor, DesiredState, InstanceAutoStop, InstanceRecord } from './instance.js';
import type { HeldActor, HoldOutcome, StopHold } from './stop-hold-state.js';

/*
 * The rules of holds. Pure. Whoever wants to stop an instance without a person asks `nextOfHeldStop` first; the end of a
 * hold is a deadline of the record (`holdUntil`) while it is under way, and no hold is longer than `LONGEST_HOLD_MS`.
 */

/** As long as an instance may ask for. */
export const LONGEST_HOLD_MS = 30 * MINUTE_MS;

/** A stop that endpoints may hold. */
export interface HeldStop {
  readonly by: HeldActor;
  readonly occasion: string;
}

/**
 * What is next of a stop. `ask`: it was not held yet; when an endpoint holds, `withHold` is written, otherwise it goes on.
 * `wait`: it is held, or so is the stop of another feature that need not give way. `call-off`: a hold of another stop is under
 * way, to be ended first. `go-on`: nothing holds it any more.
 */
export type NextOfHeldStop = 'ask' | 'wait' | 'call-off' | 'go-on';

/** @param now epoch milliseconds */
export function nextOfHeldStop(
  { stopHold }: Pick<InstanceRecord, 'stopHold'>,
  { by, occasion }: HeldStop,
  now: number,
): NextOfHeldStop {
  if (stopHold === null) return 'ask';
  const isOfThis = stopHold.by === by && stopHold.occasion === occasion;
  if (stopHold.ended !== null) return isOfThis ? 'go-on' : 'ask';
  // The end of a lifetime calls off every other hold, and none calls off its own: so it comes in time, and nothing alternates.
  if (stopHold.by !== by && stopHold.by === 'max-lifetime') return 'wait';
  if (stopHold.by !== by && by === 'max-lifetime') return 'call-off';
  // The limit of spend and another feature would call each other off for ever; a hold is short, and its end settles who stops.
  if (!isOfThis && stopHold.by !== by && [stopHold.by, by].includes('spend-limit')) return 'wait';
  if (!isOfThis) return 'call-off';
  return isHoldOver(stopHold, now) ? 'go-on' : 'wait';
}

/** The hold that is under way; null for none. */
export function openHold({ stopHold }: Pick<InstanceRecord, 'stopHold'>): StopHold | null {
  return stopHold === null || stopHold.ended !== null ? null : stopHold;
}

/**
 * The hold that began or ended with a write; null for none.
 * @param wasUnderWay before the write
 */
export function changedHold({ stopHold }: Pick<InstanceRecord, 'stopHold'>, wasUnderWay: boolean): StopHold | null {
  const isUnderWay = stopHold !== null && stopHold.ended === null;
  return isUnderWay === wasUnderWay ? null : stopHold;
}

/** Whether the stop waits no longer. @param now epoch milliseconds */
export function isHoldOver(hold: StopHold, now: number): boolean {
  return isReleased(hold) || msFromTimestamp(hold.until) <= now;
}

/**
 * How long a stop of this instance may be held, in milliseconds.
 * @param fleetMs STOP_HOLD_TIMEOUT
 */
export function holdLimitMs({ autoStop }: { readonly autoStop: InstanceAutoStop }, fleetMs: number): number {
  const ownMs = Math.ceil((autoStop.holdMinutes ?? 0) * MINUTE_MS);
  return Math.min(ownMs > 0 ? ownMs : fleetMs, LONGEST_HOLD_MS);
}

/**
 * The record with a hold that begins now.
 * @param endpointIds those that it waits for, at least one
 * @param now epoch milliseconds
 */
export function withHold(
  record: InstanceRecord,
  { by, occasion }: HeldStop,
  reason: string,
  endpointIds: readonly string[],
  now: number,
  limitMs: number,
): InstanceRecord {
  const until = timestampFromMs(now + limitMs);
  const waitsFor = endpointIds.map((endpointId) => ({ endpointId, releasedAt: null }));
  return {
    ...record,
    stopHold: { by, occasion, since: timestampFromMs(now), until, reason, waitsFor, ended: null },
    deadlines: { ...record.deadlines, holdUntil: until },
  };
}

/**
 * The record after an endpoint has answered 2xx. With the last one the hold is over at once.
 *
 * @param since of the hold that the answer is to; an answer to an earlier one releases nothing, nor does one that is late
 * @returns the same object when there is nothing to release
 */
export function releasedBy(
  record: InstanceRecord,
  endpointId: string,
  since: Timestamp,
  at: Timestamp,
): InstanceRecord {
  const hold = openHold(record);
  const isAwaited = hold?.waitsFor.some((each) => each.endpointId === endpointId && each.releasedAt === null) === true;
  if (hold === null || hold.since !== since || at >= hold.until || !isAwaited) return record;
  const waitsFor = hold.waitsFor.map((each) =>
    each.endpointId === endpointId && each.releasedAt === null ? { endpointId, releasedAt: at } : each,
  );
  const stopHold = { ...hold, waitsFor };
  if (!isReleased(stopHold)) return { ...record, stopHold };
  // A migration that waits comes again at its next reconcile.
  const next = hold.by === 'migration' ? { holdUntil: at, nextReconcileAt: at } : { holdUntil: at };
  return { ...record, stopHold, deadlines: { ...record.deadlines, ...next } };
}

/** The record after its hold has ended; the same object when none is under way. */
export function withoutHold(record: InstanceRecord, outcome: HoldOutcome, by: string, at: Timestamp): InstanceRecord {
  const hold = openHold(record);
  if (hold === null) return record;
  const { holdUntil: _holdUntil, ...deadlines } = record.deadlines;
  return { ...record, stopHold: { ...hold, ended: { at, outcome, by } }, deadlines };
}

/** The record when the stop that was held goes on, or is postponed for another reason than the hold. */
export function withHoldOver(record: InstanceRecord, at: Timestamp): InstanceRecord {
  const hold = openHold(record);
  return hold === null ? record : withoutHold(record, outcomeOf(hold), hold.by, at);
}

/** The record under a new desired state: whatever it is, nothing waits any more. */
export function withHoldUnder(record: InstanceRecord, state: DesiredState, by: Actor, at: Timestamp): InstanceRecord {
  const hold = openHold(record);
  if (hold === null) return record;
  if (by === hold.by) return withHoldOver(record, at);
  const isStop = state !== 'running';
  const isPerson = by.startsWith('user:') || by === 'console';
  return withoutHold(record, isStop && isPerson ? 'ended-by-person' : 'called-off', by, at);
}

/** How a hold ended that nobody has ended. */
function outcomeOf(hold: StopHold): HoldOutcome {
  return isReleased(hold) ? 'released' : 'timed-out';
}

function isReleased({ waitsFor }: StopHold): boolean {
  return waitsFor.every(({ releasedAt }) => releasedAt !== null);
}
