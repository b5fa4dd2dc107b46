import type { InstanceRecord, MigrationFallbackSetting } from '@app/instance-store';
import { type NovitaInstance, type NovitaInstanceId, type NovitaJob, phaseOf } from '@app/novita-client';
import { msFromTimestamp, type Timestamp } from '@app/platform';
import type { Offers } from '../catalogue/replacement-product.js';
import type { ProviderError } from '../problems/provider-errors.js';

/*
 * The vocabulary of the state machine: what it is given (a record, an observation, the time, the policy), what it
 * answers (a decision with one step), and the questions that several of its files ask.
 */

/** A search for the instances that carry a record's marker. */
export interface MarkerSearch {
  readonly beganAt: Timestamp;
  /** Only a clean listing may prove that something is absent. */
  readonly clean: boolean;
  /** All that carry exactly the marker and are not gone, the oldest first. */
  readonly matches: readonly NovitaInstance[];
}

/** What the provider shows of a migration beside the instance itself. Read only for a record that has one to follow. */
export interface MigrationTrace {
  /** The provider's migration jobs, as far as they may be of this instance; null when they were not asked for. */
  readonly jobs: {
    readonly beganAt: Timestamp;
    /** Only a clean listing may prove that there is no job. */
    readonly clean: boolean;
    readonly items: readonly NovitaJob[];
  } | null;
  /** Whether the instance that was replaced is gone; null when it was not asked for. */
  readonly replacedIsGone: boolean | null;
  /** Whether it may bill for its GPU; absent when it was not asked for. */
  readonly replacedMayBill?: boolean;
  /** What could be bought in its place; null when that could not be read, absent when it was not asked for. */
  readonly offers?: Offers | null;
}

/** What the provider said about one record. Every time is the one at which the observation began. */
export type Observation =
  | { readonly kind: 'not-observed' }
  | {
      readonly kind: 'found';
      readonly instance: NovitaInstance;
      readonly source: 'get' | 'list';
      readonly at: Timestamp;
      readonly search: MarkerSearch | null;
      readonly trace?: MigrationTrace;
    }
  /** `get`: the provider denies the id. `list`: no id is known and a clean search found nothing. */
  | {
      readonly kind: 'absent';
      readonly source: 'get' | 'list';
      readonly at: Timestamp;
      readonly search: MarkerSearch | null;
      readonly trace?: MigrationTrace;
    }
  /** The call failed; nothing is known, and nothing may be concluded. */
  | { readonly kind: 'unclear'; readonly error: ProviderError };

export const NOT_OBSERVED: Observation = { kind: 'not-observed' };
export type Found = Extract<Observation, { kind: 'found' }>;
export type Absent = Extract<Observation, { kind: 'absent' }>;
/** An observation that says something about the instance. */
export type ClearObservation = Found | Absent;

/**
 * The next thing to do for one record. `look`, `create`, `start`, `stop`, `restart`, `delete`, `migrate`, `buy-replacement`, `probe` and the
 * two for duplicates (`-surplus`) call out; the others only write. The kinds are values of a metric's label, so they keep their names.
 */
export type Step =
  /** Observe the provider first. */
  | { readonly kind: 'look'; readonly by: 'id' | 'marker' | 'both' | 'id-then-marker' }
  /** The intent stands in `attempts.openCreate` of the decision's record. */
  | { readonly kind: 'create' }
  | { readonly kind: 'start' | 'stop' | 'restart' | 'delete'; readonly target: NovitaInstanceId }
  /** The intent stands in `migration` of the decision's record. Sent only while a place is free in the fleet. */
  | { readonly kind: 'migrate'; readonly target: NovitaInstanceId }
  /** The intent stands in `migration.fallback` of the decision's record. Sent only while a place is free, too. */
  | { readonly kind: 'buy-replacement' }
  /** Another instance with our marker, beside the one that we keep. */
  | { readonly kind: 'stop-surplus' | 'delete-surplus'; readonly target: NovitaInstanceId }
  | { readonly kind: 'probe' }
  /** A lost create was found again; the next pass goes on with it. */
  | { readonly kind: 'adopt' }
  /** The desired state is given up; the record says why. */
  | { readonly kind: 'fail' }
  /** On its way to the desired state: observe again at the record's `nextReconcileAt`. */
  | { readonly kind: 'poll' }
  /** Held up: come again at the record's `nextReconcileAt`. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'done' };

/**
 * Whether to carry a step out is a call, which the provider or the instance may refuse. A look is none: it precedes the
 * step of its pass, and is not carried out as one.
 */
const CALLS_OUT: Readonly<Record<Step['kind'], boolean>> = {
  look: false,
  create: true,
  start: true,
  stop: true,
  restart: true,
  delete: true,
  migrate: true,
  'buy-replacement': true,
  'stop-surplus': true,
  'delete-surplus': true,
  probe: true,
  adopt: false,
  fail: false,
  poll: false,
  wait: false,
  done: false,
};
export const STEP_KINDS = Object.keys(CALLS_OUT) as readonly Step['kind'][];

export function callsOut(kind: Step['kind']): boolean {
  return CALLS_OUT[kind];
}

