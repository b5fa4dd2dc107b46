import { type NovitaInstance, phaseOf } from '@app/novita-client';
import { HOUR_MS, msFromTimestamp, type Timestamp } from '@app/platform';

/*
 * What the watchdog does, as pure rules. It knows no more than what the API told it last, so each rule that is in doubt
 * leaves the instance alone: a machine that goes on billing costs dollars, a wrong stop costs somebody's work.
 */

/** One instance of ours with a deadline, as the API told it last. */
export interface WatchedInstance {
  readonly id: string;
  readonly novitaInstanceId: string;
  readonly name: string;
  /** The end of its name at Novita, by which it is known as ours; empty for one that was adopted without. */
  readonly marker: string;
  /** When it was to be stopped: as idle, leases and uses counted in, or earlier, since its lifetime ends. */
  readonly stopAt: Timestamp;
}

/** What is remembered over restarts. */
export interface WatchMemory {
  /** When the API answered last, whatever it said; null for never. */
  readonly heardAt: Timestamp | null;
  /** When the deadlines were read completely; null for never. */
  readonly readAt: Timestamp | null;
  readonly instances: readonly WatchedInstance[];
  /** What was done since the API was heard last, and is to be reported to it. */
  readonly acts: readonly WatchdogAct[];
}

/** A stop that Novita has accepted from the watchdog. With `dryRun` it was only said. */
export interface WatchdogAct {
  readonly id: string;
  readonly novitaInstanceId: string;
  readonly name: string;
  readonly stopAt: Timestamp;
  readonly at: Timestamp;
  readonly dryRun: boolean;
}

export interface WatchPolicy {
  readonly patienceMs: number;
  readonly marginMs: number;
}

export type WatchDecision =
  /** The API answers, or has not been silent for long enough. */
  | { readonly kind: 'watch'; readonly silentMs: number }
  | { readonly kind: 'act'; readonly silentMs: number; readonly overdue: readonly WatchedInstance[] }
  /** It has been silent for long enough, but its deadlines were read long before: uses and leases may have moved them. */
  | { readonly kind: 'too-old'; readonly silentMs: number };

/** How long the API has been silent, as this process has seen it by asking. */
export interface Silence {
  /** Counts only time in which it was asked again and again, by a clock that nobody sets. */
  readonly ms: number;
}

/** At the start: with an old memory, too, the whole patience is waited. */
export const NO_SILENCE: Silence = { ms: 0 };

/** In intervals: an ask takes its time too; more than this is a gap. */
const LONGEST_STEP = 1.5;

/**
 * The silence after one more ask that got no answer.
 *
 * @param sinceLastAskMs by a monotonic clock
 * @param intervalMs between two asks. A longer gap, as of a host that was suspended, is not silence of the API, since nobody
 *   asked: it counts as one interval and a half at most
 */
export function longerSilence({ ms }: Silence, sinceLastAskMs: number, intervalMs: number): Silence {
  return { ms: ms + Math.min(Math.max(0, sinceLastAskMs), LONGEST_STEP * intervalMs) };
}

/** For so long, between the last answer of the API and the first ask in vain, nobody may have asked. */
const MOST_OFF_MS = HOUR_MS;

/**
 * Whether to act, and on what. Deadlines count that were read within the patience before the API was heard last, by a watchdog
 * that was not off for longer than an hour since: a key that is refused, a full disk or a host that was off leaves older ones,
 * and what they say of a machine in use is wrong. A restart in the middle of an outage, as to end a dry run, is no reason.
 *
 * @param now epoch milliseconds
 * @param isActing in this silence already: its deadlines were judged when it began, and rounds with many stops take longer
 *   than they count as silence
 */
export function decideWatch(
  memory: WatchMemory,
  silence: Silence,
  now: number,
  policy: WatchPolicy,
  isActing = false,
): WatchDecision {
  const silentMs = silence.ms;
  if (silentMs < policy.patienceMs || memory.readAt === null) return { kind: 'watch', silentMs };
  const readMs = msFromTimestamp(memory.readAt);
  const heardMs = memory.heardAt === null ? readMs : msFromTimestamp(memory.heardAt);
  const isOld = heardMs - readMs > policy.patienceMs || now - silentMs - heardMs > MOST_OFF_MS;
  if (isOld && !isActing) return { kind: 'too-old', silentMs };
  const overdue = memory.instances.filter(({ stopAt }) => msFromTimestamp(stopAt) + policy.marginMs <= now);
  return { kind: 'act', silentMs, overdue };
}

/** Why an overdue instance is left alone. */
export type LeaveReason = 'not-at-novita' | 'another-instance' | 'not-running' | 'billed-monthly' | 'started-since';

/**
 * Whether an overdue instance is stopped, by what Novita says of it at this moment.
 *
 * @param instance null when Novita has no such instance
 * @param readAt when the deadlines were read
 */
export function judgeOverdue(
  watched: WatchedInstance,
  instance: NovitaInstance | null,
  readAt: Timestamp,
): { readonly verdict: 'stop' } | { readonly verdict: 'leave'; readonly why: LeaveReason } {
  if (instance === null) return { verdict: 'leave', why: 'not-at-novita' };
  // One that was adopted without a marker has at Novita the name that it has here.
  const isNamed = watched.marker === '' ? instance.name === watched.name : instance.name.endsWith(watched.marker);
  const isOurs = instance.id === watched.novitaInstanceId && isNamed;
  if (!isOurs) return { verdict: 'leave', why: 'another-instance' };
  // Only what surely runs: one that comes up, restarts or migrates was wanted by somebody just now.
  if (phaseOf(instance.status) !== 'up') return { verdict: 'leave', why: 'not-running' };
  if (instance.billingMode === 'monthly') return { verdict: 'leave', why: 'billed-monthly' };
  const { lastStartedAt } = instance;
  const isStartedSince = lastStartedAt !== null && msFromTimestamp(lastStartedAt) > msFromTimestamp(readAt);
  return isStartedSince ? { verdict: 'leave', why: 'started-since' } : { verdict: 'stop' };
}

/** The memory after an answer of the API. @param instances null when it answered, but not with the deadlines */
export function afterAnswer(
  memory: WatchMemory,
  instances: readonly WatchedInstance[] | null,
  at: Timestamp,
): WatchMemory {
  return instances === null ? { ...memory, heardAt: at } : { ...memory, heardAt: at, readAt: at, instances };
}

/** Notes a stop. The same deadline is noted once: a repeat only carries it out again. */
export function withAct(memory: WatchMemory, act: WatchdogAct): WatchMemory {
  return isNoted(memory, act) ? memory : { ...memory, acts: [...memory.acts, act] };
}

/** Whether this deadline was acted upon, in the same manner. */
export function isNoted(
  { acts }: WatchMemory,
  { id, stopAt, dryRun }: Pick<WatchdogAct, 'id' | 'stopAt' | 'dryRun'>,
): boolean {
  return acts.some((act) => act.id === id && act.stopAt === stopAt && act.dryRun === dryRun);
}
