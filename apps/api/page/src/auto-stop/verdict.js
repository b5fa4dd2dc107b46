import { facts } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { clockTime } from '../ui/format.js';
import { moment } from '../ui/ticker.js';
import { byWhom, untilText } from './people.js';
import { WHY } from './words.js';

/**
 * @typedef {import('../net/api-types.js').IdleEvaluation} Idle
 * @typedef {import('../net/api-types.js').IdleEvaluation['rule']} IdleRule
 * @typedef {import('../net/api-types.js').AutoStopInForceView['enabledFrom']} SettingSource
 * @typedef {NonNullable<Idle['exemption']>} Exemption
 * @typedef {Pick<Idle, 'rule' | 'exemption' | 'status'>} Judged
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
    h('strong', {}, SIGNALS[kind]),
    ' ',
    timed(at, kind === 'lease' ? 'until' : 'ago'),
    h('span', { class: 'quiet' }, `, by ${byWhom(by)}${detail === undefined ? '' : `: ${detail}`}`),
  );
}

/**
 * @param {string} at
 * @param {'ago' | 'until'} manner
 */
function timed(at, manner) {
  return [moment(at, manner), h('span', { class: 'quiet' }, ` (${clockTime(at)})`)];
}

const WAYS_TO_KEEP = [
  'A report of use by its client: its idle time begins anew.',
  '“Keep busy” declares it busy for a time.',
  '“Auto-stop settings…” lets it stand unused for longer, or for ever.',
];

/** @type {Readonly<Record<IdleRule, (idle: Judged) => readonly string[]>>} */
const CHANGES = {
  exempt: ({ exemption, status }) => (exemption === undefined ? [] : EXEMPTION_CHANGES[exemption](status)),
  leased: () => ['“Keep busy” prolongs, shortens or ends it; its idle time begins with the end.'],
  'used-lately': () => WAYS_TO_KEEP,
  'warning-due': () => WAYS_TO_KEEP,
  held: () => ['“Stop” stops it now.', ...WAYS_TO_KEEP],
  'idle-too-long': () => WAYS_TO_KEEP,
  'picture-too-old': () => ['Novita showing that it runs: “Sync now” reads the fleet anew.', ...WAYS_TO_KEEP],
  suspended: () => ['A sync that completes: “Sync now” reads the fleet anew.', ...WAYS_TO_KEEP],
  'utilisation-unknown': () => ['Novita saying again how busy its GPU is.', ...WAYS_TO_KEEP],
};

const ITS_SETTINGS = '“Auto-stop settings…” has it stopped when it is idle.';

/** @type {Readonly<Record<Exemption, (status: Idle['status']) => readonly string[]>>} */
const EXEMPTION_CHANGES = {
  'switched-off-for-all': () => ['Auto-stop being switched on in the settings of the service.'],
  'switched-off-for-this-one': () => [ITS_SETTINGS],
  'switched-off-for-its-template': () => [ITS_SETTINGS],
  'made-elsewhere': () => ['“Adopt…” makes it one of ours.'],
  'billed-monthly': () => ['Nothing: it would cost the same when it is stopped.'],
  'not-ready': (status) => {
    if (COMING.has(status)) return ['Its being ready: its idle time begins then.'];
    return CAN_START.has(status) ? ['“Start” starts it; its idle time begins when it is ready.'] : [];
  },
  'not-wished-to-run': () => ['“Start” keeps it running.'],
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
  return CHANGES[idle.rule](idle);
}

/** @type {Readonly<Record<Idle['signs'][number]['kind'], string>>} */
const SIGNALS = { ready: 'Became ready', use: 'Reported use', lease: 'Declared busy until', gpu: 'GPU at work' };

/** @type {Readonly<Record<SettingSource, string>>} */
const SOURCES = { instance: 'its own setting', template: 'its template', fleet: "the fleet's default" };

/**
 * The settings in force for an instance, and where each comes from.
 *
 * @param {Idle['autoStop']} autoStop
 */
export function autoStopInForce({ enabled, enabledFrom, thresholdMinutes, thresholdFrom }) {
  if (!enabled) return `Never stopped as idle, by ${SOURCES[enabledFrom]}.`;
  const minutes = `${thresholdMinutes} min`;
  return enabledFrom === thresholdFrom
    ? `Stopped after ${minutes} without use, by ${SOURCES[enabledFrom]}.`
    : `Stopped when unused, by ${SOURCES[enabledFrom]}; after ${minutes}, by ${SOURCES[thresholdFrom]}.`;
}
