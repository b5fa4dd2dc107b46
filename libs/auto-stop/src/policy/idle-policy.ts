import {
  type HeldStop,
  type IdleClock,
  type IdleExemption,
  type IdleRules,
  type InstanceRecord,
  idleCounting,
  idleSinceMs,
  nextOfHeldStop,
  stopAtMs,
} from '@app/instance-store';
import { msFromTimestamp, parseTimestamp, type Timestamp, timestampFromMs } from '@app/platform';

/*
 * The rule that decides whether an idle instance is stopped. Pure: a record, the signals of its use, the settings and the
 * time go in, a decision comes out. A stop needs proof of idleness: whatever is not known keeps the instance. README.md of
 * this library has the rule as a table; `evaluation.ts` puts a decision into words.
 */

export const IDLE_RULES = [
  'exempt',
  'leased',
  'used-lately',
  'warning-due',
  'held',
  'idle-too-long',
  'picture-too-old',
  'utilisation-unknown',
  'suspended',
] as const;
export type IdleRule = (typeof IDLE_RULES)[number];

/** What the GPU's utilisation says, as the provider measures it. */
export type GpuReading =
  /** At or above the threshold, most lately at that time. */
  | { readonly kind: 'used'; readonly at: Timestamp; readonly percent: number }
  /** Below the threshold in all of the idle time, up to lately. */
  | { readonly kind: 'unused' }
  /** No figures, late figures, or an error: that counts as used. */
  | { readonly kind: 'unknown'; readonly why: string };

/** What the provider said of the instance when it was asked just now. */
export type ProviderObservation =
  | { readonly kind: 'running'; readonly at: Timestamp }
  | { readonly kind: 'not-running'; readonly word: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** What is known of an instance's use beside its record. */
export interface IdleSignals {
  readonly lastUsedAt: Timestamp | null;
  /** Who reported that use; null when that is not known. */
  readonly lastUsedBy: string | null;
  /** Absent when nobody asked. */
  readonly gpu?: GpuReading;
  /** Absent when nobody asked. */
  readonly observation?: ProviderObservation;
}

/** How old the data of the fleet is on which a stop would rest. */
export interface FleetDataAge {
  /** When the latest listing began that showed every record that is not missing; null when there was none. */
  readonly asOf: Timestamp | null;
  readonly maxStalenessMs: number;
  /** Whether the fleet is listed on a schedule: old data then means that something is wrong, and nothing is stopped. */
  readonly required: boolean;
}

interface Decided {
  /** `keep`: nothing happens. `warn`: it will be stopped soon. `stop`: it is to be stopped now. */
  readonly verdict: 'keep' | 'warn' | 'stop';
  /** When it will be stopped if nothing happens; null when it will not. */
  readonly stopAt: Timestamp | null;
  /** When the decision could change without anything happening; null for never. */
  readonly nextEvaluation: Timestamp | null;
}

/** An instance whose idleness does not count against it. */
export interface ExemptDecision extends Decided {
  readonly rule: 'exempt';
  readonly exemption: IdleExemption;
}

export interface CountingDecision extends Decided {
  readonly rule: Exclude<IdleRule, 'exempt'>;
  readonly exemption: null;
  readonly clock: IdleClock;
  /** Since when it stands unused, in epoch milliseconds. */
  readonly sinceMs: number;
}

/** @param now milliseconds since 1970 */
export function decideIdle(
  record: InstanceRecord,
  signals: IdleSignals,
  rules: IdleRules,
  dataAge: FleetDataAge,
  now: number,
): ExemptDecision | CountingDecision {
  const counting = idleCounting(record, rules);
  if (!counting.counts) {
    return { verdict: 'keep', rule: 'exempt', exemption: counting.why, stopAt: null, nextEvaluation: null };
  }
  const { clock } = counting;
  const used = latestUse(signals);
  const counted = { exemption: null, clock, sinceMs: idleSinceMs(clock, used) };
  const stopMs = stopAtMs(clock, used);
  const warnMs = stopMs - clock.warningMs;
  // Null for a time so late that no timestamp can say it: it never comes.
  const stopAt = parseTimestamp(stopMs);

  const { lease } = record.autoStop;
  if (lease !== undefined && msFromTimestamp(lease.until) > now) {
    return { ...counted, verdict: 'keep', rule: 'leased', stopAt, nextEvaluation: lease.until };
  }
  if (now < warnMs) {
    return { ...counted, verdict: 'keep', rule: 'used-lately', stopAt, nextEvaluation: parseTimestamp(warnMs) };
  }
  if (now < stopMs) return { ...counted, verdict: 'warn', rule: 'warning-due', stopAt, nextEvaluation: stopAt };
  if (nextOfHeldStop(record, heldStopOf(counted.sinceMs), now) === 'wait') {
    const until = record.stopHold?.until ?? stopAt;
    return { ...counted, verdict: 'keep', rule: 'held', stopAt: until, nextEvaluation: until };
  }
  const doubt = doubtAbout(record, signals, dataAge, now);
  if (doubt !== null) return { ...counted, verdict: 'keep', rule: doubt, stopAt: null, nextEvaluation: null };
  return { ...counted, verdict: 'stop', rule: 'idle-too-long', stopAt, nextEvaluation: null };
}

/** The stop of an instance that stands unused since then: endpoints may hold it once. @param sinceMs epoch milliseconds */
export function heldStopOf(sinceMs: number): HeldStop {
  return { by: 'auto-stop', occasion: timestampFromMs(sinceMs) };
}

/** Why an instance whose time is up is kept nevertheless; null when nothing speaks against its stop. */
function doubtAbout(
  record: InstanceRecord,
  { gpu, observation }: IdleSignals,
  dataAge: FleetDataAge,
  now: number,
): 'suspended' | 'picture-too-old' | 'utilisation-unknown' | null {
  if (isSuspended(dataAge, now)) return 'suspended';
  if (observation !== undefined && observation.kind !== 'running') return 'picture-too-old';
  if (observation === undefined && recordAgeMs(record, dataAge, now) > dataAge.maxStalenessMs) return 'picture-too-old';
  if (gpu?.kind === 'unknown') return 'utilisation-unknown';
  return null;
}

/** Whether nothing at all may be stopped, because no listing has shown the fleet for too long although one should have. */
export function isSuspended({ required, asOf, maxStalenessMs }: FleetDataAge, now: number): boolean {
  return required && (asOf === null || now - msFromTimestamp(asOf) > maxStalenessMs);
}

/** A record that the latest listing lacked is only as fresh as its own last observation. */
function recordAgeMs({ observedAt, missingSince }: InstanceRecord, { asOf }: FleetDataAge, now: number): number {
  const observed = [observedAt, missingSince === null ? asOf : null].flatMap((at) =>
    at === null ? [] : msFromTimestamp(at),
  );
  return now - Math.max(Number.NEGATIVE_INFINITY, ...observed);
}

function latestUse({ lastUsedAt, gpu }: IdleSignals): Timestamp | null {
  if (gpu?.kind !== 'used') return lastUsedAt;
  return lastUsedAt === null || gpu.at > lastUsedAt ? gpu.at : lastUsedAt;
}

const TIME_UP: Readonly<Record<IdleRule, boolean>> = {
  exempt: false,
  leased: false,
  'used-lately': false,
  'warning-due': false,
  held: true,
  'idle-too-long': true,
  'picture-too-old': true,
  'utilisation-unknown': true,
  suspended: true,
};

/** Whether the rule says that the instance has stood unused for as long as it may, stopped or not. */
export function isTimeUp({ rule }: { readonly rule: IdleRule }): boolean {
  return TIME_UP[rule];
}
