import { ago, formatCount, roughUsd, span, until, usd, usdPerHour } from '../ui/format.js';

/**
 * @typedef {import('../net/api-types.js').DashboardView} Dashboard
 * @typedef {import('../fleet/status.js').Tone} Tone
 * @typedef {import('../fleet/figures.js').Figures} Figures
 * @typedef {{readonly figure: string, readonly note: string, readonly tone: Tone | null}} Figure tone null for one that is neither good nor bad
 */

/**
 * The matters that wait for somebody, a line each.
 *
 * @param {Figures['attention']} attention
 * @returns {readonly string[]} empty when nothing does
 */
export function attentionLines({ unconfirmed, oldestUnconfirmedSeconds, overdue, failed, missing }) {
  const oldest =
    oldestUnconfirmedSeconds === undefined ? '' : `, the oldest for ${span(oldestUnconfirmedSeconds * 1_000)}`;
  return [
    unconfirmed > 0 && `${unconfirmed} not confirmed by Novita${oldest}`,
    overdue > 0 && `${overdue} overdue for a check`,
    failed > 0 && `${failed} failed`,
    missing > 0 && `${missing} not in Novita's listing`,
  ].filter((line) => line !== false);
}

/** @param {Figures['money']} money @returns {Figure} */
export function costFigure(money) {
  const { billedThoughStoppedUsdPerHour, dailyLimitUsd, limitReached, todayUsd, unpriced } = money;
  const limit = dailyLimitUsd === undefined ? '' : ` of ${usd(dailyLimitUsd)}`;
  const unknown = unpriced === 0 ? '' : ` Without ${unpriced} of unknown price.`;
  const reached = limitReached === true ? ' The daily limit is reached.' : '';
  const stopped =
    billedThoughStoppedUsdPerHour === 0
      ? ''
      : ` ${roughUsd(billedThoughStoppedUsdPerHour)}/h is stopped and paid by the month.`;
  return {
    figure: `${roughUsd(money.costUsdPerHour)}/h`,
    note: `Today ${usd(todayUsd)}${limit}.${reached}${stopped}${unknown}`,
    tone: limitReached === true ? 'bad' : isNearLimit(money) ? 'warn' : null,
  };
}

/** @param {Figures['money']} money @returns {Figure} */
export function savedFigure({ savedTodayUsd }) {
  return { figure: roughUsd(savedTodayUsd), note: 'By stopping idle instances.', tone: null };
}

/** @param {Figures['money']} money @returns {Figure} */
export function idleFigure({ idle }) {
  if (idle === null) return { figure: 'not known', note: 'It is measured within a minute.', tone: null };
  const { usdPerHour: perHour, instances, unpriced, byReason } = idle;
  if (instances === 0) return { figure: `${roughUsd(0)}/h`, note: 'Nothing that runs is idle.', tone: null };
  const parts = IDLE_LABELS.flatMap(([reason, text]) => {
    const sum = byReason[reason];
    return sum.instances === 0 ? [] : [`${roughUsd(sum.usdPerHour)}/h ${text}`];
  });
  const unknown = unpriced === 0 ? '' : ` Without ${unpriced} of unknown price.`;
  return { figure: `${roughUsd(perHour)}/h`, note: `${parts.join(', ')}.${unknown}`, tone: null };
}

/** @type {readonly (readonly [keyof import('../net/api-types.js').IdleCostView['byReason'], string])[]} */
const IDLE_LABELS = [
  ['due', 'stops soon'],
  ['notYetDue', 'is within its time'],
  ['autoStopOff', 'has auto-stop off'],
  ['monthly', 'is paid by the month'],
  ['useNotKnown', 'was made elsewhere'],
];

/** @param {Figures['attention']} attention @param {boolean} mayCommand @returns {Figure} */
export function orphansFigure({ orphans }, mayCommand) {
  if (orphans === 0) return { figure: '0', note: 'Everything at Novita is managed here.', tone: null };
  const note = mayCommand
    ? 'Made elsewhere. Adopt one in the table to manage it.'
    : 'Made elsewhere, and not managed here.';
  return { figure: formatCount(orphans), note, tone: null };
}

/**
 * @param {Dashboard['autoStop']} autoStop
 * @param {number} nowMs
 * @returns {Figure}
 */
export function nextStopFigure({ enabled, suspended, next }, nowMs) {
  if (!enabled) return { figure: 'Off', note: 'Auto-stop is switched off.', tone: null };
  if (suspended !== undefined) return { figure: 'Suspended', note: `Nothing is stopped: ${suspended}.`, tone: 'warn' };
  if (next === undefined) return { figure: 'None', note: 'Nothing that runs is to be stopped.', tone: null };
  const note = next.pricePerHour === undefined ? '' : usdPerHour(next.pricePerHour);
  const when = until(next.stopAt, nowMs);
  return { figure: when === 'now' ? 'Due now' : when, note, tone: null };
}

/** Figures are read anew every 30 s at the latest; older ones were not. */
const OLD_MS = 90_000;

/**
 * How old the figures are.
 *
 * @param {Dashboard | null} dashboard
 * @param {boolean} hasFailed whether the latest try to read them did
 * @param {number} nowMs
 * @returns {{readonly text: string, readonly tone: Tone | null}}
 */
export function figuresAge(dashboard, hasFailed, nowMs) {
  if (dashboard === null) return hasFailed ? { text: 'could not be read', tone: 'bad' } : { text: '', tone: null };
  if (dashboard.unknown !== undefined) return { text: `not known: ${dashboard.unknown.message}`, tone: 'warn' };
  // While Redis is away, money and deadlines are as they were read last.
  const asOf = dashboard.storedAsOf ?? dashboard.asOf;
  const text = `as of ${ago(asOf, nowMs)}`;
  const isOld = hasFailed || dashboard.storedAsOf !== undefined || nowMs - Date.parse(asOf) > OLD_MS;
  return isOld ? { text: `stale, ${text}`, tone: 'warn' } : { text, tone: null };
}

const NEAR = 0.8;

/** @param {Figures['money']} money */
function isNearLimit({ dailyLimitUsd, todayUsd }) {
  return dailyLimitUsd !== undefined && todayUsd >= NEAR * dailyLimitUsd;
}
