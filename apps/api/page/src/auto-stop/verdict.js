import { facts } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { actorName, clockTime, withLocalTimes } from '../ui/format.js';
import { moment } from '../ui/ticker.js';

/**
 * @typedef {import('../net/api-types.js').IdleEvaluation} Idle
 * @typedef {import('../net/api-types.js').Instance} Instance
 */

/**
 * The verdict of auto-stop on an instance, with its signals.
 *
 * @param {{readonly idle: Idle, readonly instance: Instance}} shown
 */
export function verdictSection({ idle, instance }) {
  const { text, tone } = verdictLabel(idle.verdict);
  const { lease } = instance.autoStop;
  return [
    h('h3', {}, 'Is it stopped as idle?'),
    h(
      'div',
      { class: 'verdict', data: { tone } },
      h('span', { class: 'badge', data: { tone } }, text),
      h('p', {}, withLocalTimes(idle.reason)),
    ),
    facts([
      ['Rule', ruleLabel(idle.rule)],
      ['In force', autoStopInForce(idle.autoStop)],
      ['Unused since', idle.idleSince === undefined ? null : timed(idle.idleSince, 'ago')],
      ['Stops', idle.stopAt === undefined ? null : timed(idle.stopAt, 'until')],
      ['Judged anew', idle.nextEvaluation === undefined ? null : timed(idle.nextEvaluation, 'until')],
      [
        'Lease',
        lease === undefined ? null : [timed(lease.until, 'until'), ` by ${actorName(lease.by)}: ${lease.reason}`],
      ],
    ]),
    h('h3', {}, 'Signs of use'),
    idle.signs.length === 0
      ? h('p', { class: 'quiet' }, 'None is known that counts.')
      : h('ul', { class: 'signs' }, idle.signs.map(sign)),
    idle.whatWouldChangeIt.length === 0
      ? null
      : [
          h('h3', {}, 'What would change it'),
          h(
            'ul',
            { class: 'bullets' },
            idle.whatWouldChangeIt.map((change) => h('li', {}, withLocalTimes(inTermsOfPage(change)))),
          ),
        ],
  ];
}

/** The calls that the API names, and how the page offers the same. */
const OFFERED = /** @type {const} */ ([
  [/^(?:PUT|DELETE) \S+\/lease(?= )/, '“Keep busy for…”'],
  [/^PUT \S+\/last-used(?= )/, 'A report of its client'],
  [/^PATCH \S+ \(If-Match: \*\)(?= )/, '“Auto-stop settings…”'],
  [/^POST \S+\/start(?= )/, '“Start”'],
  [/^POST \S+\/adopt(?= )/, '“Adopt…”'],
  [/POST \S+\/sync(?= )/, '“Sync now”'],
]);
const FURTHER_BODY = /, with \{[^{}]*(?:\{[^{}]*\})?[^{}]*\}/g;
const BODY = / with \{[^{}]*(?:\{[^{}]*\})?[^{}]*\}/g;

/**
 * A suggestion of the API for a person: it names calls, and the page has a button for each.
 *
 * @param {string} suggestion
 */
export function inTermsOfPage(suggestion) {
  const call = OFFERED.find(([pattern]) => pattern.test(suggestion));
  if (call === undefined) return suggestion;
  return suggestion.replace(call[0], call[1]).replaceAll(FURTHER_BODY, ', or').replaceAll(BODY, '');
}

/** @param {Idle['signs'][number]} shown */
function sign({ kind, at, by, detail }) {
  return h(
    'li',
    {},
    h('strong', {}, signalLabel(kind)),
    ' ',
    timed(at, kind === 'lease' ? 'until' : 'ago'),
    h('span', { class: 'quiet' }, `, by ${actorName(by)}${detail === undefined ? '' : `: ${detail}`}`),
  );
}

/**
 * @param {string} at
 * @param {'ago' | 'until'} manner
 */
function timed(at, manner) {
  return [moment(at, manner), h('span', { class: 'quiet' }, ` (${clockTime(at)})`)];
}

/**
 * @typedef {import('../net/api-types.js').IdleEvaluation['rule']} IdleRule
 * @typedef {import('../net/api-types.js').AuditEntryView['kind']} AuditEntryKind
 * @typedef {import('../net/api-types.js').AutoStopInForceView['enabledFrom']} SettingSource
 * @typedef {import('../fleet/status.js').Tone} Tone
 */

/** @type {Readonly<Record<Idle['verdict'], {readonly text: string, readonly tone: Tone}>>} */
const VERDICTS = {
  keep: { text: 'Kept', tone: 'ok' },
  warn: { text: 'Stops soon', tone: 'warn' },
  stop: { text: 'Stops at the next check', tone: 'bad' },
};

/** @type {Readonly<Record<IdleRule, string>>} */
const RULES = {
  exempt: 'Standing unused does not count against it',
  leased: 'It is declared busy',
  'used-lately': 'It was used lately',
  'warning-due': 'It has stood unused for so long that its stop is near',
  'idle-too-long': 'It has stood unused for too long',
  'picture-too-old': 'What is known of it is too old to act on',
  'utilisation-unknown': 'How busy its GPU is could not be read',
  suspended: 'Auto-stop is suspended',
};

/** @type {Readonly<Record<AuditEntryKind, {readonly text: string, readonly tone: Tone}>>} */
const KINDS = {
  status: { text: 'Status', tone: 'idle' },
  wish: { text: 'Desired state', tone: 'busy' },
  settings: { text: 'Settings', tone: 'idle' },
  lease: { text: 'Lease', tone: 'ok' },
  warning: { text: 'Warning', tone: 'warn' },
  decision: { text: 'Decision', tone: 'busy' },
  repair: { text: 'Repair', tone: 'warn' },
};

/** @type {Readonly<Record<Idle['signs'][number]['kind'], string>>} */
const SIGNALS = { ready: 'Became ready', use: 'Reported use', lease: 'Declared busy until', gpu: 'GPU at work' };

/** @type {Readonly<Record<SettingSource, string>>} */
const SOURCES = { instance: 'its own setting', template: 'its template', fleet: "the fleet's default" };

/** @param {Idle['verdict']} verdict */
function verdictLabel(verdict) {
  return VERDICTS[verdict];
}

/** @param {IdleRule} rule */
function ruleLabel(rule) {
  return RULES[rule];
}

/** @param {AuditEntryKind} kind */
export function auditEntryLabel(kind) {
  return KINDS[kind];
}

/** @param {Idle['signs'][number]['kind']} kind */
function signalLabel(kind) {
  return SIGNALS[kind];
}

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
