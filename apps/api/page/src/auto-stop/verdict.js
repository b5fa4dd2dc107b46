import { facts } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { clockTime } from '../ui/format.js';
import { moment } from '../ui/ticker.js';
import { byWhom, untilText } from './people.js';
import { DECISION, WHY } from './words.js';

/**
 * @typedef {import('../net/api-types.js').IdleEvaluation} Idle
 * @typedef {import('../net/api-types.js').IdleEvaluation['rule']} IdleRule
 * @typedef {NonNullable<Idle['exemption']>} Exemption
 * @typedef {Pick<Idle, 'rule' | 'exemption' | 'status' | 'lifetime'>} Judged
 */

/**
 * What the decision of auto-stop rests on: the rule in force, the signals of use, and what would change it.
 *
 * @param {Idle} idle
 */
export function decisionDetails(idle) {
  const { lease } = idle.autoStop;
  const changes = changesOf(idle);
  return [
    facts([
      [WHY.inForce, autoStopInForce(idle.autoStop)],
      [WHY.unusedSince, idle.idleSince === undefined ? null : timed(idle.idleSince, 'ago')],
      [WHY.stopsAt, idle.stopAt === undefined ? null : timed(idle.stopAt, 'until')],
      [WHY.endsAt, idle.lifetime === undefined ? null : timed(idle.lifetime.endsAt, 'until')],
      [WHY.judgedAnew, idle.nextEvaluation === undefined ? null : timed(idle.nextEvaluation, 'until')],
      [
        WHY.keptBusy,
        lease === undefined
          ? null
          : WHY.leased(untilText(lease.until, Date.parse(idle.evaluatedAt)), byWhom(lease.by), lease.reason),
      ],
    ]),
    h('h3', {}, WHY.signals),
    idle.signs.length === 0
      ? h('p', { class: 'quiet' }, WHY.noSignals)
      : h('ul', { class: 'signals' }, idle.signs.map(signalLine)),
    changes.length === 0
      ? null
      : [
          h('h3', {}, WHY.changes),
          h(
            'ul',
            { class: 'bullets' },
            changes.map((change) => h('li', {}, change)),
          ),
        ],
  ];
}

/** @param {Idle['signs'][number]} shown */
function signalLine({ kind, at, by, detail }) {
  return h(
    'li',
    {},
    h('strong', {}, DECISION.signals[kind]),
    ' ',
    timed(at, kind === 'lease' ? 'until' : 'ago'),
    h('span', { class: 'quiet' }, `${DECISION.by(byWhom(by))}${detail === undefined ? '' : `: ${detail}`}`),
  );
}

/**
 * @param {string} at
 * @param {'ago' | 'until'} manner
 */
function timed(at, manner) {
  return [moment(at, manner), h('span', { class: 'quiet' }, ` (${clockTime(at)})`)];
}

const WAYS_TO_KEEP = [DECISION.reportUse, DECISION.declareBusy, DECISION.unusedLonger];

/** @type {Readonly<Record<IdleRule, (idle: Judged) => readonly string[]>>} */
const CHANGES = {
  exempt: ({ exemption, status }) => (exemption === undefined ? [] : EXEMPTION_CHANGES[exemption](status)),
  leased: () => [DECISION.lease],
  'used-lately': () => WAYS_TO_KEEP,
  'warning-due': () => WAYS_TO_KEEP,
  held: () => [DECISION.stopNow, ...WAYS_TO_KEEP],
  'idle-too-long': () => WAYS_TO_KEEP,
  'picture-too-old': () => [DECISION.observed, ...WAYS_TO_KEEP],
  suspended: () => [DECISION.synced, ...WAYS_TO_KEEP],
  'utilisation-unknown': () => [DECISION.measured, ...WAYS_TO_KEEP],
};

/** @type {Readonly<Record<Exemption, (status: Idle['status']) => readonly string[]>>} */
const EXEMPTION_CHANGES = {
  'switched-off-for-all': () => [DECISION.switchedOn],
  'switched-off-for-this-one': () => [DECISION.itsSettings],
  'switched-off-for-its-template': () => [DECISION.itsSettings],
  'made-elsewhere': () => [DECISION.adopt],
  'billed-monthly': () => [DECISION.monthly],
  'not-ready': (status) => {
    if (COMING.has(status)) return [DECISION.ready];
    return CAN_START.has(status) ? [DECISION.start] : [];
  },
  'not-wished-to-run': () => [DECISION.startKeeps],
};

/** @type {ReadonlySet<Idle['status']>} */
const COMING = new Set(['creating', 'created', 'starting', 'running', 'health_checking', 'restarting']);
/** @type {ReadonlySet<Idle['status']>} */
const CAN_START = new Set(['stopped', 'failed']);

/**
 * What somebody could do about a decision, with the names that the page has for it.
 *
 * @param {Judged} idle
 * @returns {readonly string[]}
 */
export function changesOf(idle) {
  const changes = CHANGES[idle.rule](idle);
  return idle.lifetime === undefined ? changes : [...changes, DECISION.lifetime];
}

/**
 * The settings in force for an instance, and where each comes from.
 *
 * @param {Idle['autoStop']} autoStop
 */
export function autoStopInForce({ enabled, enabledFrom, thresholdMinutes, thresholdFrom }) {
  const { sources } = DECISION;
  if (!enabled) return DECISION.never(sources[enabledFrom]);
  return enabledFrom === thresholdFrom
    ? DECISION.after(thresholdMinutes, sources[enabledFrom])
    : DECISION.afterBy(sources[enabledFrom], thresholdMinutes, sources[thresholdFrom]);
}
