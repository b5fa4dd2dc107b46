import {
  type DesiredState,
  type InstanceConnection,
  type InstanceRecord,
  isMigrationOpen,
  isPurchaseDue,
  spotAfter,
} from '@app/instance-store';
import type { NovitaInstance } from '@app/novita-client';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
import { instanceError, type ProviderError, problemCodeOf } from '../problems/provider-errors.js';
import { closeCreate, handleDuplicates } from './crash-safe-create.js';
import { decideDeleted } from './decide-deleted.js';
import { decideRunning } from './decide-running.js';
import { decideStopped } from './decide-stopped.js';
import { followMigration } from './migration.js';
import { endReplaced, withReplacement } from './migration-outcomes.js';
import {
  backOffMs,
  type ClearObservation,
  type Decision,
  type Found,
  isPastStartup,
  type LifecyclePolicy,
  type Observation,
  type Situation,
  type Step,
} from './model.js';
import { fail, mayEndReplaced, wait, wakeAt, withStartupBy } from './transitions.js';

type ObserveStep = Extract<Step, { kind: 'look' }>;

/*
 * The entry to the state machine. Each desired state has a file of its own, decide-running.ts, decide-stopped.ts and
 * decide-deleted.ts; the table of what they decide is in the README.
 */

const BY_DESIRED_STATE: Readonly<Record<DesiredState, (situation: Situation) => Decision>> = {
  running: decideRunning,
  stopped: decideStopped,
  deleted: decideDeleted,
};

/** The clock of the process that wrote the desired state may be ahead of ours; the next observation comes this much later. */
const SKEW_PAUSE_MS = 1_000;

/**
 * The next step for one record. Pure and total: it reads no clock, calls nobody, and answers for every record and every
 * observation, however odd.
 *
 * @param observation `not-observed` asks whether to observe at all
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
    case 'not-observed':
      return beforeObservation(record, now);
    case 'unclear':
      return afterUnclearObservation(record, observation.error, now, policy);
    case 'found':
    case 'absent':
      return afterObservation(record, observation, now, policy);
  }
}

/** A wake-up before its time does nothing, so that a back-off or a `Retry-After` holds for every worker. */
function beforeObservation(record: InstanceRecord, now: number): Decision {
  const next = record.deadlines.nextReconcileAt;
  if (next === undefined && isSettled(record)) return done(record, 'in the desired state');
  if (next !== undefined && msFromTimestamp(next) > now) {
    return { step: { kind: 'wait' }, record, reason: `nothing to do before ${next}` };
  }
  return { step: { kind: 'look', by: observeBy(record) }, record, reason: 'nothing is decided without an observation' };
}

function observeBy({ novitaInstanceId, attempts, desired, marker, migration }: InstanceRecord): ObserveStep['by'] {
  if (novitaInstanceId === null) return 'marker';
  const isOther = isMigrationOpen(migration) || (desired.state === 'running' && isPurchaseDue(migration));
  if (attempts.openCreate !== null || (isOther && marker !== '')) return 'both';
  return desired.state === 'deleted' && marker !== '' ? 'id-then-marker' : 'id';
}

function afterObservation(
  record: InstanceRecord,
  observation: ClearObservation,
  now: number,
  policy: LifecyclePolicy,
): Decision {
  if (observation.at < record.desired.at) {
    return wait(record, now, SKEW_PAUSE_MS, 'the observation is older than the desired state');
  }
  const { record: before, observation: current } = withReplacement(record, observation);
  const observed = applyObservation(before, current, policy);
  if (current.kind === 'found' && before.novitaInstanceId !== current.instance.id) {
    return adopt(observed, now, policy);
  }
  const situation = { before, record: observed, observation: current, now, policy };
  const followed = followMigration(situation);
  const decision =
    followed.kind === 'decided' ? followed.decision : BY_DESIRED_STATE[before.desired.state](followed.situation);
  return handleDuplicates(endReplaced(decision, situation), current, now, policy);
}

/**
 * What an observation changes under every desired state: the provider's status, the connection, and whether an open
 * create is accounted for. Our own status stays; the decision for each desired state maps the provider's status to it.
 */
