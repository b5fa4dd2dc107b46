import { span } from './time.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 *
 * @typedef {object} Note
 * @property {'waiting' | 'missing' | 'elsewhere'} key
 * @property {string} words
 * @property {'warn' | 'idle'} tone
 * @property {string} hint what it means
 */

/** Beyond this the service itself calls a stop or delete unconfirmed. */
const PATIENCE_MS = 5 * 60_000;

/**
 * What must be known of an instance beside its status.
 *
 * @param {Instance} instance
 * @param {number} nowMs
 * @returns {readonly Note[]}
 */
export function notesOf(instance, nowMs) {
  /** @type {Note[]} */
  const notes = [];
  if (isUnconfirmed(instance)) {
    const waitedMs = nowMs - Date.parse(instance.desiredAt);
    notes.push({
      key: 'waiting',
      words: `waiting for Novita for ${span(waitedMs)}`,
      tone: waitedMs < PATIENCE_MS ? 'idle' : 'warn',
      hint: 'It is done, and no longer paid for, when Novita agrees. It is asked for again until then.',
    });
  }
  if (instance.missingSince !== undefined) {
    notes.push({
      key: 'missing',
      words: `not in Novita's listing for ${span(nowMs - Date.parse(instance.missingSince))}`,
      tone: 'warn',
      hint: 'That proves nothing yet: Novita is asked about it before anything is concluded.',
    });
  }
  if (instance.origin === 'discovered') {
    notes.push({
      key: 'elsewhere',
      words: 'made elsewhere',
      tone: 'idle',
      hint: 'It is shown, and nothing acts on it, until it is adopted.',
    });
  }
  return notes;
}

/**
 * Whether a stop or delete waits for Novita's agreement.
 *
 * @param {Instance} instance
 */
function isUnconfirmed({ origin, status, desired, confirmedAt }) {
  return origin !== 'discovered' && status !== 'terminated' && desired !== 'running' && confirmedAt === null;
}
