import {
  type InstanceRecord,
  isLifetimeOver,
  isMigrationDue,
  isMigrationOpen,
  type Migration,
} from '@app/instance-store';
import { type NovitaJob, phaseOf } from '@app/novita-client';
import { msFromTimestamp, timestampFromMs } from '@app/platform';
import { instanceError } from '../problems/provider-errors.js';
import { waitForOpenCreate } from './crash-safe-create.js';
import { awaitPurchase, decidePurchase, purchaseState } from './migration-fallback.js';
import { endedJob, newestJob, successfulJob } from './migration-jobs.js';
import {
  arrived,
  failedMigration,
  forNextAttempt,
  givenUp,
  isPastGivingUp,
  postponed,
  withState,
} from './migration-outcomes.js';
import { isProvenLost, isProvenUp, mayHaveMovedUnseen } from './migration-proofs.js';
import { backOffMs, type Decision, type Found, firstPollMs, type Situation } from './model.js';
import { isReclaimed, stayReclaimed, whenReclaimed } from './reclaim.js';
import { poll, wait, wakeAt } from './transitions.js';

/*
 * The migration of a spot instance that the provider has reclaimed. A migration must neither be forgotten (the instance
 * stays down) nor made twice. In the order of time:
 *
 * 1. `isReclaimed` tells a reclaim from a stop by hand and from a container that ended by itself. It is written as
 *    `waiting` at once, whatever read has shown it.
 * 2. The next pass reads the provider's jobs as well: a migration that the provider, or a person, has begun is followed,
 *    not repeated. Otherwise `requested` writes the intent, and only then the provider is called.
 * 3. `followOpen` observes what became of it: the instance's word, the job, another instance with our marker in its place.
 *    migration-proofs.ts says what counts; a read may be older than the request.
 * 4. On the new machine it starts like any other instance; `asReady` ends the migration.
 *
 * `migrateBy` ends an attempt that hangs. The call is in reconcile/step-runner.ts; its answer is taken in migration-answers.ts.
 * migration-fallback.ts buys another instance where there is no machine to migrate to.
 */

/** Either the migration decides what is done, or the desired state does, in this situation. */
type Followed =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | { readonly kind: 'goes-on'; readonly situation: Situation };

/** Asked before the decision for each desired state. */
export function followMigration(situation: Situation): Followed {
  const { migration, desired } = situation.before;
  if (isMigrationOpen(migration)) {
    return migration.fallback?.state === 'open'
      ? followPurchase(situation, migration)
      : followOpen(situation, migration);
  }
  const { observation } = situation;
  if (desired.state !== 'running' || observation.kind !== 'found') return goesOn(situation);
  const found = { ...situation, observation };
  if (isMigrationDue(migration)) return followDue(found, migration);
  return isReclaimed(found) ? decided(whenReclaimed(found)) : goesOn(situation);
}

/** A reclaimed instance whose migration is to be requested, at first or again. */
function followDue(situation: Situation<Found>, migration: Migration): Followed {
  const { record, observation, now, policy } = situation;
  switch (phaseOf(observation.instance.status)) {
    case 'accepted':
    case 'coming-up':
    case 'up':
    case 'restarting':
      return whenUpAgain(situation, migration);
    case 'removing':
    case 'gone':
      return goesOn(situation);
    case 'going-down':
    case 'unknown':
      return decided(wait(record, now, policy.pollIntervalMs, `Novita says ${observation.instance.status}`));
    case 'migrating':
      return decided(whileAnotherRuns(situation, migration, null));
    case 'down':
      return whenDue(situation, migration);
  }
}

/** Late success of an attempt that was given up, or somebody has started it; or the read is older than the reclaim. */
function whenUpAgain(situation: Situation<Found>, migration: Migration): Followed {
  const { record, observation, now, policy } = situation;
  const job = newestJob(observation.trace?.jobs?.items ?? [], record, migration);
  if (isProvenUp(situation, migration, job)) {
    return goesOn(migration.attempts > 0 ? arrived(situation, migration) : withState(situation, 'superseded'));
  }
  const reason = `Novita says ${observation.instance.status}, perhaps of the time before the reclaim`;
  return decided(wait(record, now, firstPollMs(policy), reason));
}

