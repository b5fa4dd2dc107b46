import type { DesiredState, InstanceRecord } from '@app/instance-store';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
import { instanceError, type ProviderFault, problemCodeOf } from '../problems/provider-fault.js';
import { decideDeleted } from './decide-deleted.js';
import { decideRunning } from './decide-running.js';
import { decideStopped } from './decide-stopped.js';
import { type Decision, type Step, wait, wakeAt } from './decision.js';
import { fail } from './endings.js';
import { withSurplus } from './lost-create.js';
import type { Observation, Sight } from './observation.js';
import { backOffMs, type LifecyclePolicy } from './policy.js';
import { isPastStartup, type Situation } from './situation.js';
import { takeNote } from './take-note.js';

type Look = Extract<Step, { kind: 'look' }>;

const BY_WISH: Readonly<Record<DesiredState, (situation: Situation) => Decision>> = {
  running: decideRunning,
  stopped: decideStopped,
  deleted: decideDeleted,
};

/** A clock of another process may be ahead of ours by this much before a look counts for its wish. */
const SKEW_PAUSE_MS = 1_000;

/**
 * The next step for one record. Pure and total: it reads no clock, calls nobody, and answers for every record and every
 * observation, however odd.
 *
 * @param observation what was seen; `not-looked` to ask whether to look at all
 * @param now milliseconds since 1970
 */
export function decide(
  record: InstanceRecord,
  observation: Observation,
  now: number,
  policy: LifecyclePolicy,
): Decision {
  if (record.origin === 'discovered') return done(record, 'made elsewhere, and never acted on');
  if (record.status === 'terminated') return done(record, 'gone');
  switch (observation.kind) {
    case 'not-looked':
      return beforeLooking(record, now);
    case 'unclear':
      return afterUnclearLook(record, observation.fault, now, policy);
    case 'found':
    case 'absent':
      return afterLooking(record, observation, now, policy);
  }
}

/** A wake-up before its time does nothing, so that a back-off or a `Retry-After` holds for every worker. */
function beforeLooking(record: InstanceRecord, now: number): Decision {
  const next = record.deadlines.nextReconcileAt;
  if (next === undefined && isSettled(record)) return done(record, 'as wished');
  if (next !== undefined && msFromTimestamp(next) > now) {
    return { step: { kind: 'wait' }, record, reason: `nothing to do before ${next}` };
  }
  return { step: { kind: 'look', by: lookFor(record) }, record, reason: 'nothing is decided without a look' };
}

function lookFor({ novitaInstanceId, attempts, desired, marker }: InstanceRecord): Look['by'] {
  if (novitaInstanceId === null) return 'marker';
  if (attempts.openCreate !== null) return 'both';
  return desired.state === 'deleted' && marker !== '' ? 'id-then-marker' : 'id';
}

function afterLooking(record: InstanceRecord, seen: Sight, now: number, policy: LifecyclePolicy): Decision {
  if (seen.at < record.desired.at) return wait(record, now, SKEW_PAUSE_MS, 'the look is older than the wish');
  const noted = takeNote(record, seen, policy);
  if (seen.kind === 'found' && record.novitaInstanceId !== seen.instance.id) return adopt(noted, now, policy);
  const decision = BY_WISH[record.desired.state]({ before: record, record: noted, seen, now, policy });
  return withSurplus(decision, seen, now, policy);
}

/**
 * What the marker found becomes ours. The provider has taken the create, so the clock of the run begins here; the next
 * pass, at once, goes on with it as with any other instance. A create of ours made it, so what it does now is nobody's
 * wish: the desired state stays, and what was confirmed before it showed does not hold for it.
 */
function adopt(noted: InstanceRecord, now: number, policy: LifecyclePolicy): Decision {
  const clock = noted.desired.state === 'running' ? { startupBy: timestampFromMs(now + policy.startupTimeoutMs) } : {};
  const { stopped: _stopped, ...timestamps } = noted.timestamps;
  const adopted: InstanceRecord = {
    ...noted,
    origin: 'adopted',
    status: noted.status === 'stopped' ? 'stopping' : noted.status,
    confirmedAt: null,
    foreignChange: null,
    timestamps,
    deadlines: { ...noted.deadlines, ...clock },
    attempts: { ...noted.attempts, faults: 0 },
  };
  return {
    step: { kind: 'adopt' },
    record: wakeAt(adopted, now),
    reason: `instance ${noted.novitaInstanceId} carries our marker ${noted.marker}`,
  };
}

/**
 * Nothing is known, so nothing is concluded: a start-up is not given up for a network that is down, and nothing is
 * called stopped. Only a create that was never sent may be given up, for nothing of it can exist.
 */
function afterUnclearLook(
  record: InstanceRecord,
  fault: ProviderFault,
  now: number,
  policy: LifecyclePolicy,
): Decision {
  const code = problemCodeOf(fault.kind);
  const neverSent = record.novitaInstanceId === null && record.attempts.openCreate === null;
  if (record.desired.state === 'running' && neverSent) {
    if (fault.kind === 'unauthorized' || isPastStartup(record, now)) {
      return fail({ now, policy }, record, code, fault.message);
    }
  }
  const faults = record.attempts.faults + 1;
  const error = instanceError(code, fault.message, timestampFromMs(now));
  const held: InstanceRecord = {
    ...record,
    lastError: record.status === 'failed' ? record.lastError : error,
    attempts: { ...record.attempts, faults },
  };
  const pause = Math.max(backOffMs(policy, faults), fault.retryAfterMs ?? 0);
  return wait(held, now, pause, `the look failed: ${fault.message}`);
}

function isSettled(record: InstanceRecord): boolean {
  if (record.confirmedAt === null || record.attempts.openCreate !== null) return false;
  switch (record.desired.state) {
    case 'running':
      return record.status === 'ready';
    case 'stopped':
      return record.status === 'stopped' || record.status === 'failed';
    case 'deleted':
      return false;
  }
}

function done(record: InstanceRecord, reason: string): Decision {
  return { step: { kind: 'done' }, record, reason };
}
