import type { Actor, DesiredState, InstanceAttempts, InstanceRecord, InstanceTimestamps } from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import type { LifecyclePolicy } from './policy.js';

/**
 * The record with a new wish, to be carried out at once. All that belongs to the wish before is reset, so that a second
 * start does not inherit the first one's clock; an open create is not, because what it made is still to be found.
 *
 * @param now milliseconds since 1970; the wish's own time
 */
export function withWish(
  record: InstanceRecord,
  state: DesiredState,
  by: Actor,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const at = timestampFromMs(now);
  const { startupBy: _startupBy, purgeAt: _purgeAt, ...deadlines } = record.deadlines;
  return {
    ...record,
    desired: { state, at, by },
    restartRequestedAt: null,
    confirmedAt: null,
    lastError: null,
    foreignChange: null,
    probes: state === 'running' ? [] : record.probes,
    timestamps: timestampsUnder(record.timestamps, state, at),
    deadlines: {
      ...deadlines,
      nextReconcileAt: at,
      ...(state === 'running' ? { startupBy: timestampFromMs(now + policy.startupTimeoutMs) } : {}),
    },
    attempts: { ...NO_ATTEMPTS, openCreate: record.attempts.openCreate },
  };
}

export const NO_ATTEMPTS: InstanceAttempts = {
  creates: 0,
  commands: 0,
  lastCommandAt: null,
  faults: 0,
  openCreate: null,
};

/** The record at the start of a run that the provider began: a new clock, and nothing of the run before. */
export function withNewRun(record: InstanceRecord, now: number, policy: LifecyclePolicy): InstanceRecord {
  return {
    ...record,
    probes: [],
    timestamps: withoutRun(record.timestamps),
    deadlines: { ...record.deadlines, startupBy: timestampFromMs(now + policy.startupTimeoutMs) },
  };
}

function timestampsUnder(timestamps: InstanceTimestamps, state: DesiredState, at: Timestamp): InstanceTimestamps {
  switch (state) {
    case 'running':
      return withoutRun(timestamps);
    case 'stopped':
      return { ...timestamps, stopping: at };
    case 'deleted':
      return timestamps;
  }
}

function withoutRun(timestamps: InstanceTimestamps): InstanceTimestamps {
  const { started: _started, ready: _ready, stopping: _stopping, stopped: _stopped, ...kept } = timestamps;
  return kept;
}
