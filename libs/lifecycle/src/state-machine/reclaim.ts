import { type InstanceRecord, isRunReclaimed, type Migration, superseded } from '@app/instance-store';
import { phaseOf } from '@app/novita-client';
import { msFromTimestamp, type Timestamp } from '@app/platform';
import { instanceError } from '../problems/provider-errors.js';
import type { Decision, Found, Situation } from './model.js';
import { poll, settle, withDesiredState } from './transitions.js';

/*
 * A spot instance that the provider has reclaimed, when a read first shows it: migration.ts goes on from there.
 */

/** Whether the provider took the machine of this run away; `isRunReclaimed` tells it from a stop by hand. */
export function isReclaimed({ before, record, observation }: Situation<Found>): boolean {
  const { instance } = observation;
  const phase = phaseOf(instance.status);
  if (phase !== 'down' && phase !== 'going-down') return false;
  if ((instance.billingMode ?? record.spec.billingMode) !== 'spot') return false;
  return isRunReclaimed(before, record.spot, instance);
}

/** Observed for the first time: written before anything is done about it. */
export function whenReclaimed(situation: Situation<Found>): Decision {
  const { before, record, observation, now, policy } = situation;
  if (phaseOf(observation.instance.status) === 'going-down') {
    const reason = 'Novita is reclaiming the spot instance';
    return poll({ ...record, status: 'stopping', foreignChange: null }, now, policy.pollIntervalMs, reason);
  }
  if (!policy.migration.enabled) return stayReclaimed(situation);
  const reclaimSeenAt = firstSeen(record, observation.at);
  const agreedUsdPerHour = before.migration?.agreedUsdPerHour;
  const migration: Migration = {
    state: 'waiting',
    reclaimSeenAt,
    since: reclaimSeenAt,
    attempts: 0,
    requestedAt: null,
    jobId: null,
    endedJobId: before.migration?.jobId ?? before.migration?.endedJobId ?? null,
    nextAttemptAt: null,
    arrivedAt: before.migration?.arrivedAt ?? null,
    replaced: before.migration?.replaced ?? null,
    ...(agreedUsdPerHour !== undefined && { agreedUsdPerHour }),
  };
  const { startupBy: _startupBy, ...deadlines } = record.deadlines;
  const timestamps = { ...record.timestamps, stopped: observation.at };
  const noted: InstanceRecord = {
    ...record,
    status: 'stopped',
    confirmedAt: null,
    foreignChange: null,
    restartRequestedAt: null,
    deadlines,
    timestamps,
    migration,
    lastError: instanceError('spot-reclaimed', 'Novita has reclaimed the spot instance', observation.at),
  };
  return poll(noted, now, 0, 'Novita has reclaimed the spot instance; it is to be migrated');
}

/** A notice is seen before the reclaim comes: what counts is the reclaim. */
function firstSeen({ spot }: InstanceRecord, at: Timestamp): Timestamp {
  const seen = spot?.firstSeenAt ?? at;
  const reclaimAt = spot?.reclaimAt ?? seen;
  const later = reclaimAt > seen ? reclaimAt : seen;
  return later > at ? at : later;
}

/** Migrations are switched off: nobody will bring it back, so it is stopped, and says why. */
export function stayReclaimed({ record, observation, now, policy }: Situation<Found>): Decision {
  const { at } = observation;
  const stopped = withDesiredState(record, 'stopped', 'lifecycle', msFromTimestamp(at), policy);
  const message = 'Novita has reclaimed the spot instance, and MIGRATION_ENABLED is off';
  const noted: InstanceRecord = {
    ...stopped,
    status: 'stopped',
    confirmedAt: at,
    migration: superseded(stopped.migration),
    timestamps: { ...stopped.timestamps, stopped: at },
    lastError: instanceError('spot-reclaimed', message, at),
  };
  return settle(noted, now, policy, message);
}
