import { facts } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { actorName, clockTime, span, withLocalTimes } from '../ui/format.js';
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
    h('h2', {}, 'Is it stopped as idle?'),
    h(
      'div',
      { class: 'verdict', data: { tone } },
      h('span', { class: 'badge', data: { tone } }, text),
      h('p', {}, reasonText(idle)),
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
    h('h2', {}, 'Signals of use'),
    idle.signs.length === 0
      ? h('p', { class: 'quiet' }, 'None is known that counts.')
      : h('ul', { class: 'signals' }, idle.signs.map(signalLine)),
    changesSection(changesOf(idle)),
  ];
}

/** @param {readonly string[]} changes */
function changesSection(changes) {
  if (changes.length === 0) return null;
  return [
    h('h2', {}, 'What would change it'),
    h(
      'ul',
      { class: 'bullets' },
      changes.map((change) => h('li', {}, change)),
    ),
  ];
}

/** @param {Idle['signs'][number]} shown */
function signalLine({ kind, at, by, detail }) {
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

/**
 * @typedef {NonNullable<Idle['exemption']>} Exemption
 * @typedef {Pick<Idle, 'rule' | 'exemption' | 'status'>} Judged
 */

/** @type {Readonly<Record<Exemption, string>>} */
const EXEMPTIONS = {
  'switched-off-for-all': 'Idle instances are not stopped by this service.',
  'switched-off-for-this-one': 'It is not stopped when idle, by its own setting.',
  'switched-off-for-its-template': 'Instances of its template are not stopped when idle.',
  'made-elsewhere': 'It was made elsewhere and nobody has adopted it, so nothing here acts on it.',
  'billed-monthly': 'It is paid by the month, so stopping it would save nothing.',
  'not-ready': 'Only an instance that is ready can stand idle.',
  'not-wished-to-run': 'It is to be stopped or deleted already.',
};

/**
 * @param {Idle} idle
 * @returns {string}
 */
export function reasonText({ rule, exemption, reason, idleSince, evaluatedAt, thresholdMinutes, autoStop: { lease } }) {
  if (exemption !== undefined) return EXEMPTIONS[exemption];
  const limit = span(thresholdMinutes * 60_000);
  if (rule === 'leased' && lease !== undefined) {
    return `Declared busy until ${clockTime(lease.until)}; then it may stand unused for ${limit}.`;
  }
  if (idleSince === undefined || !SAID_BY_FIGURES.has(rule)) return withLocalTimes(reason);
  return `Not used for ${span(Date.parse(evaluatedAt) - Date.parse(idleSince))}; it may stand unused for ${limit}.`;
}

/** The API's reason of the others holds what no figure says. @type {ReadonlySet<IdleRule>} */
const SAID_BY_FIGURES = new Set(['used-lately', 'warning-due', 'idle-too-long']);

const WAYS_TO_KEEP = [
  'A report of use by its client: its idle time begins anew.',
  '“Keep busy for…” declares it busy for a time.',
  '“Auto-stop settings…” lets it stand unused for longer, or for ever.',
];

/** @type {Readonly<Record<IdleRule, (idle: Judged) => readonly string[]>>} */
const CHANGES = {
  exempt: ({ exemption, status }) => (exemption === undefined ? [] : EXEMPTION_CHANGES[exemption](status)),
  leased: () => ['“Keep busy for…” prolongs, shortens or ends its lease; its idle time begins with the end.'],
  'used-lately': () => WAYS_TO_KEEP,
  'warning-due': () => WAYS_TO_KEEP,
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
