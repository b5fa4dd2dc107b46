/**
 * What the overview says: figures, and what needs somebody. All pure.
 */

import { ago, counted, formatCount, roughUsd, span, until, usd, usdPerHour } from '../ui/format.js';
import { OVERVIEW } from './words.js';

/**
 * @typedef {import('../net/api-types.js').DashboardView} Dashboard
 * @typedef {import('../fleet/status.js').Tone} Tone
 * @typedef {import('../fleet/figures.js').Figures} Figures
 *
 * @typedef {object} Figure
 * @property {string} text
 * @property {string} note
 * @property {Tone | null} tone null for one that is neither good nor bad
 *
 * @typedef {object} Need what waits for somebody
 * @property {string} text
 * @property {'warn' | 'bad'} tone
 * @property {import('../routing/views.js').ViewName} view where one can do something about it
 * @property {string} [search] of its address
 */

/** @param {Figures['counts']} counts @returns {Figure} */
export function runningFigure({ running, total }) {
  return { text: formatCount(running), note: OVERVIEW.ofAll(counted(total)), tone: null };
}

/** @param {Figures['money']} money @returns {Figure} */
export function costFigure(money) {
  const { costUsdPerHour, dailyLimitUsd, limitReached, todayUsd } = money;
  const note =
    dailyLimitUsd === undefined ? OVERVIEW.today(usd(todayUsd)) : OVERVIEW.todayOf(usd(todayUsd), usd(dailyLimitUsd));
  return {
    text: perHour(costUsdPerHour),
    note,
    tone: limitReached === true ? 'bad' : isNearLimit(money) ? 'warn' : null,
  };
}

/** @param {Figures['money']} money @returns {Figure | null} null while it is not known */
export function idleFigure({ idle }) {
  if (idle === null) return null;
  return { text: perHour(idle.usdPerHour), note: counted(idle.instances), tone: null };
}

/** @param {Figures['attention']} attention @returns {Figure} */
export function attentionFigure({ total }) {
  return { text: formatCount(total), note: '', tone: total > 0 ? 'warn' : null };
}

/** @param {Figures['attention']} attention @returns {Figure} */
export function orphansFigure({ orphans }) {
  return { text: formatCount(orphans), note: '', tone: null };
}

/**
 * @param {Dashboard['autoStop']} autoStop
 * @param {number} nowMs
 * @returns {Figure}
 */
export function nextStopFigure({ enabled, suspended, next }, nowMs) {
  if (!enabled) return { text: OVERVIEW.off, note: '', tone: null };
  if (suspended !== undefined) return { text: OVERVIEW.suspended, note: '', tone: 'warn' };
  if (next === undefined) return { text: OVERVIEW.none, note: '', tone: null };
  const when = until(next.stopAt, nowMs);
  return { text: when === 'now' ? OVERVIEW.dueNow : when, note: next.name, tone: null };
}

/**
 * What waits for somebody, the most urgent first; each with where one can do something about it.
 *
 * @param {Figures} figures
 * @param {Dashboard['autoStop']} autoStop
 * @param {boolean} mayCommand
 * @returns {readonly Need[]}
 */
export function needsOf({ counts, money, attention }, autoStop, mayCommand) {
  return [
    ...moneyNeeds(money),
    ...instanceNeeds(counts, attention),
    ...idleNeeds(money, autoStop),
    ...orphanNeeds(attention, mayCommand),
  ];
}

/** @param {Figures['money']} money @returns {readonly Need[]} */
function moneyNeeds(money) {
  const { dailyLimitUsd, limitReached, todayUsd } = money;
  if (dailyLimitUsd === undefined) return [];
  const limit = usd(dailyLimitUsd);
  if (limitReached === true) return [{ text: OVERVIEW.need.limitReached(limit), tone: 'bad', view: 'spend' }];
  if (!isNearLimit(money)) return [];
  const percent = `${Math.floor((todayUsd / dailyLimitUsd) * 100)} %`;
  return [{ text: OVERVIEW.need.nearLimit(percent, limit), tone: 'warn', view: 'spend' }];
}

/**
 * @param {Figures['counts']} counts
 * @param {Figures['attention']} attention
 * @returns {readonly Need[]}
 */
