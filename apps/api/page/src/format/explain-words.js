/**
 * @typedef {import('../http/action-types.js').Idle} Idle
 * @typedef {import('../http/action-types.js').IdleRule} IdleRule
 * @typedef {import('../http/action-types.js').LedgerKind} LedgerKind
 * @typedef {import('../http/action-types.js').SettingSource} SettingSource
 * @typedef {import('./status.js').Tone} Tone
 */

/** @type {Readonly<Record<Idle['verdict'], {readonly words: string, readonly tone: Tone}>>} */
const VERDICTS = {
  keep: { words: 'Kept', tone: 'ok' },
  warn: { words: 'Stops soon', tone: 'warn' },
  stop: { words: 'Stops at the next check', tone: 'bad' },
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

/** @type {Readonly<Record<LedgerKind, {readonly words: string, readonly tone: Tone}>>} */
const KINDS = {
  status: { words: 'Status', tone: 'idle' },
  wish: { words: 'Wish', tone: 'busy' },
  settings: { words: 'Settings', tone: 'idle' },
  lease: { words: 'Lease', tone: 'ok' },
  warning: { words: 'Warning', tone: 'warn' },
  decision: { words: 'Decision', tone: 'busy' },
  repair: { words: 'Repair', tone: 'warn' },
};

/** @type {Readonly<Record<Idle['signs'][number]['kind'], string>>} */
const SIGNS = { ready: 'Became ready', use: 'Reported use', lease: 'Declared busy until', gpu: 'GPU at work' };

/** @type {Readonly<Record<SettingSource, string>>} */
const SOURCES = { instance: 'its own setting', template: 'its template', fleet: "the fleet's default" };

/** @type {Readonly<Record<string, string>>} */
const PARTS = { novita: 'Novita', lifecycle: 'Life cycle', sync: 'Sync', console: "Novita's console" };

/** @param {Idle['verdict']} verdict */
export function verdictWords(verdict) {
  return VERDICTS[verdict];
}

/** @param {IdleRule} rule */
export function ruleWords(rule) {
  return RULES[rule];
}

/** @param {LedgerKind} kind */
export function ledgerWords(kind) {
  return KINDS[kind];
}

/** @param {Idle['signs'][number]['kind']} kind */
export function signWords(kind) {
  return SIGNS[kind];
}

/**
 * Who did something, or said so: `user:ci` is the key `ci`, and a part of the service has a name.
 *
 * @param {string} by
 */
export function actorWords(by) {
  const [first = '', ...rest] = by.split(':');
  const detail = rest.join(':');
  if (first === 'user') return detail === '' ? 'Somebody with a key' : `Key ${detail}`;
  const part = PARTS[first] ?? first.charAt(0).toUpperCase() + first.slice(1);
  return detail === '' ? part : `${part} (${detail})`;
}

/**
 * What auto-stop does with an instance, and who says so.
 *
 * @param {Idle['autoStop']} autoStop
 */
export function inForceWords({ enabled, enabledFrom, thresholdMinutes, thresholdFrom }) {
  if (!enabled) return `Never stopped as idle, by ${SOURCES[enabledFrom]}.`;
  const minutes = `${thresholdMinutes} min`;
  return enabledFrom === thresholdFrom
    ? `Stopped after ${minutes} without use, by ${SOURCES[enabledFrom]}.`
    : `Stopped when unused, by ${SOURCES[enabledFrom]}; after ${minutes}, by ${SOURCES[thresholdFrom]}.`;
}