function whenDue(situation: Situation<Found>, migration: Migration): Followed {
  const { record, observation, now, policy } = situation;
  if (!policy.migration.enabled) return decided(stayReclaimed(situation));
  // What was bought in its place is down, and belongs to nobody else: it is started.
  if (migration.fallback?.state === 'bought') return goesOn(arrived(situation, migration));
  const jobs = observation.trace?.jobs ?? null;
  if (jobs === null) return decided(wait(record, now, 0, 'the jobs at Novita were not read yet'));
  const job = newestJob(jobs.items, record, migration);
  if (job !== null && successfulJob(job)) return whenLeftDown(situation, { ...migration, jobId: job.id });
  if (job !== null && !endedJob(job)) return decided(whileAnotherRuns(situation, migration, job.id));
  const ended = job === null ? migration : { ...migration, endedJobId: job.id };
  // A machine for it would be paid for and stopped at once.
  if (isLifetimeOver(record, now)) {
    const over = givenUp({ ...record, migration: ended }, 'migration-failed', 'its lifetime is over', now, policy);
    return decided(failedDecision(over, 'given up: its lifetime is over'));
  }
  if (isPastGivingUp(ended, now, policy)) return decided(giveUp(situation, ended));
  const waitMs = nextAttemptMs(ended, policy.migration.minIntervalMs) - now;
  if (waitMs > 0) {
    const nextAttemptAt = timestampFromMs(now + waitMs);
    const later = { ...record, migration: { ...ended, nextAttemptAt } };
    return decided(wait(later, now, waitMs, `reclaimed; the next migration may be requested at ${nextAttemptAt}`));
  }
  const open = record.attempts.openCreate;
  if (open !== null) return decided(waitForOpenCreate(record, open, now, policy));
  if (!jobs.clean) {
    return decided(wait(record, now, firstPollMs(policy), 'the list of jobs changed while it was read'));
  }
  return decided(decidePurchase(situation, ended) ?? request(situation, ended));
}

/** When the next attempt may be made; epoch milliseconds. */
function nextAttemptMs({ nextAttemptAt, arrivedAt }: Migration, minIntervalMs: number): number {
  const planned = nextAttemptAt === null ? 0 : msFromTimestamp(nextAttemptAt);
  return arrivedAt === null ? planned : Math.max(planned, msFromTimestamp(arrivedAt) + minIntervalMs);
}

/** The intent, and the time by which the attempt must be over. */
function request({ record, observation, now, policy }: Situation<Found>, migration: Migration): Decision {
  const intent: InstanceRecord = {
    ...record,
    status: 'migrating',
    deadlines: { ...record.deadlines, migrateBy: timestampFromMs(now + policy.migration.timeoutMs) },
    migration: {
      ...forNextAttempt(migration),
      state: 'requested',
      attempts: migration.attempts + 1,
      requestedAt: timestampFromMs(now),
      jobId: null,
      nextAttemptAt: null,
    },
  };
  return {
    step: { kind: 'migrate', target: observation.instance.id },
    record: wakeAt(intent, now + firstPollMs(policy)),
    reason: `Novita has reclaimed the spot instance; migration attempt ${migration.attempts + 1}`,
  };
}

/** A migration runs that no present attempt of ours began: it is followed. One that we gave up is only waited for. */
function whileAnotherRuns(situation: Situation<Found>, migration: Migration, jobId: string | null): Decision {
  const { record, now, policy } = situation;
  if (isPastGivingUp(migration, now, policy)) return giveUp(situation, migration);
  const wasGivenUp = migration.state === 'failed' && (jobId === null || jobId === migration.jobId);
  if (wasGivenUp) return wait(record, now, policy.pollIntervalMs, 'the migration that took too long still runs');
  const followed: InstanceRecord = {
    ...record,
    status: 'migrating',
    deadlines: { ...record.deadlines, migrateBy: timestampFromMs(now + policy.migration.timeoutMs) },
    migration: {
      ...forNextAttempt(migration),
      state: 'under-way',
      attempts: Math.max(1, migration.attempts),
      jobId,
      nextAttemptAt: null,
    },
  };
  return poll(
    followed,
    now,
    firstPollMs(policy),
    'a migration that was not requested here is under way; it is followed',
  );
}

