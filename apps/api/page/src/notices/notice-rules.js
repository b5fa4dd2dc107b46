import { NOTICES } from './words.js';

/**
 * Which events are worth a notice, and what it says.
 *
 * @typedef {'ready' | 'failed' | 'stopping'} NoticeKind
 *
 * @typedef {object} Notice
 * @property {string} title
 * @property {string} body
 * @property {string} tag the same for the same thing, so that several tabs show it once
 * @property {string} instanceId
 *
 * @typedef {object} Chosen what somebody wants notices about
 * @property {string} name of the instance, for the list
 * @property {readonly NoticeKind[]} kinds
 *
 * @typedef {Readonly<Record<string, Chosen>>} Choices by the id of the instance
 */

/** @type {readonly NoticeKind[]} */
export const NOTICE_KINDS = ['ready', 'failed', 'stopping'];

/** @type {Readonly<Record<string, NoticeKind>>} */
const KIND_OF = {
  'instance.ready': 'ready',
  'instance.failed': 'failed',
  'instance.auto_stop_warning': 'stopping',
};

/** A browser keeps this many; the oldest choice goes first. */
const MOST_CHOICES = 200;

/**
 * @param {string} type of the event
 * @param {import('../net/event-stream.js').EventData} data
 * @param {Choices} choices
 * @returns {Notice | null} null for an event that nobody chose
 */
export function noticeOf(type, { instanceId = '', revision = 0, instance }, choices) {
  const kind = KIND_OF[type];
  const chosen = choices[instanceId];
  if (kind === undefined || chosen === undefined || !chosen.kinds.includes(kind)) return null;
  const name = instance?.name ?? chosen.name;
  return {
    title: NOTICES.shown[kind](name),
    body: bodyOf(kind, instance?.lastError?.message),
    tag: `${instanceId} ${revision} ${kind}`,
    instanceId,
  };
}

/**
 * @param {NoticeKind} kind
 * @param {string | undefined} failure
 */
function bodyOf(kind, failure) {
  switch (kind) {
    case 'ready':
      return NOTICES.readyText;
    case 'failed':
      return failure ?? NOTICES.failedText;
    case 'stopping':
      return NOTICES.stoppingText;
  }
}

/**
 * @param {Choices} choices
 * @param {string} id
 * @param {Chosen} chosen without kinds it is taken out
 * @returns {Choices}
 */
export function withChoice(choices, id, chosen) {
  const others = Object.entries(choices).filter(([known]) => known !== id);
  const all = chosen.kinds.length === 0 ? others : [...others, /** @type {const} */ ([id, chosen])];
  return Object.fromEntries(all.slice(-MOST_CHOICES));
}

/**
 * What a browser had kept, which may be anything.
 *
 * @param {string | null} text
 * @returns {Choices}
 */
export function readChoices(text) {
  const kept = parsed(text);
  if (typeof kept !== 'object' || kept === null) return {};
  return Object.fromEntries(
    Object.entries(kept).flatMap(([id, value]) => {
      const { name, kinds } = /** @type {{name?: unknown, kinds?: unknown}} */ (value ?? {});
      const known = NOTICE_KINDS.filter((kind) => Array.isArray(kinds) && kinds.includes(kind));
      return typeof name === 'string' && known.length > 0 ? [[id, { name, kinds: known }]] : [];
    }),
  );
}

/** @param {string | null} text @returns {unknown} */
function parsed(text) {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
