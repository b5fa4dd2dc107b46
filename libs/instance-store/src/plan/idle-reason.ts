import { MINUTE_MS, msFromTimestamp, type Timestamp } from '@app/platform';
import type { InstanceRecord, StoredInstance } from '../record/instance.js';
import { type IdleExemption, type IdleRules, idleCounting, idleSinceMs, stopAtMs } from './idle-clock.js';

/**
 * Why an instance that runs unused is not stopped yet. `due`: it is past its warning, so a check of auto-stop stops it or says
 * why not. `notYetDue`: its threshold is not over. `autoStopOff`: switched off for it, its template or all. `monthly`: a stop
 * would save nothing. `useNotKnown`: made elsewhere, and nobody reports its use.
 */
export const IDLE_REASONS = ['due', 'notYetDue', 'autoStopOff', 'monthly', 'useNotKnown'] as const;
export type IdleReason = (typeof IDLE_REASONS)[number];

/** After a report of use, or after it became ready, an instance counts as being in use for this long. */
const IN_USE_MS = 5 * MINUTE_MS;

/**
 * Why an instance counts as running idle; null when it does not run, is only on its way, or is in use. Pure.
 *
 * @param now milliseconds since 1970
 */
export function idleReason({ record, lastUsedAt }: StoredInstance, rules: IdleRules, now: number): IdleReason | null {
  if (!isUp(record) || isLeased(record, now)) return null;
  const counting = idleCounting(record, rules);
  if (!counting.counts) {
    const reason = reasonOfExemption(counting.why);
    return reason === null || now - lastSignalMs(record, lastUsedAt) < IN_USE_MS ? null : reason;
  }
  const { clock } = counting;
  if (now >= stopAtMs(clock, lastUsedAt) - clock.warningMs) return 'due';
  return now - idleSinceMs(clock, lastUsedAt) < IN_USE_MS ? null : 'notYetDue';
}

/**
 * When `idleReason` may next answer otherwise, if the instance is neither written nor used until then. Pure.
 *
 * @param now milliseconds since 1970
 * @returns epoch milliseconds after `now`; null for never
 */
export function idleReasonChangesAt(
  { record, lastUsedAt }: StoredInstance,
  rules: IdleRules,
  now: number,
): number | null {
  if (!isUp(record)) return null;
  const { lease } = record.autoStop;
  const counting = idleCounting(record, rules);
  const times = counting.counts
    ? [
        stopAtMs(counting.clock, lastUsedAt) - counting.clock.warningMs,
        idleSinceMs(counting.clock, lastUsedAt) + IN_USE_MS,
      ]
    : [lastSignalMs(record, lastUsedAt) + IN_USE_MS];
  if (lease !== undefined) times.push(msFromTimestamp(lease.until));
  return earliestAfter(now, times);
}

/** @returns null when none is later than `now` */
export function earliestAfter(now: number, times: readonly number[]): number | null {
  const later = Math.min(...times.filter((time) => time > now));
  return Number.isFinite(later) ? later : null;
}

/** An instance that was made elsewhere is never probed here, so it is up as soon as Novita says that it runs. */
function isUp({ status, origin, desired }: InstanceRecord): boolean {
  return (status === 'ready' || (origin === 'discovered' && status === 'running')) && desired.state === 'running';
}

function isLeased({ autoStop: { lease } }: InstanceRecord, now: number): boolean {
  return lease !== undefined && msFromTimestamp(lease.until) > now;
}

function reasonOfExemption(why: IdleExemption): IdleReason | null {
  switch (why) {
    case 'made-elsewhere':
      return 'useNotKnown';
    case 'billed-monthly':
      return 'monthly';
    case 'switched-off-for-all':
    case 'switched-off-for-this-one':
    case 'switched-off-for-its-template':
      return 'autoStopOff';
    case 'not-ready':
    case 'not-wished-to-run':
      return null;
  }
}

/** Becoming ready is no signal of use for an instance that was made elsewhere: its users do not report here. */
function lastSignalMs({ origin, timestamps, autoStop }: InstanceRecord, lastUsedAt: Timestamp | null): number {
  const { ready, started, created } = timestamps;
  const leaseEnd = autoStop.lease?.until ?? null;
  const signals = [lastUsedAt, leaseEnd, origin === 'discovered' ? null : (ready ?? started ?? created)];
  return Math.max(Number.NEGATIVE_INFINITY, ...signals.flatMap((at) => (at === null ? [] : [msFromTimestamp(at)])));
}