/** What became of a request. */
function followOpen(situation: Situation, migration: Migration): Followed {
  const { before, record, observation, now, policy } = situation;
  const isOverdue = before.deadlines.migrateBy === undefined || msFromTimestamp(before.deadlines.migrateBy) <= now;
  const phase = observation.kind === 'found' ? phaseOf(observation.instance.status) : 'gone';
  const jobs = observation.trace?.jobs ?? null;
  const job = jobs === null ? null : newestJob(jobs.items, record, migration);
  const known = job === null ? migration : { ...migration, jobId: job.id };
  switch (phase) {
    case 'accepted':
    case 'coming-up':
    case 'up':
    case 'restarting':
      return followUp(situation, known, job, isOverdue);
    case 'removing':
      return goesOn(situation);
    case 'migrating':
    case 'going-down':
    case 'unknown':
      if (before.desired.state !== 'running') return goesOn(situation);
      return decided(isOverdue ? timedOut(situation, known) : underWay(situation, known));
    case 'down':
    case 'gone':
      break;
  }
  const isBought = migration.fallback?.state === 'bought';
  if (before.desired.state !== 'running') {
    if (isBought) return goesOn(withState(situation, 'superseded'));
    if (isOverdue || (job !== null && endedJob(job))) {
      const hasSucceeded = job !== null && successfulJob(job);
      const ended = hasSucceeded && mayHaveMovedUnseen(record, known) ? warnedOfAnother(situation) : situation;
      return goesOn(withState(ended, 'superseded'));
    }
    return decided(wait(record, now, policy.pollIntervalMs, 'what became of its migration is not known yet'));
  }
  if (phase === 'gone') {
    // The provider may be about to show another one in its place.
    return isOverdue ? goesOn(withState(situation, 'failed')) : decided(underWay(situation, known));
  }
  if (isBought) return goesOn(arrived(situation, known));
  if (job !== null && successfulJob(job)) return whenLeftDown(situation, known);
  if (job !== null && endedJob(job)) {
    const message = `Novita's migration job ${job.id} ended as ${job.state}: ${job.errorMessage ?? 'no reason was given'}`;
    const ended = { ...record, migration: { ...known, endedJobId: job.id } };
    return decided(failedDecision(failedMigration(ended, 'migration-failed', message, now, policy), message));
  }
  if (isOverdue) return decided(timedOut(situation, known));
  return decided(
    isProvenLost(situation, migration, job !== null) ? again(situation, migration) : underWay(situation, known),
  );
}

/** What became of a purchase that no search has shown yet; `withReplacement` takes up one that was found. */
function followPurchase(situation: Situation, migration: Migration): Followed {
  const { before, observation, now } = situation;
  const isRunning = before.desired.state === 'running';
  const phase = observation.kind === 'found' ? phaseOf(observation.instance.status) : 'gone';
  const isDown = phase === 'down' || phase === 'gone';
  if (purchaseState(situation, migration) === 'unknown') {
    // Whatever runs under a desired state that ends it is ended meanwhile; what may come beside it is awaited.
    return isRunning || isDown ? decided(awaitPurchase(situation, migration)) : goesOn(situation);
  }
  const waiting = { ...forNextAttempt(migration), state: 'waiting' as const, nextAttemptAt: null };
  const without = withMigration(situation, waiting);
  if (!isRunning) return goesOn(withState(without, 'superseded'));
  if (observation.kind !== 'found' || phase === 'gone') return goesOn(withState(without, 'failed'));
  // Somebody has started it, or Novita has moved it meanwhile.
  if (phase !== 'down') return followDue({ ...without, observation }, waiting);
  const reason = 'nothing was bought in its place; the migration is requested again';
  return decided({ step: { kind: 'wait' }, record: postponed(without.record, now, 0), reason });
}

