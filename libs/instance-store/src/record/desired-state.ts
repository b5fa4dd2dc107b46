import { type Timestamp, timestampFromMs } from '@app/platform';
import type { Actor, DesiredState, InstanceAttempts, InstanceRecord, InstanceTimestamps } from './instance.js';
import { isMigrationOpen, superseded } from './migration.js';
import { withHoldUnder } from './stop-hold.js';

export const NO_ATTEMPTS: InstanceAttempts = {
  creates: 0,
  commands: 0,
  lastCommandAt: null,
  faults: 0,
  openCreate: null,
};

/**
 * The record with a new desired state, to be carried out at once. It resets all that belongs to the one before, so that
 * a second start does not inherit the first one's clock. It keeps an open create, because the machine that may have
 * come of it is still to be found; so is what became of an open migration. One that is merely due goes on only under a
 * desired state that the life cycle or the migration itself sets. A hold ends. The life cycle adds the status, and by when a start must
 * be ready.
 *
 * @param now milliseconds since 1970; when the state was asked for
 */
export function recordWithDesiredState(
  before: InstanceRecord,
  state: DesiredState,
  by: Actor,
  now: number,
): InstanceRecord {
  const at = timestampFromMs(now);
  const record = withHoldUnder(before, state, by, at);
  const { startupBy: _startupBy, purgeAt: _purgeAt, migrateBy, ...deadlines } = record.deadlines;
  const isOpen = isMigrationOpen(record.migration);
  const goesOn = by === 'lifecycle' || by === 'migration';
  // A restart or a migration is no second purchase: what was allowed stays allowed until the instance is stopped.
  const isStillAllowed =
    state === 'running' && before.desired.state === 'running' && before.desired.overSpendLimit === true;
  return {
    ...record,
    desired: { state, at, by, ...(isStillAllowed && { overSpendLimit: true }) },
    restartRequestedAt: null,
    confirmedAt: null,
    lastError: null,
    foreignChange: null,
    probes: state === 'running' ? [] : record.probes,
    timestamps: timestampsUnder(record.timestamps, state, at),
    deadlines: { ...deadlines, ...(isOpen && migrateBy !== undefined ? { migrateBy } : {}), nextReconcileAt: at },
    migration: goesOn ? record.migration : superseded(record.migration),
    attempts: { ...NO_ATTEMPTS, openCreate: record.attempts.openCreate },
  };
}

/** At the start of a run: nothing of the run before. */
export function timestampsOfNewRun(timestamps: InstanceTimestamps): InstanceTimestamps {
  const { started: _started, ready: _ready, stopping: _stopping, stopped: _stopped, ...kept } = timestamps;
  return kept;
}

function timestampsUnder(timestamps: InstanceTimestamps, state: DesiredState, at: Timestamp): InstanceTimestamps {
  switch (state) {
    case 'running':
      return timestampsOfNewRun(timestamps);
    case 'stopped':
      return { ...timestamps, stopping: at };
    case 'deleted':
      return timestamps;
  }
}
