/**
 * What the view of the money says about instances and sums. All pure.
 */

import { ownerLabel } from '../instances/instance-messages.js';
import { formatCount, roughUsd, span, until, usd } from '../ui/format.js';
import { SPEND } from './words.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('../net/api-types.js').SpendView} Spend
 * @typedef {{readonly text: string, readonly tone?: string | null}} Said
 */

/** For what somebody could still do something about. */
const SOON_MS = 5 * 60_000;

/**
 * What would end the costs of an instance that stands idle.
 *
 * @param {Pick<Instance, 'autoStopAt' | 'autoStopExemption'>} instance
 * @param {number} nowMs
 * @param {{readonly suspended?: string} | undefined} autoStop of the fleet, as far as known
 * @returns {Said}
 */
export function endMessage({ autoStopAt, autoStopExemption }, nowMs, autoStop) {
  if (autoStopExemption !== undefined) return { text: SPEND.ends[autoStopExemption], tone: null };
  if (autoStopAt === undefined) return { text: '', tone: null };
  if (autoStop?.suspended !== undefined) return { text: SPEND.ends.suspended, tone: 'warn' };
  const isSoon = Date.parse(autoStopAt) - nowMs < SOON_MS;
  return { text: SPEND.ends.autoStop(until(autoStopAt, nowMs)), tone: isSoon ? 'warn' : null };
}

/**
 * For how long an instance stands idle. One that was made elsewhere reports no use here, so nobody knows.
 *
 * @param {Pick<Instance, 'idleSince' | 'origin' | 'lastUsedAt'>} instance
 * @param {number} nowMs
 * @returns {Said}
 */
export function idleFor({ idleSince, origin, lastUsedAt }, nowMs) {
  if (idleSince === undefined || (origin === 'discovered' && lastUsedAt === undefined)) {
    return { text: SPEND.useNotKnown, tone: null };
  }
  return { text: span(nowMs - Date.parse(idleSince)) };
}

/** Such as `$0.35/h`. @param {number} amount USD */
export function roughPerHour(amount) {
  return `${roughUsd(amount)}/h`;
}

/** Below this share of the daily limit nobody needs to care. */
const NEAR = 0.8;

/**
 * What was spent today, against the daily limit if there is one.
 *
 * @param {number} todayUsd
 * @param {Spend['limit']} limit
 * @returns {{readonly note: string, readonly tone: string | null}}
 */
export function limitMessage(todayUsd, limit) {
  if (limit === undefined) return { note: '', tone: null };
  const { dailyUsd, enforced, stops, reached = todayUsd >= dailyUsd } = limit;
  const amount = usd(dailyUsd);
  const said = stops ? SPEND.limitStopsAll : enforced ? SPEND.limitStopsCreates : SPEND.limitReached;
  if (reached) return { note: said(amount), tone: 'bad' };
  return { note: SPEND.ofLimit(amount), tone: todayUsd >= NEAR * dailyUsd ? 'warn' : null };
}

/**
 * What follows when an owner reaches the limit.
 *
 * @param {{readonly enforced: boolean, readonly stops: boolean}} limit
 */
export function ownerLimitThen({ enforced, stops }) {
  if (stops) return SPEND.ownerLimitThen.stops;
  return enforced ? SPEND.ownerLimitThen.creates : SPEND.ownerLimitThen.warns;
}

/** @param {number} unpriced how many have no known price */
export function unpricedMessage(unpriced) {
  return unpriced === 0 ? '' : SPEND.unpriced(unpriced, formatCount(unpriced));
}

/** What the service calls a part of which it knows no name. */
const UNKNOWN = 'unknown';

/**
 * A part of the spend by its name: an owner or a product, or neither known.
 *
 * @param {'owner' | 'product'} by
 * @param {string} name
 */
export function partLabel(by, name) {
  if (name === UNKNOWN) return SPEND.unknown;
  return by === 'owner' ? ownerLabel(name) : name;
}

/**
 * The dearest parts, and all others as one: together they are the whole.
 *
 * @param {Readonly<Record<string, number>>} parts USD per hour by name
 * @param {number} most
 * @returns {{readonly named: readonly {readonly name: string, readonly usd: number, readonly share: number}[],
 *   readonly others: {readonly count: number, readonly usd: number}}} `share` of the dearest, from 0 to 1
 */
export function dearestParts(parts, most) {
  const sorted = Object.entries(parts)
    .filter(([, amount]) => amount > 0)
    .toSorted(([a, one], [b, other]) => other - one || a.localeCompare(b, 'en'));
  // A row for one alone would take as much room as the one.
  const count = sorted.length === most + 1 ? most + 1 : most;
  const rest = sorted.slice(count);
  const greatest = sorted[0]?.[1] ?? 0;
  return {
    named: sorted.slice(0, count).map(([name, amount]) => ({ name, usd: amount, share: amount / greatest })),
    others: { count: rest.length, usd: rest.reduce((sum, [, amount]) => sum + amount, 0) },
  };
}
