import {
  type IdleClock,
  type IdleRules,
  type InstanceRecord,
  idleCounting,
  idleSinceMs,
  stopAtMs,
} from '@app/instance-store';
import { msFromTimestamp, parseTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { activitySigns } from './activity-signs.js';
import type { IdleEvaluation, IdleRule } from './evaluation.js';
import type { IdleSignals, PictureAge } from './idle-signals.js';
import { reasonOf } from './reasons.js';
import { whatWouldChangeIt } from './what-would-change-it.js';

/** What the rules come to, before it is put into words. */
interface Outcome {
  readonly verdict: IdleEvaluation['verdict'];
  readonly rule: IdleRule;
  readonly stopAt: Timestamp | null;
  readonly nextEvaluation: Timestamp | null;
}

/**
 * Whether an instance is to be stopped because nobody uses it, and all that this rests on. Pure. What is not known
 * keeps it: an unknown utilisation, an old picture, a provider that does not answer.
 *
 * @param now milliseconds since 1970
 */
export function evaluate(
  record: InstanceRecord,
  signals: IdleSignals,
  rules: IdleRules,
  picture: PictureAge,
  now: number,
): IdleEvaluation {
  const counting = idleCounting(record, rules);
  const used = latestUse(signals);
  const signs = activitySigns(record, signals);
  const evaluatedAt = timestampFromMs(now);
  if (!counting.counts) {
    const { why } = counting;
    return {
      verdict: 'keep',
      rule: 'exempt',
      exemption: why,
      evaluatedAt,
      idleSince: null,
      stopAt: null,
      nextEvaluation: null,
      signs,
      reason: reasonOf({ record, rule: 'exempt', exemption: why }),
      whatWouldChangeIt: whatWouldChangeIt(record, 'exempt', why),
    };
  }
  const { clock } = counting;
  const sinceMs = idleSinceMs(clock, used);
  const outcome = outcomeOf(record, clock, { signals, used, picture, now });
  const { rule } = outcome;
  return {
    ...outcome,
    exemption: null,
    evaluatedAt,
    idleSince: rule === 'leased' ? null : timestampFromMs(sinceMs),
    signs,
    reason: reasonOf({
      record,
      rule,
      exemption: null,
      clock,
      sinceMs,
      now,
      signals,
      picture,
      latest: signs[0] ?? null,
    }),
    whatWouldChangeIt: whatWouldChangeIt(record, rule, null),
  };
}

interface Scene {
  readonly signals: IdleSignals;
  readonly used: Timestamp | null;
  readonly picture: PictureAge;
  readonly now: number;
}

function outcomeOf(record: InstanceRecord, clock: IdleClock, { signals, used, picture, now }: Scene): Outcome {
  const stopMs = stopAtMs(clock, used);
  // Null for a time so late that it cannot be written: it never comes.
  const stopAt = parseTimestamp(stopMs);
  const { lease } = record.autoStop;
  if (lease !== undefined && msFromTimestamp(lease.until) > now) {
    return { verdict: 'keep', rule: 'leased', stopAt, nextEvaluation: lease.until };
  }
  if (now < stopMs) {
    const warnMs = stopMs - clock.warningMs;
    if (now < warnMs) return { verdict: 'keep', rule: 'used-lately', stopAt, nextEvaluation: parseTimestamp(warnMs) };
    return { verdict: 'warn', rule: 'warning-due', stopAt, nextEvaluation: stopAt };
  }
  const kept = whyKept(record, signals, picture, now);
  if (kept !== null) return { verdict: 'keep', rule: kept, stopAt: null, nextEvaluation: null };
  return { verdict: 'stop', rule: 'idle-too-long', stopAt, nextEvaluation: null };
}

/** Why an instance whose time is up is not stopped all the same; null when it is. */
function whyKept(
  record: InstanceRecord,
  { gpu, look }: IdleSignals,
  picture: PictureAge,
  now: number,
): 'suspended' | 'picture-too-old' | 'utilisation-unknown' | null {
  if (isSuspended(picture, now)) return 'suspended';
  if (look !== undefined && look.kind !== 'running') return 'picture-too-old';
  if (look === undefined && pictureAgeMs(record, picture, now) > picture.maxStalenessMs) return 'picture-too-old';
  if (gpu?.kind === 'unknown') return 'utilisation-unknown';
  return null;
}

/** Whether nothing at all may be stopped, because the fleet was not seen for too long although it should have been. */
export function isSuspended({ required, asOf, maxStalenessMs }: PictureAge, now: number): boolean {
  return required && (asOf === null || now - msFromTimestamp(asOf) > maxStalenessMs);
}

/** A record that the latest listing lacked is only as fresh as its own last sight. */
function pictureAgeMs({ observedAt, missingSince }: InstanceRecord, { asOf }: PictureAge, now: number): number {
  const seen = [observedAt, missingSince === null ? asOf : null].flatMap((at) =>
    at === null ? [] : msFromTimestamp(at),
  );
  return now - Math.max(Number.NEGATIVE_INFINITY, ...seen);
}

function latestUse({ lastUsedAt, gpu }: IdleSignals): Timestamp | null {
  if (gpu?.kind !== 'used') return lastUsedAt;
  return lastUsedAt === null || gpu.at > lastUsedAt ? gpu.at : lastUsedAt;
}
