import type { InstanceRecord, InstanceStatus } from '@app/instance-store';
import { phaseOf } from '@app/novita-client';
import { timestampFromMs } from '@app/platform';
import { decideRestart } from './decide-restart.js';
import { type Decision, poll, settle, wait, wakeAt } from './decision.js';
import { asReady, fail, vanish } from './endings.js';
import { foreignChange } from './foreign-change.js';
import { waitForOpenCreate } from './lost-create.js';
import type { Absent, Found } from './observation.js';
import { firstLookMs, probeIntervalMs } from './policy.js';
import type { Situation } from './situation.js';
import { commandDue, commandDueInMs, countCommand, hadProgressed, isPastStartup, isProvenGone } from './situation.js';
import { withNewRun } from './wish.js';

/** The instance is wished to run, and the provider has been looked at. */
export function decideRunning(situation: Situation): Decision {
  const { before, seen } = situation;
  if (seen.kind === 'found') return whenFound({ ...situation, seen });
  return before.novitaInstanceId === null
    ? whenNothingWasMade({ ...situation, seen })
    : whenDenied({ ...situation, seen });
}

function whenFound(situation: Situation<Found>): Decision {
  const phase = phaseOf(situation.seen.instance.status);
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

/** No id is known and a clean search found nothing: the one place from which a create is sent. */
function whenNothingWasMade(situation: Situation<Absent>): Decision {
  const { record, now, policy } = situation;
  const open = record.attempts.openCreate;
  if (open !== null) return waitForOpenCreate(record, open, now, policy);
  if (isPastStartup(record, now)) return giveUpCreating(situation);
  const startedAt = timestampFromMs(now);
  const intent: InstanceRecord = {
    ...record,
    status: 'creating',
    attempts: {
      ...record.attempts,
      creates: record.attempts.creates + 1,
      openCreate: { startedAt, productId: record.spec.productId },
    },
  };
  return {
    step: { kind: 'create' },
    record: wakeAt(intent, now + Math.min(policy.pollIntervalMs, policy.createRetryGraceMs)),
    reason: `nothing at Novita carries ${record.marker}; create number ${intent.attempts.creates} of this wish`,
  };
}

/** What has held the creates up is the reason; without any, the time simply ran out. */
function giveUpCreating(situation: Situation): Decision {
  const { record } = situation;
  const error = record.lastError;
  if (error === null && record.attempts.creates === 0) {
    const message =
      'No worker came to it before its time to start was over. Novita was not asked, and nothing was made';
    return fail(situation, record, 'startup-timeout', message);
  }
  if (error === null) return fail(situation, record, 'startup-timeout', 'Novita did not take the create in time');
  const failure = fail(situation, record, 'startup-timeout', error.message);
  return { ...failure, record: { ...failure.record, lastError: error } };
}

/** The provider denies an id that it gave us. */
function whenDenied(situation: Situation<Absent>): Decision {
  const { record, now, policy } = situation;
  if (!isProvenGone(situation)) return poll(record, now, firstLookMs(policy), 'Novita does not show the instance yet');
  return whenGone(situation);
}

function whenGone(situation: Situation): Decision {
  const { before, record, seen, now, policy } = situation;
  const open = record.attempts.openCreate;
  if (open !== null) return waitForOpenCreate(record, open, now, policy);
  const announced =
    seen.kind === 'found' || (before.novitaStatus !== null && phaseOf(before.novitaStatus) === 'removing');
  const creationUndone = announced && before.attempts.creates > 0 && before.timestamps.started === undefined;
  if (!creationUndone) return vanish(situation);
  const message = `Novita removed ${before.novitaInstanceId} instead of starting it${errorText(situation)}`;
  return fail(situation, { ...record, novitaInstanceId: null }, 'startup-failed', message);
}

/** Accepted, pulling, starting, restarting, or a word that we do not know. */
function onItsWay(situation: Situation<Found>, status: InstanceStatus): Decision {
  const { before, seen, now, policy } = situation;
  const creating = before.attempts.creates > 0 && before.timestamps.started === undefined;
  const noted = status === 'restarting' ? { ...situation.record, restartRequestedAt: null } : situation.record;
  if (creating && seen.instance.statusError !== null) {
    return fail(situation, noted, 'startup-failed', `Novita could not create the instance${errorText(situation)}`);
  }
  if (status === 'ready') return poll(noted, now, policy.pollIntervalMs, `Novita says ${seen.instance.status}`);
  const clocked = noted.deadlines.startupBy === undefined ? withNewRun(noted, now, policy) : noted;
  if (isPastStartup(clocked, now)) return startupTimeout(situation, clocked);
  return poll({ ...clocked, status }, now, policy.pollIntervalMs, `Novita says ${seen.instance.status}`);
}

/** A migration takes as long as it takes; the run after it gets a clock of its own. */
function whileMigrating({ record, now, policy }: Situation<Found>): Decision {
  const { startupBy: _startupBy, ...deadlines } = record.deadlines;
  return poll({ ...record, status: 'migrating', deadlines }, now, policy.pollIntervalMs, 'Novita is migrating it');
}

function whenUp(situation: Situation<Found>): Decision {
  const { before, seen, now, policy } = situation;
  const record = { ...situation.record, confirmedAt: seen.at, foreignChange: null };
  if (before.restartRequestedAt !== null) return decideRestart({ ...situation, record });
  if (before.status === 'ready') return settle(record, now, policy, 'runs and is ready');
  if (before.status !== 'running' && before.status !== 'health_checking')
    return firstSeenRunning({ ...situation, record });
  if (record.spec.ports.length === 0) {
    return settle(asReady(record, seen.at), now, policy, 'runs, and has no port to probe');
  }
  return {
    step: { kind: 'probe' },
    record: wakeAt({ ...record, status: 'health_checking' }, now + probeIntervalMs(policy)),
    reason: 'Novita says running; probing its ports',
  };
}

/** Written before the first probe, so that `running` is seen by those who follow. The probes come at once. */
function firstSeenRunning({ record, seen, now, policy }: Situation<Found>): Decision {
  const clocked = record.deadlines.startupBy === undefined ? withNewRun(record, now, policy) : record;
  const timestamps = { ...clocked.timestamps, started: clocked.timestamps.started ?? seen.at };
  return poll({ ...clocked, status: 'running', timestamps }, now, 0, 'Novita says running');
}

function whileGoingDown(situation: Situation<Found>): Decision {
  const { before, record, seen, now, policy } = situation;
  if (wasStartedElsewhereOrReady(before)) {
    return foreignChange(situation, 'stopped', (wished) =>
      poll({ ...wished, status: 'stopping' }, now, policy.pollIntervalMs, 'stopped by hand at Novita'),
    );
  }
  if (isPastStartup(record, now)) return startupTimeout(situation, record);
  return poll({ ...record, status: 'stopping' }, now, policy.pollIntervalMs, `Novita says ${seen.instance.status}`);
}

function whenDown(situation: Situation<Found>): Decision {
  const { before, record, seen, now, policy } = situation;
  const { creates, commands } = before.attempts;
  if (wasStartedElsewhereOrReady(before)) {
    return foreignChange(situation, 'stopped', (wished) => {
      const timestamps = { ...wished.timestamps, stopped: seen.at };
      const stopped = { ...wished, status: 'stopped' as const, timestamps, confirmedAt: seen.at };
      return settle(stopped, now, policy, 'stopped by hand at Novita, or ended by itself');
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
    step: { kind: 'start', target: seen.instance.id },
    record: wakeAt(intent, now + firstLookMs(policy)),
    reason: `wished to run, and Novita says ${seen.instance.status}`,
  };
}

function whileRemoving({ record, now, policy }: Situation<Found>): Decision {
  return poll({ ...record, status: 'deleting' }, now, policy.pollIntervalMs, 'Novita is removing it');
}

/** Whether a stop cannot belong to a start-up of ours: it had arrived, a person had begun it, or nobody here had. */
function wasStartedElsewhereOrReady({ status, desired, attempts }: InstanceRecord): boolean {
  if (status === 'ready' || desired.by === 'console') return true;
  const ran = status === 'running' || status === 'health_checking';
  return ran && attempts.creates === 0 && attempts.commands === 0;
}

function startupTimeout(situation: Situation<Found>, record: InstanceRecord): Decision {
  const minutes = Math.round(situation.policy.startupTimeoutMs / 6_000) / 10;
  const word = situation.seen.instance.status;
  const message = `Novita still said "${word}" when the ${minutes} min of the start-up were over`;
  return fail(situation, record, 'startup-timeout', message);
}

function errorText({ seen }: Situation): string {
  const error = seen.kind === 'found' ? seen.instance.statusError : null;
  return error === null ? '' : `: ${error.state} ${error.message}`.trimEnd();
}
