import type { InstanceRecord } from '@app/instance-store';
import { phaseOf } from '@app/novita-client';
import { waitForOpenCreate } from './crash-safe-create.js';
import { foreignChange } from './foreign-change.js';
import {
  type Absent,
  commandDue,
  commandDueInMs,
  type Decision,
  type Found,
  firstPollMs,
  isProvenGone,
  type Situation,
} from './model.js';
import { countCommand, poll, settle, vanish, wait, wakeAt } from './transitions.js';

/**
 * The desired state is `stopped`, and the provider was observed. Only an observation leads to `stopped`; a stop that the
 * provider refuses is sent again for as long as it takes. A `failed` stays visible when it has stopped.
 */
export function decideStopped(situation: Situation): Decision {
  const { before, observation } = situation;
  if (observation.kind === 'found') return whenFound({ ...situation, observation });
  return before.novitaInstanceId === null
    ? whenNothingWasMade({ ...situation, observation })
    : whenDenied({ ...situation, observation });
}

function whenFound(situation: Situation<Found>): Decision {
  const { before, record, observation, now, policy } = situation;
  const { status } = observation.instance;
  const phase = phaseOf(status);
  switch (phase) {
    case 'down':
      return settle(asStopped(situation), now, policy, `Novita says ${status}`);
    case 'gone':
      return whenGone(situation);
    case 'removing':
      return poll({ ...record, status: 'deleting' }, now, policy.pollIntervalMs, 'Novita is removing it');
    case 'going-down':
      return poll(asStopping(situation), now, policy.pollIntervalMs, `Novita says ${status}`);
    case 'migrating':
    case 'unknown':
      if (before.confirmedAt === null) return stop(situation);
      return poll(record, now, policy.pollIntervalMs, `Novita says ${status}, which does not mean that it runs`);
    case 'accepted':
    case 'coming-up':
    case 'up':
    case 'restarting':
      return before.confirmedAt === null ? stop(situation) : startedElsewhere(situation);
  }
}

function stop(situation: Situation<Found>): Decision {
  const { observation, now, policy } = situation;
  const stopping = asStopping(situation);
  if (!commandDue(situation)) {
    const inMs = Math.min(commandDueInMs(stopping, now, policy), policy.pollIntervalMs);
    return wait(
      stopping,
      now,
      inMs,
      `Novita still says ${observation.instance.status}; waiting before the stop is sent again`,
    );
  }
  return {
    step: { kind: 'stop', target: observation.instance.id },
    record: wakeAt(countCommand(stopping, now), now + firstPollMs(policy)),
    reason: `stop desired by ${stopping.desired.by}, and Novita says ${observation.instance.status}`,
  };
}

/** It had stopped as desired, and now it runs. */
function startedElsewhere(situation: Situation<Found>): Decision {
  return foreignChange(situation, 'running', (changed) =>
    poll({ ...changed, status: 'starting' }, situation.now, 0, 'started by hand at Novita'),
  );
}

/** No id is known and a clean search found nothing: there is nothing that could run. */
function whenNothingWasMade(situation: Situation<Absent>): Decision {
  const { record, now, policy } = situation;
  const open = record.attempts.openCreate;
  if (open !== null) return waitForOpenCreate(record, open, now, policy);
  return settle(asStopped(situation), now, { ...policy, settledRefreshMs: null }, 'nothing was made at Novita');
}

function whenDenied(situation: Situation<Absent>): Decision {
  const { record, now, policy } = situation;
  if (!isProvenGone(situation)) return poll(record, now, firstPollMs(policy), 'Novita does not show the instance yet');
  return whenGone(situation);
}

function whenGone(situation: Situation): Decision {
  const { record, now, policy } = situation;
  const open = record.attempts.openCreate;
  return open === null ? vanish(situation) : waitForOpenCreate(record, open, now, policy);
}

function asStopped({ before, record, observation }: Situation): InstanceRecord {
  const timestamps = { ...record.timestamps, stopped: record.timestamps.stopped ?? observation.at };
  const status = before.status === 'failed' ? 'failed' : 'stopped';
  return { ...record, status, timestamps, confirmedAt: observation.at, foreignChange: null };
}

function asStopping({ before, record }: Situation): InstanceRecord {
  return { ...record, status: before.status === 'failed' ? 'failed' : 'stopping' };
}
