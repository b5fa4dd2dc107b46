import { acceptsStop, type IdleRules, idleReason, meterOf, ownerOf, type StoredInstance } from '@app/instance-store';
import { msFromTimestamp } from '@app/platform';
import type { SpendOptions } from './spend-options.js';

/*
 * The rules of the limits of spend. Pure. At or over a limit everything is stopped that may be, and not only as much as would
 * keep the rest of the day below it: so what will be stopped can be told without a forecast.
 */

/** What has been spent on one day of UTC, up to now. */
export interface SpentOnDay {
  /** Such as `2026-03-01`. */
  readonly day: string;
  readonly usd: number;
  /** By `ownerOf`, as far as it is accrued. */
  readonly byOwner: ReadonlyMap<string, number>;
}

/** A limit that has been reached. USD. */
export interface ReachedLimit {
  /** Null for that of the fleet. */
  readonly owner: string | null;
  readonly spentUsd: number;
  readonly limitUsd: number;
}

/** The limits that have been reached: that of the fleet, and by owner. */
export interface ReachedLimits {
  readonly fleet: ReachedLimit | null;
  readonly owners: ReadonlyMap<string, ReachedLimit>;
}

/**
 * Why an instance is left running. `within-limit`: its owner is below the limit, and so is the fleet. `made-elsewhere`: nobody
 * has adopted it. `monthly`: a stop would save nothing, so a person has to decide. `leased`: somebody says that it is busy.
 * `allowed`: an admin has had it run over the limit. `not-running`: it costs nothing by the hour, or is not desired to run.
 * `busy`: it cannot be stopped at present, as while Novita migrates it; the next check judges it again.
 */
export const SPEND_SKIPS = [
  'within-limit',
  'made-elsewhere',
  'monthly',
  'leased',
  'allowed',
  'not-running',
  'busy',
] as const;
export type SpendSkip = (typeof SPEND_SKIPS)[number];

export type SpendVerdict =
  | { readonly verdict: 'stop'; readonly limit: ReachedLimit }
  | { readonly verdict: 'skip'; readonly why: SpendSkip };

const PERSON = 'user:';

/** The limits that this spend has reached. Instances of no known person count for the limit of the fleet only. */
export function limitsReached(
  { usd, byOwner }: SpentOnDay,
  { dailyLimitUsd, ownerDailyLimitUsd }: Pick<SpendOptions, 'dailyLimitUsd' | 'ownerDailyLimitUsd'>,
): ReachedLimits {
  const fleet =
    dailyLimitUsd !== null && usd >= dailyLimitUsd ? { owner: null, spentUsd: usd, limitUsd: dailyLimitUsd } : null;
  const owners = new Map<string, ReachedLimit>();
  if (ownerDailyLimitUsd !== null) {
    for (const [owner, spentUsd] of byOwner) {
      if (owner.startsWith(PERSON) && spentUsd >= ownerDailyLimitUsd) {
        owners.set(owner, { owner, spentUsd, limitUsd: ownerDailyLimitUsd });
      }
    }
  }
  return { fleet, owners };
}

/** Whether nothing has reached its limit. */
export function isWithinLimits({ fleet, owners }: ReachedLimits): boolean {
  return fleet === null && owners.size === 0;
}

/** The limit that the instances of this owner have reached; null when they are below both. That of the fleet comes first. */
export function limitOver({ fleet, owners }: ReachedLimits, owner: string | null): ReachedLimit | null {
  return fleet ?? (owner === null ? null : (owners.get(owner) ?? null));
}

/**
 * Whether an instance is to be stopped.
 * @param now epoch milliseconds
 */
export function judgeForLimits({ record }: StoredInstance, reached: ReachedLimits, now: number): SpendVerdict {
  const { origin, desired, spec, autoStop, status } = record;
  const limit = limitOver(reached, ownerOf(record));
  if (limit === null) return skip('within-limit');
  if (origin === 'discovered') return skip('made-elsewhere');
  if (desired.state !== 'running') return skip('not-running');
  if (spec.billingMode === 'monthly') return skip('monthly');
  if (autoStop.lease !== undefined && msFromTimestamp(autoStop.lease.until) > now) return skip('leased');
  if (desired.overSpendLimit === true) return skip('allowed');
  const { meter } = meterOf(record);
  if (meter !== 'billing' && meter !== 'unpriced') return skip('not-running');
  return acceptsStop(status) ? { verdict: 'stop', limit } : skip('busy');
}

function skip(why: SpendSkip): SpendVerdict {
  return { verdict: 'skip', why };
}

/** By what instances are put in the order in which they are stopped. */
export interface StopPlace {
  readonly isIdle: boolean;
  /** 0 where it is not known. */
  readonly usdPerHour: number;
  readonly createdMs: number;
  readonly id: string;
}

/** @param now epoch milliseconds */
export function stopPlaceOf(stored: StoredInstance, rules: IdleRules, now: number): StopPlace {
  const { record } = stored;
  return {
    isIdle: idleReason(stored, rules, now) !== null,
    usdPerHour: record.price.usdPerHour ?? 0,
    createdMs: msFromTimestamp(record.timestamps.created),
    id: record.id,
  };
}

/** Idle ones first, the dearest of them first; then those in use, the oldest first. Total, so that two checks agree. */
export function inOrderOfStops(a: StopPlace, b: StopPlace): number {
  if (a.isIdle !== b.isIdle) return a.isIdle ? -1 : 1;
  const byPrice = a.isIdle ? b.usdPerHour - a.usdPerHour : 0;
  return byPrice || a.createdMs - b.createdMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Why an instance is stopped, for its audit log. */
export function reasonOf({ owner, spentUsd, limitUsd }: ReachedLimit): string {
  const who = owner === null ? 'the fleet has' : `the instances of ${owner} have`;
  const setting = owner === null ? 'SPEND_DAILY_LIMIT_USD' : 'SPEND_OWNER_DAILY_LIMIT_USD';
  return `${who} cost $${spentUsd.toFixed(2)} today, and ${setting} is $${limitUsd.toFixed(2)}`;
}
