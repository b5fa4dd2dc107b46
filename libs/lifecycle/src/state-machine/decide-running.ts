import type { InstanceRecord, InstanceStatus } from '@app/instance-store';
import { phaseOf } from '@app/novita-client';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
import { instanceError } from '../problems/provider-errors.js';
import { decideCreate, waitForOpenCreate } from './crash-safe-create.js';
import { foreignChange, isForeignStop } from './foreign-change.js';
import {
  type Absent,
  commandDue,
  commandDueInMs,
  type Decision,
  type Found,
  firstPollMs,
  hadProgressed,
  isPastStartup,
  isProvenGone,
  probeIntervalMs,
  type Situation,
} from './model.js';
import { asReady, countCommand, fail, poll, settle, vanish, wait, wakeAt, withNewRun } from './transitions.js';

/** The desired state is `running`, and the provider was observed: create, start, restart, probe, or give up. */
export function decideRunning(situation: Situation): Decision {
  const { before, observation } = situation;
  if (observation.kind === 'found') return whenFound({ ...situation, observation });
  return before.novitaInstanceId === null
    ? decideCreate({ ...situation, observation })
    : whenDenied({ ...situation, observation });
}

function whenFound(situation: Situation<Found>): Decision {
  const phase = phaseOf(situation.observation.instance.status);
  switch (phase) {
    case 'accepted':
      return onItsWay(situation, 'created');
    case 'coming-up':
      return onItsWay(situation, 'starting');
    case 'restarting':
      return onItsWay(situation, 'restarting');
    case 'unknown':
      return onItsWay(situation, situation.before.status);
    case 'migrating':
      return whileMigrating(situation);
    case 'up':
      return whenUp(situation);
    case 'going-down':
      return whileGoingDown(situation);
    case 'down':
      return whenDown(situation);
    case 'removing':
      return whileRemoving(situation);
    case 'gone':
      return whenGone(situation);
  }
}

/** The provider denies an id that it gave us. */
function whenDenied(situation: Situation<Absent>): Decision {
  const { record, now, policy } = situation;
  if (!isProvenGone(situation)) return poll(record, now, firstPollMs(policy), 'Novita does not show the instance yet');
  return whenGone(situation);
}

function whenGone(situation: Situation): Decision {
  const { before, record, observation, now, policy } = situation;
  const open = record.attempts.openCreate;
  if (open !== null) return waitForOpenCreate(record, open, now, policy);
  const announced =
    observation.kind === 'found' || (before.novitaStatus !== null && phaseOf(before.novitaStatus) === 'removing');
  const creationUndone = announced && before.attempts.creates > 0 && before.timestamps.started === undefined;
  if (!creationUndone) return vanish(situation);
  const message = `Novita removed ${before.novitaInstanceId} instead of starting it${errorText(situation)}`;
  return fail(situation, { ...record, novitaInstanceId: null }, 'startup-failed', message);
}

/** Accepted, pulling, starting, restarting, or a status that we do not know. */
function onItsWay(situation: Situation<Found>, status: InstanceStatus): Decision {
  const { before, observation, now, policy } = situation;
  const creating = before.attempts.creates > 0 && before.timestamps.started === undefined;
  const base = status === 'restarting' ? { ...situation.record, restartRequestedAt: null } : situation.record;
  if (creating && observation.instance.statusError !== null) {
    return fail(situation, base, 'startup-failed', `Novita could not create the instance${errorText(situation)}`);
  }
  if (status === 'ready') return poll(base, now, policy.pollIntervalMs, `Novita says ${observation.instance.status}`);
  const clocked = base.deadlines.startupBy === undefined ? withNewRun(base, now, policy) : base;
  if (isPastStartup(clocked, now)) return startupTimeout(situation, clocked);
  return poll({ ...clocked, status }, now, policy.pollIntervalMs, `Novita says ${observation.instance.status}`);
}

/** A migration takes as long as it takes; the run after it gets a clock of its own. */
function whileMigrating({ record, now, policy }: Situation<Found>): Decision {
  const { startupBy: _startupBy, ...deadlines } = record.deadlines;
  return poll({ ...record, status: 'migrating', deadlines }, now, policy.pollIntervalMs, 'Novita is migrating it');
}

function whenUp(situation: Situation<Found>): Decision {
  const { before, observation, now, policy } = situation;
  const record = { ...situation.record, confirmedAt: observation.at, foreignChange: null };
  if (before.restartRequestedAt !== null) return decideRestart({ ...situation, record });
  if (before.status === 'ready') return settle(record, now, policy, 'runs and is ready');
  if (before.status !== 'running' && before.status !== 'health_checking')
    return firstObservedRunning({ ...situation, record });
  if (record.spec.ports.length === 0) {
    return settle(asReady(record, observation.at), now, policy, 'runs, and has no port to probe');
  }
  return {
    step: { kind: 'probe' },
    record: wakeAt({ ...record, status: 'health_checking' }, now + probeIntervalMs(policy)),
    reason: 'Novita says running; probing its ports',
  };
}