export interface Decision {
  readonly step: Step;
  /**
   * The record as it must be written before the step is carried out: with the observation, the intent, and the time at
   * which a process that finds it like this continues.
   */
  readonly record: InstanceRecord;
  /** One line for the log. */
  readonly reason: string;
}

/** All that a decision rests on, once there is a clear observation. */
export interface Situation<Observed extends ClearObservation = ClearObservation> {
  /** As it was before the observation. */
  readonly before: InstanceRecord;
  /** With the observation applied; the base of what is written. */
  readonly record: InstanceRecord;
  readonly observation: Observed;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly policy: LifecyclePolicy;
}

/** The times that the life cycle keeps. All in milliseconds. */
export interface LifecyclePolicy {
  /** Between two observations of an instance that is on its way. */
  readonly pollIntervalMs: number;
  /** How long a run may take from the provider's acceptance until it is ready. */
  readonly startupTimeoutMs: number;
  /** How long after a create of unknown outcome a search counts; until then the provider may not show what it made. */
  readonly createRetryGraceMs: number;
  /** Between repetitions of a command that was refused, and after errors. Doubles from the first to the last. */
  readonly backOff: { readonly firstMs: number; readonly maxMs: number };
  /** Between observations of an instance that is in its desired state; null: never, the sync observes it. */
  readonly settledRefreshMs: number | null;
  /** How long the record of a terminated instance is kept. */
  readonly tombstoneMs: number;
  /** A change at the provider this much later than our last command was not caused by it. */
  readonly foreignChangeAgeMs: number;
  readonly migration: MigrationPolicy;
}

/** What is done for a reclaimed spot instance that is desired to run. All times in milliseconds. */
export interface MigrationPolicy {
  /** Off: a reclaimed instance counts as stopped. */
  readonly enabled: boolean;
  /** What follows when an attempt finds no stock. */
  readonly fallback: MigrationFallbackSetting;
  /** By so much an instance that is bought in place of a migration may cost more, in percent. */
  readonly maxPriceIncreasePercent: number;
  /** How long one attempt may take, from its request until the instance is on its new machine. */
  readonly timeoutMs: number;
  /** Between two migrations of one instance, from the arrival of the first. */
  readonly minIntervalMs: number;
  /** How long attempts are made for one reclaim. */
  readonly giveUpAfterMs: number;
  /** Migrations in the fleet at the same time. */
  readonly maxAtOnce: number;
  /** Between attempts that found no stock; doubles from the first to the last. */
  readonly stockRetry: { readonly firstMs: number; readonly maxMs: number };
  /** Between attempts that failed in another way; likewise. */
  readonly failureRetry: { readonly firstMs: number; readonly maxMs: number };
}

/** Between two rounds of probes; sooner than a poll, because the instance is already paid for and nearly there. */
export function probeIntervalMs(policy: LifecyclePolicy): number {
  return Math.min(policy.pollIntervalMs, 10_000);
}

/** Until the first observation after a command of ours. */
export function firstPollMs(policy: LifecyclePolicy): number {
  return Math.min(policy.pollIntervalMs, policy.backOff.firstMs);
}

/** @param count repetitions so far, from 1 */
export function backOffMs(policy: LifecyclePolicy, count: number): number {
  return doublingMs(policy.backOff, count);
}

/** @param count repetitions so far, from 1 */
export function doublingMs(
  { firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number },
  count: number,
): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(Math.max(count - 1, 0), 30));
}

/**
 * Whether an absence proves that the instance is gone. Straight after a create the provider may not show yet what it
 * has made, so its denial counts only when we have observed the instance before or the grace has passed.
 */
export function isProvenGone({ before, observation, policy }: Situation): boolean {
  if (before.source !== 'command' || before.observedAt === null) return true;
  return msFromTimestamp(observation.at) >= msFromTimestamp(before.observedAt) + policy.createRetryGraceMs;
}

/** Whether the start-up has used up its time. A run that a person began at the provider is never given up. */
export function isPastStartup(record: InstanceRecord, now: number): boolean {
  const by = record.desired.by === 'console' ? undefined : record.deadlines.startupBy;
  return by !== undefined && msFromTimestamp(by) <= now;
}

/** Whether a command may be sent (again): at once when the provider's status has changed, else after the back-off. */
export function commandDue({ before, record, now, policy }: Situation): boolean {
  return before.novitaStatus !== record.novitaStatus || commandDueInMs(record, now, policy) <= 0;
}

/** Until the back-off of the last command is over; not positive when it is. */
export function commandDueInMs(record: InstanceRecord, now: number, policy: LifecyclePolicy): number {
  const { commands, lastCommandAt } = record.attempts;
  if (commands === 0 || lastCommandAt === null) return 0;
  return msFromTimestamp(lastCommandAt) + backOffMs(policy, commands) - now;
}

/** Whether this run had got anywhere before the present observation. */
export function hadProgressed(before: InstanceRecord): boolean {
  if (before.novitaStatus === null) return false;
  const phase = phaseOf(before.novitaStatus);
  return phase !== 'down' && phase !== 'going-down' && phase !== 'unknown';
}

/** Whether its next step ends a bill: it is to stop or to go, and the provider has not agreed yet. */
export function endsBill({ desired, confirmedAt }: Pick<InstanceRecord, 'desired' | 'confirmedAt'>): boolean {
  return desired.state !== 'running' && confirmedAt === null;
}
