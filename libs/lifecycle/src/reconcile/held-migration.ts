import {
  type HeldStop,
  type InstanceRecord,
  isMigrationDue,
  openHold,
  withHoldOver,
  withoutHold,
} from '@app/instance-store';
import { msFromTimestamp, type Timestamp } from '@app/platform';
import { withoutPlace } from '../state-machine/migration-outcomes.js';
import type { Decision, LifecyclePolicy } from '../state-machine/model.js';
import { wakeAt } from '../state-machine/transitions.js';

/*
 * A migration that endpoints hold: its request gives up the machine that was reclaimed, with all that is on its disks. What
 * waits is the intent; nothing was sent yet. Pure. MigrationWrites asks who holds, and writes.
 */

/** @param record with a migration: a reclaim is held once, whatever number of attempts it takes */
export function heldMigrationOf({ migration }: Pick<InstanceRecord, 'migration'>): HeldStop {
  return { by: 'migration', occasion: migration?.reclaimSeenAt ?? '' };
}

/** Instead of the intent: what was observed, and that the migration waits until the end of the hold. */
export function waitingDecision(
  intended: Decision,
  before: InstanceRecord,
  now: number,
  policy: LifecyclePolicy,
): Decision {
  const waiting = withoutPlace(intended.record, before, now, policy);
  // The end of the hold says when it goes on, not the attempt.
  const record = { ...waiting, migration: waiting.migration && { ...waiting.migration, nextAttemptAt: null } };
  const reason = 'endpoints hold the migration';
  return { step: { kind: 'wait' }, record: wakeAt(record, wakeMs(before, now, policy)), reason };
}

/** At once when no hold is under way. Another stop may be called off before its hold is over. */
function wakeMs(before: InstanceRecord, now: number, policy: LifecyclePolicy): number {
  const hold = openHold(before);
  if (hold === null) return now;
  const untilMs = msFromTimestamp(hold.until);
  return hold.by === 'migration' ? untilMs : Math.min(untilMs, now + policy.pollIntervalMs);
}

/** The intent, which ends the hold with it. */
export function withHoldEnded(decision: Decision, at: Timestamp): Decision {
  return { ...decision, record: withHoldOver(decision.record, at) };
}

/**
 * Ends a hold that is pointless: of an instance that is gone, or of a migration that is not to be requested any more, as it
 * is under way without us or the instance is up again.
 */
export function withoutNeedlessHold(record: InstanceRecord, at: Timestamp): InstanceRecord {
  const hold = openHold(record);
  if (hold === null) return record;
  const isNeeded = record.status !== 'terminated' && (hold.by !== 'migration' || isMigrationDue(record.migration));
  return isNeeded ? record : withoutHold(record, 'called-off', 'lifecycle', at);
}