export function applyObservation(
  record: InstanceRecord,
  observation: ClearObservation,
  policy: LifecyclePolicy,
): InstanceRecord {
  const observed = observation.kind === 'found' ? applyInstance(record, observation) : record;
  const attempts = { ...observed.attempts, openCreate: closeCreate(observed, observation.search, policy) };
  // A denial straight after the create observes no instance: the time of the create's answer must stay known.
  if (observation.kind === 'absent' && record.source === 'command') return { ...observed, attempts };
  return { ...observed, observedAt: observation.at, source: observation.source, attempts };
}

function applyInstance(record: InstanceRecord, { instance, source, at }: Found): InstanceRecord {
  return {
    ...record,
    novitaInstanceId: instance.id,
    novitaStatus: instance.status,
    price: { usdPerHour: record.price.usdPerHour ?? instance.usdPerHour },
    spec: {
      ...record.spec,
      clusterId: record.spec.clusterId ?? instance.clusterId,
      region: record.spec.region ?? instance.clusterName,
    },
    connection: connectionOf(instance, source === 'list' ? record.connection : null),
    spot: spotAfter(record.spot, { status: instance.spotStatus, reclaimAt: instance.spotReclaimAt }, at),
  };
}

/** @param known kept where the answer is silent: items of a listing do not carry every connection */
function connectionOf(instance: NovitaInstance, known: InstanceConnection | null): InstanceConnection {
  return {
    ssh: instance.ssh ?? known?.ssh ?? null,
    jupyter: instance.jupyterUrl ?? known?.jupyter ?? null,
    webTerminal: instance.webTerminal ?? known?.webTerminal ?? null,
    portMappings: instance.portMappings,
  };
}

/**
 * The instance that the marker found becomes ours. The provider has taken the create, so the clock of the run begins
 * here; the next pass, at once, treats it as any other instance. A create of ours made it, so nobody has asked for its
 * present state: the desired state stays, and a confirmation from before it showed does not hold for it.
 */
function adopt(observed: InstanceRecord, now: number, policy: LifecyclePolicy): Decision {
  const clocked = observed.desired.state === 'running' ? withStartupBy(observed, now, policy) : observed;
  const { stopped: _stopped, ...timestamps } = observed.timestamps;
  const adopted: InstanceRecord = {
    ...clocked,
    origin: 'adopted',
    status: observed.status === 'stopped' ? 'stopping' : observed.status,
    confirmedAt: null,
    foreignChange: null,
    timestamps,
    attempts: { ...observed.attempts, faults: 0 },
  };
  return {
    step: { kind: 'adopt' },
    record: wakeAt(adopted, now),
    reason: `instance ${observed.novitaInstanceId} carries our marker ${observed.marker}`,
  };
}

/**
 * Nothing is known, so nothing is concluded: a start-up is not given up for a network that is down, and nothing is
 * called stopped. Only a create that was never sent may be given up, because nothing of it can exist.
 */
function afterUnclearObservation(
  record: InstanceRecord,
  providerError: ProviderError,
  now: number,
  policy: LifecyclePolicy,
): Decision {
  const code = problemCodeOf(providerError.kind);
  const neverSent = record.novitaInstanceId === null && record.attempts.openCreate === null;
  if (record.desired.state === 'running' && neverSent) {
    if (providerError.kind === 'unauthorized' || isPastStartup(record, now)) {
      return fail({ now, policy }, record, code, providerError.message);
    }
  }
  const faults = record.attempts.faults + 1;
  const error = instanceError(code, providerError.message, timestampFromMs(now));
  const held: InstanceRecord = {
    ...record,
    lastError: record.status === 'failed' ? record.lastError : error,
    attempts: { ...record.attempts, faults },
  };
  const pause = Math.max(backOffMs(policy, faults), providerError.retryAfterMs ?? 0);
  return wait(held, now, pause, `the observation failed: ${providerError.message}`);
}

function isSettled(record: InstanceRecord): boolean {
  if (record.confirmedAt === null || record.attempts.openCreate !== null) return false;
  if (isMigrationOpen(record.migration) || mayEndReplaced(record)) return false;
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
