import type { IdleClock, IdleExemption, IdleRules, InstanceRecord } from '@app/instance-store';
import { msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import {
  type CountingDecision,
  decideIdle,
  type ExemptDecision,
  type FleetDataAge,
  type IdleRule,
  type IdleSignals,
} from './idle-policy.js';
import { whatWouldChangeIt } from './what-would-change-it.js';

/** A signal that an instance is in use, or was. */
export interface ActivitySignal {
  readonly kind: 'ready' | 'use' | 'lease' | 'gpu';
  /** For a lease: until when. */
  readonly at: Timestamp;
  /** Who said so: an `Actor`, a source that was named, or `novita` for utilisation. */
  readonly by: string;
  readonly detail: string | null;
}

/** What was decided about an instance, and all that it rests on. */
export interface IdleEvaluation {
  /** `keep`: nothing happens. `warn`: it will be stopped soon. `stop`: it is to be stopped now. */
  readonly verdict: 'keep' | 'warn' | 'stop';
  readonly rule: IdleRule;
  readonly exemption: IdleExemption | null;
  readonly evaluatedAt: Timestamp;
  readonly idleSince: Timestamp | null;
  /** When it will be stopped if nothing happens; null when it will not. */
  readonly stopAt: Timestamp | null;
  /** When the decision could change without anything happening; null for never. */
  readonly nextEvaluation: Timestamp | null;
  /** All that is known, the latest first. */
  readonly signals: readonly ActivitySignal[];
  /** One sentence. */
  readonly reason: string;
  /** What somebody could do, a sentence each, with the route. */
  readonly whatWouldChangeIt: readonly string[];
}

/**
 * The decision of the policy about an instance, with its reason in words. Pure.
 *
 * @param now milliseconds since 1970
 */
export function evaluate(
  record: InstanceRecord,
  signals: IdleSignals,
  rules: IdleRules,
  dataAge: FleetDataAge,
  now: number,
): IdleEvaluation {
  const decision = decideIdle(record, signals, rules, dataAge, now);
  const { verdict, rule, exemption, stopAt, nextEvaluation } = decision;
  const activity = activitySignals(record, signals);
  const isIdle = decision.rule !== 'exempt' && decision.rule !== 'leased';
  return {
    verdict,
    rule,
    exemption,
    evaluatedAt: timestampFromMs(now),
    idleSince: isIdle ? timestampFromMs(decision.sinceMs) : null,
    stopAt,
    nextEvaluation,
    signals: activity,
    reason: reasonOf(decision, { record, signals, dataAge, now, latest: activity[0] ?? null }),
    whatWouldChangeIt: whatWouldChangeIt(record, rule, exemption),
  };
}

/** The name under which a use is reported that the utilisation of the GPU shows. */
export const GPU_SOURCE = 'novita:gpu';
const UNKNOWN_SOURCE = 'unknown source';

function activitySignals(record: InstanceRecord, signals: IdleSignals): readonly ActivitySignal[] {
  const all = [...readySignals(record), ...leaseSignals(record), ...useSignals(signals), ...gpuSignals(signals)];
  return all.toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

function readySignals({ status, timestamps: { ready, started }, desired }: InstanceRecord): ActivitySignal[] {
  const at = ready ?? started;
  if (at === undefined) return [];
  return [{ kind: 'ready', at, by: desired.by, detail: ready === undefined ? `started, now ${status}` : null }];
}

function leaseSignals({ autoStop: { lease } }: InstanceRecord): ActivitySignal[] {
  return lease === undefined ? [] : [{ kind: 'lease', at: lease.until, by: lease.by, detail: lease.reason }];
}

function useSignals({ lastUsedAt, lastUsedBy }: IdleSignals): ActivitySignal[] {
  if (lastUsedAt === null) return [];
  if (lastUsedBy === GPU_SOURCE) return [{ kind: 'gpu', at: lastUsedAt, by: 'novita', detail: null }];
  return [{ kind: 'use', at: lastUsedAt, by: lastUsedBy ?? UNKNOWN_SOURCE, detail: null }];
}

function gpuSignals({ gpu, lastUsedAt, lastUsedBy }: IdleSignals): ActivitySignal[] {
  if (gpu?.kind !== 'used' || (gpu.at === lastUsedAt && lastUsedBy === GPU_SOURCE)) return [];
  return [{ kind: 'gpu', at: gpu.at, by: 'novita', detail: `${Math.round(gpu.percent)} % utilisation` }];
}

/** What a decision rested on, as far as its reason names it. */
interface Grounds {
  readonly record: InstanceRecord;
  readonly signals: IdleSignals;
  readonly dataAge: FleetDataAge;
  readonly now: number;
  readonly latest: ActivitySignal | null;
}

/** Of a record whose stop is held. */
function heldReason({ stopHold }: InstanceRecord): string {
  if (stopHold === null) return 'its stop is held';
  const awaited = stopHold.waitsFor.filter(({ releasedAt }) => releasedAt === null);
  const ids = awaited.map(({ endpointId }) => endpointId).join(', ');
  return `its stop is held since ${stopHold.since}: it waits for ${ids} until ${stopHold.until} at the latest`;
}

function reasonOf(decision: ExemptDecision | CountingDecision, grounds: Grounds): string {
  const { record, signals, dataAge, now } = grounds;
  if (decision.rule === 'exempt') return exemptReason(record, decision.exemption);
  const { clock, sinceMs } = decision;
  const unused = unusedReason(sinceMs, grounds);
  switch (decision.rule) {
    case 'leased':
      return leaseReason(record, clock);
    case 'used-lately':
      return `${unused}, which is less than the ${limitReason(clock)}.`;
    case 'warning-due':
      return `${unused}; after ${limitReason(clock)} it is stopped, in ${timeWords(sinceMs + clock.thresholdMs - now)}.`;
    case 'held':
      return `${unused}, but ${heldReason(record)}.`;
    case 'idle-too-long':
      return `${unused}, which is as long as the ${limitReason(clock)} or longer.`;
    case 'suspended':
      return `${unused}, but nothing is stopped at present: ${suspensionReason(dataAge, now)}.`;
    case 'picture-too-old':
      return `${unused}, but ${dataAgeReason(grounds)}.`;
    case 'utilisation-unknown':
      return `${unused}, but the utilisation of its GPU is not known, which counts as use${gpuReason(signals)}.`;
  }
}

/** Why nothing is stopped at all. */
export function suspensionReason({ asOf, maxStalenessMs }: FleetDataAge, now: number): string {
  return asOf === null
    ? 'no sync has shown the instances yet'
    : `the latest sync that showed the instances began ${timeWords(now - msFromTimestamp(asOf))} ago, and nothing is stopped on one older than ${timeWords(maxStalenessMs)}`;
}

function unusedReason(sinceMs: number, { latest, now }: Grounds): string {
  return `Not used for ${timeWords(now - sinceMs)}, since ${latest === null ? 'it was made' : signalReason(latest)}`;
}

function signalReason({ kind, at, by }: ActivitySignal): string {
  switch (kind) {
    case 'ready':
      return `it was ready at ${at}`;
    case 'use':
      return `its last use at ${at} (${by})`;
    case 'lease':
      return `its lease ended at ${at} (${by})`;
    case 'gpu':
      return `its GPU was last busy at ${at}`;
  }
}

function limitReason({ thresholdMs, thresholdFrom }: IdleClock): string {
  const whose = { instance: 'its own setting', template: 'its template', fleet: 'the default' }[thresholdFrom];
  return `${timeWords(thresholdMs)} that it may stand unused by ${whose}`;
}

function leaseReason({ autoStop: { lease } }: InstanceRecord, clock: IdleClock): string {
  if (lease === undefined) return 'Declared busy.';
  return `Declared busy until ${lease.until} by ${lease.by} (${lease.reason}); then it may stand unused for ${timeWords(clock.thresholdMs)}.`;
}

function dataAgeReason({ record, signals: { observation }, dataAge }: Grounds): string {
  if (observation?.kind === 'not-running') return `Novita does not say that it runs (${observation.word})`;
  if (observation?.kind === 'unknown') return `Novita could not be asked whether it runs (${observation.why})`;
  const observed =
    record.observedAt === null
      ? 'it was never observed at Novita'
      : `it was last observed at Novita at ${record.observedAt}`;
  return `${observed}, and nothing is stopped on an observation older than ${timeWords(dataAge.maxStalenessMs)}`;
}

function gpuReason({ gpu }: IdleSignals): string {
  return gpu?.kind === 'unknown' ? ` (${gpu.why})` : '';
}

function exemptReason(record: InstanceRecord, exemption: IdleExemption): string {
  switch (exemption) {
    case 'switched-off-for-all':
      return 'Idle instances are not stopped in this installation (AUTO_STOP_ENABLED=false).';
    case 'switched-off-for-this-one':
      return 'It is not to be stopped when idle, by its own setting (autoStop.enabled is false).';
    case 'switched-off-for-its-template':
      return `Instances of template ${record.spec.templateId ?? ''} are not stopped when idle (AUTO_STOP_TEMPLATE_THRESHOLDS).`;
    case 'made-elsewhere':
      return 'It was made elsewhere and nobody has adopted it, so nothing here acts on it.';
    case 'billed-monthly':
      return 'It is paid by the month, so stopping it would save nothing.';
    case 'not-ready':
      return `It is ${record.status}; only an instance that is ready can stand idle.`;
    case 'not-wished-to-run':
      return `It is to be ${record.desired.state} already, by ${record.desired.by}.`;
  }
}

const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1_000, name: 's' },
] as const;

/** A length of time for people, in its two largest units: `25 min`, `1 h 5 min`, `0 s`. */
export function timeWords(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1_000)) * 1_000;
  const first = UNITS.findIndex((unit) => whole >= unit.ms);
  if (first === -1) return '0 s';
  let left = whole;
  const parts: string[] = [];
  for (const { ms: unit, name } of UNITS.slice(first, first + 2)) {
    const count = Math.floor(left / unit);
    left -= count * unit;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(' ');
}