function instanceNeeds({ unreadable = 0 }, { failed, unconfirmed, oldestUnconfirmedSeconds, overdue, missing }) {
  const oldest = oldestUnconfirmedSeconds === undefined ? '' : span(oldestUnconfirmedSeconds * 1_000);
  const { need } = OVERVIEW;
  /** @type {readonly (readonly [number, string, Need['tone'], string])[]} */
  const reasons = [
    [failed, need.failed(counted(failed)), 'bad', '?status=failed'],
    [unconfirmed, need.unconfirmed(counted(unconfirmed), oldest), 'warn', '?show=attention'],
    [missing, need.missing(counted(missing)), 'warn', '?show=attention'],
    [overdue, need.overdue(counted(overdue)), 'warn', '?show=attention'],
    [unreadable, need.unreadable(counted(unreadable)), 'bad', ''],
  ];
  return reasons.flatMap(([count, text, tone, search]) =>
    count > 0 ? [{ text, tone, view: /** @type {const} */ ('instances'), search }] : [],
  );
}

/**
 * The idle money that nothing will end by itself, and the money of what is stopped.
 *
 * @param {Figures['money']} money
 * @param {Dashboard['autoStop']} autoStop
 * @returns {readonly Need[]}
 */
function idleNeeds(
  { idle, unpriced, billedThoughStoppedUsdPerHour, billedThoughStoppedInstances },
  { enabled, suspended },
) {
  const { need } = OVERVIEW;
  /** @type {Need[]} */
  const needs = [];
  if (!enabled) needs.push({ text: need.off, tone: 'warn', view: 'spend' });
  else if (suspended !== undefined) needs.push({ text: need.suspended(suspended), tone: 'warn', view: 'sync' });
  const left = idle?.byReason.autoStopOff ?? { usdPerHour: 0, instances: 0 };
  if (enabled && left.instances > 0) {
    const text = need.neverStops(usdPerHour(left.usdPerHour), counted(left.instances));
    needs.push({ text, tone: 'warn', view: 'spend' });
  }
  if (billedThoughStoppedInstances > 0) {
    const amount = usdPerHour(billedThoughStoppedUsdPerHour);
    const text = need.billedThoughStopped(amount, counted(billedThoughStoppedInstances));
    needs.push({ text, tone: 'warn', view: 'spend' });
  }
  if (unpriced > 0) {
    needs.push({
      text: need.unpriced(counted(unpriced)),
      tone: 'warn',
      view: 'instances',
      search: '?show=billed&sort=price',
    });
  }
  return needs;
}

/**
 * @param {Figures['attention']} attention
 * @param {boolean} mayCommand
 * @returns {readonly Need[]}
 */
function orphanNeeds({ orphans }, mayCommand) {
  if (orphans === 0) return [];
  const text = mayCommand ? OVERVIEW.need.orphans(counted(orphans)) : OVERVIEW.need.orphansForReaders(counted(orphans));
  return [{ text, tone: 'warn', view: 'orphans' }];
}

/** Figures are read anew every 30 s at the latest; older ones were not. */
const OLD_MS = 90_000;

/**
 * How old the figures are, where that matters: the frame says how fresh all else is.
 *
 * @param {Dashboard | null} dashboard
 * @param {boolean} hasFailed whether the latest try to read them did
 * @param {number} nowMs
 * @returns {{readonly text: string, readonly tone: Tone | null}} an empty text for fresh ones
 */
export function figuresAge(dashboard, hasFailed, nowMs) {
  if (dashboard === null) return { text: hasFailed ? OVERVIEW.couldNotBeRead : '', tone: hasFailed ? 'bad' : null };
  // While Redis is away, money and deadlines are as they were read last.
  const asOf = dashboard.storedAsOf ?? dashboard.asOf;
  const isOld = hasFailed || dashboard.storedAsOf !== undefined || nowMs - Date.parse(asOf) > OLD_MS;
  return isOld ? { text: OVERVIEW.stale(ago(asOf, nowMs)), tone: 'warn' } : { text: '', tone: null };
}

/** @param {number} amount USD */
function perHour(amount) {
  return `${roughUsd(amount)}/h`;
}

const NEAR = 0.8;

/** @param {Figures['money']} money */
function isNearLimit({ dailyLimitUsd, todayUsd }) {
  return dailyLimitUsd !== undefined && todayUsd >= NEAR * dailyLimitUsd;
}
