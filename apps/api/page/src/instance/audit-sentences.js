/**
 * The entries of an audit log as sentences for a person. All pure.
 */

import { byWhom, peopleText, untilText, whoBegins } from '../auto-stop/people.js';
import { INSTANCE_STATUSES } from '../fleet/status.js';
import { sentence } from '../net/problem.js';
import { INSTANCE } from './words.js';

/**
 * @typedef {import('../net/api-types.js').AuditEntryView} Entry
 * @typedef {Entry['kind'] | 'hold'} Kind holds of stops are written down by later services
 * @typedef {import('../fleet/status.js').Tone} Tone
 * @typedef {'all' | 'status' | 'commands' | 'autoStop' | 'settings' | 'repairs'} Group
 *
 * @typedef {object} Sentence
 * @property {string} text what happened, without a full stop
 * @property {string} detail why; empty when nothing more is known
 * @property {Tone} tone
 */

/** @type {Readonly<Record<Group, readonly Kind[]>>} */
const GROUPS = {
  all: ['status', 'wish', 'settings', 'lease', 'warning', 'decision', 'repair', 'hold'],
  status: ['status'],
  commands: ['wish'],
  autoStop: ['lease', 'warning', 'decision', 'hold'],
  settings: ['settings'],
  repairs: ['warning', 'repair'],
};

export const GROUP_NAMES = /** @type {readonly Group[]} */ (Object.keys(GROUPS));

/** @param {string | null} name of an address, which anybody can write @returns {Group} */
export function groupNamed(name) {
  return GROUP_NAMES.find((group) => group === name) ?? 'all';
}

/**
 * @param {readonly Entry[]} entries
 * @param {Group} group
 */
export function entriesOf(entries, group) {
  return entries.filter(({ kind }) => GROUPS[group].includes(kind));
}

/** @type {Readonly<Record<Kind, (entry: Entry, nowMs: number) => Sentence>>} */
const SENTENCES = {
  status: ({ to = '', reason }) => ({
    text: becameText(to),
    detail: reasonText(reason),
    tone: STATUS_TONES[to] ?? 'busy',
  }),
  wish: ({ to, by, reason }) => ({
    text: commandText(to, by),
    detail: reasonText(reason),
    tone: to === 'running' ? 'busy' : 'warn',
  }),
  settings: ({ by, reason }) => ({
    text: INSTANCE.changedSettings(whoBegins(by)),
    detail: reasonText(reason),
    tone: 'idle',
  }),
  lease: leaseSentence,
  warning: ({ by, reason }) => ({
    text: by === 'auto-stop' ? INSTANCE.warnedIdle : INSTANCE.warned(whoBegins(by)),
    detail: reasonText(reason),
    tone: 'warn',
  }),
  decision: ({ by, reason }) => ({
    text: by === 'auto-stop' ? INSTANCE.keptAfterAll : INSTANCE.decided(whoBegins(by)),
    detail: reasonText(reason),
    tone: 'busy',
  }),
  repair: ({ by, reason }) => ({ text: INSTANCE.repaired(byWhom(by)), detail: reasonText(reason), tone: 'warn' }),
  hold: ({ from, reason }) => ({
    text: from === undefined ? INSTANCE.held : INSTANCE.heldNoMore,
    detail: reasonText(reason),
    tone: 'busy',
  }),
};

/**
 * What happened, by whom and why.
 *
 * @param {Entry} entry
 * @param {number} nowMs
 * @returns {Sentence}
 */
export function sentenceOf(entry, nowMs) {
  return SENTENCES[entry.kind](entry, nowMs);
}

/** @type {Readonly<Record<string, Tone>>} */
const STATUS_TONES = {
  ready: 'ok',
  stopped: 'idle',
  terminated: 'idle',
  failed: 'bad',
  stopping: 'warn',
  deleting: 'warn',
};

/** @param {string} status */
function becameText(status) {
  const known = INSTANCE_STATUSES.find((one) => one === status);
  return known === undefined ? INSTANCE.becameOther(status) : INSTANCE.became[known];
}

/** @param {string | undefined} state @param {string} by */
function commandText(state, by) {
  const who = whoBegins(by);
  if (state === 'running') return INSTANCE.askedToRun(who);
  if (state === 'stopped') return INSTANCE.askedToStop(who);
  return state === 'deleted' ? INSTANCE.askedToDelete(who) : INSTANCE.askedOther(who);
}

/** @param {Entry} entry @param {number} nowMs @returns {Sentence} */
function leaseSentence({ by, to, reason }, nowMs) {
  const who = whoBegins(by);
  if (to === undefined) return { text: INSTANCE.endedBusy(who), detail: reasonText(reason), tone: 'idle' };
  // The reason begins with what the sentence says already.
  const why = reason.replace(/^declared busy until \S+: /, '');
  return { text: INSTANCE.keptBusy(who, untilText(to, nowMs)), detail: reasonText(why), tone: 'ok' };
}

/** What says no more than the sentence itself. */
const BARE = /^(?:(?:start|stop|delete|restart) was asked for|the record was made|no reason was given)\.?$/i;

/** @param {string} reason */
function reasonText(reason) {
  return reason === '' || BARE.test(reason) ? '' : sentence(peopleText(reason));
}