/** Written before the first probe, so that readers of events learn of `running`. The probes come at once. */
function firstObservedRunning({ record, observation, now, policy }: Situation<Found>): Decision {
  const clocked = record.deadlines.startupBy === undefined ? withNewRun(record, now, policy) : record;
  const timestamps = { ...clocked.timestamps, started: clocked.timestamps.started ?? observation.at };
  return poll({ ...clocked, status: 'running', timestamps }, now, 0, 'Novita says running');
}

/** A restart was asked for and the provider says running: the restart has not begun yet, or it is over already. */
function decideRestart(situation: Situation<Found>): Decision {
  const { before, record, observation, now, policy } = situation;
  const { restartRequestedAt } = before;
  const { lastStartedAt } = observation.instance;
  const settled = { ...record, restartRequestedAt: null, status: 'running' as const };
  const wasSent = before.attempts.commands > 0;
  // The provider counts in whole seconds.
  if (
    wasSent &&
    restartRequestedAt !== null &&
    lastStartedAt !== null &&
    msFromTimestamp(lastStartedAt) + 999 >= msFromTimestamp(restartRequestedAt)
  ) {
    const timestamps = { ...settled.timestamps, started: observation.at };
    return poll({ ...settled, timestamps }, now, 0, 'the restart has taken place');
  }
  if (isPastStartup(record, now)) {
    const refused = instanceError('restart-refused', 'Novita took no restart in time', timestampFromMs(now));
    return poll({ ...settled, lastError: refused }, now, 0, 'the restart is given up; the instance runs on');
  }
  if (!commandDue(situation)) {
    const inMs = Math.min(commandDueInMs(record, now, policy), policy.pollIntervalMs);
    return wait(record, now, inMs, 'waiting before the restart is sent again');
  }
  return {
    step: { kind: 'restart', target: observation.instance.id },
    record: wakeAt(countCommand({ ...record, status: 'restarting' }, now), now + firstPollMs(policy)),
    reason: 'a restart was asked for',
  };
}

function whileGoingDown(situation: Situation<Found>): Decision {
  const { before, record, observation, now, policy } = situation;
  if (isForeignStop(before)) {
    return foreignChange(situation, 'stopped', (changed) =>
      poll({ ...changed, status: 'stopping' }, now, policy.pollIntervalMs, 'stopped by hand at Novita'),
    );
  }
  if (isPastStartup(record, now)) return startupTimeout(situation, record);
  return poll(
    { ...record, status: 'stopping' },
    now,
    policy.pollIntervalMs,
    `Novita says ${observation.instance.status}`,
  );
}

function whenDown(situation: Situation<Found>): Decision {
  const { before, record, observation, now, policy } = situation;
  const { creates, commands } = before.attempts;
  if (isForeignStop(before)) {
    return foreignChange(situation, 'stopped', (changed) => {
      const timestamps = { ...changed.timestamps, stopped: observation.at };
      const stopped = { ...changed, status: 'stopped' as const, timestamps, confirmedAt: observation.at };
      return settle(stopped, now, policy, whyDown(situation));
    });
  }
  if (commands === 0 && creates > 0) {
    return fail(situation, record, 'startup-failed', `The instance ended while it was starting${errorText(situation)}`);
  }
  if (commands > 0 && hadProgressed(before)) {
    return fail(situation, record, 'startup-failed', `The instance ended while it was starting${errorText(situation)}`);
  }
  if (isPastStartup(record, now)) return startupTimeout(situation, record);
  if (!commandDue(situation)) {
    const inMs = Math.min(commandDueInMs(record, now, policy), policy.pollIntervalMs);
    return wait(record, now, inMs, 'Novita still says exited; waiting before the start is sent again');
  }
  const intent = countCommand({ ...record, status: 'starting', restartRequestedAt: null }, now);
  return {
    step: { kind: 'start', target: observation.instance.id },
    record: wakeAt(intent, now + firstPollMs(policy)),
    reason: `the desired state is running, and Novita says ${observation.instance.status}`,
  };
}

function whileRemoving({ record, now, policy }: Situation<Found>): Decision {
  return poll({ ...record, status: 'deleting' }, now, policy.pollIntervalMs, 'Novita is removing it');
}

function startupTimeout(situation: Situation<Found>, record: InstanceRecord): Decision {
  const minutes = Math.round(situation.policy.startupTimeoutMs / 6_000) / 10;
  const status = situation.observation.instance.status;
  const message = `Novita still said "${status}" when the ${minutes} min of the start-up were over`;
  return fail(situation, record, 'startup-timeout', message);
}

/**
 * Why an instance that nobody here stopped is down. A stop by hand leaves no error, and is mostly seen while it stops; an
 * end without an error looks the same as one.
 */
function whyDown(situation: Situation<Found>): string {
  const error = errorText(situation);
  return error === '' ? 'stopped by hand at Novita, or ended by itself' : `its container ended by itself${error}`;
}

function errorText({ observation }: Situation): string {
  const error = observation.kind === 'found' ? observation.instance.statusError : null;
  if (error === null) return '';
  // "failed" of "failed to pull image" is said once.
  const { state, message } = error;
  return `: ${message.startsWith(state) ? message : `${state} ${message}`}`.trimEnd();
}