/** The same with a migration that is not open any more. */
function withMigration(situation: Situation, migration: Migration): Situation {
  const change = (record: InstanceRecord): InstanceRecord => {
    const { migrateBy: _migrateBy, ...deadlines } = record.deadlines;
    return { ...record, deadlines, migration };
  };
  return { ...situation, before: change(situation.before), record: change(situation.record) };
}

/** Up after a request, unless the read is older than that: until it is proven, the migration stays open. */
function followUp(situation: Situation, migration: Migration, job: NovitaJob | null, isOverdue: boolean): Followed {
  const { before, observation } = situation;
  const isRunning = before.desired.state === 'running';
  if (!isOverdue && observation.kind === 'found' && !isProvenUp({ ...situation, observation }, migration, job)) {
    return isRunning ? decided(underWay(situation, migration)) : goesOn(situation);
  }
  return goesOn(isRunning ? arrived(situation, migration) : withState(situation, 'superseded'));
}

const MOVED_UNSEEN =
  'Novita ended the migration and left this instance down. It may have made another one in its place whose id is not known here: look for it at Novita before you start this one';

function warnedOfAnother(situation: Situation): Situation {
  const { record, observation } = situation;
  return {
    ...situation,
    record: { ...record, lastError: instanceError('migration-failed', MOVED_UNSEEN, observation.at) },
  };
}

/** The job succeeded and the instance is down: it is started, unless another one may run in its place. */
function whenLeftDown(situation: Situation, migration: Migration): Followed {
  const { record, now, policy } = situation;
  if (!mayHaveMovedUnseen(record, migration)) return goesOn(arrived(situation, migration));
  const ended = { ...record, migration: { ...migration, endedJobId: migration.jobId } };
  return decided(failedDecision(givenUp(ended, 'migration-failed', MOVED_UNSEEN, now, policy), MOVED_UNSEEN));
}

function again({ record, now, policy }: Situation, migration: Migration): Decision {
  const inMs = backOffMs(policy, migration.attempts);
  const next = postponed({ ...record, migration }, now, inMs);
  return { step: { kind: 'wait' }, record: next, reason: 'the request did nothing; the migration is requested again' };
}

function underWay({ record, now, policy }: Situation, migration: Migration): Decision {
  const { startupBy: _startupBy, ...deadlines } = record.deadlines;
  const followed: InstanceRecord = { ...record, status: 'migrating', deadlines, migration };
  const inMs = migration.state === 'requested' ? firstPollMs(policy) : policy.pollIntervalMs;
  const { migrateBy } = deadlines;
  const untilEnd = migrateBy === undefined ? inMs : Math.max(0, msFromTimestamp(migrateBy) - now);
  return poll(followed, now, Math.min(inMs, untilEnd), 'the migration is under way');
}

function timedOut({ record, now, policy }: Situation, migration: Migration): Decision {
  const minutes = Math.round(policy.migration.timeoutMs / 6_000) / 10;
  const message = `Novita did not end the migration within ${minutes} min`;
  return failedDecision(failedMigration({ ...record, migration }, 'migration-timeout', message, now, policy), message);
}

function giveUp({ record, now, policy }: Situation, migration: Migration): Decision {
  const message = record.lastError?.message ?? 'no attempt to migrate it succeeded';
  const code = record.lastError?.code === 'resource-constraints' ? 'resource-constraints' : 'migration-failed';
  return failedDecision(givenUp({ ...record, migration }, code, message, now, policy), `given up: ${message}`);
}

function failedDecision(record: InstanceRecord, reason: string): Decision {
  return { step: { kind: 'fail' }, record, reason };
}

function decided(decision: Decision): Followed {
  return { kind: 'decided', decision };
}

function goesOn(situation: Situation): Followed {
  return { kind: 'goes-on', situation };
}
