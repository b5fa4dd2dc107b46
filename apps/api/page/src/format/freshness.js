import { problemText } from '../http/problem.js';
import { timeOfDay } from './duration.js';
import { ago, clockTime, span } from './time.js';

/**
 * @typedef {import('./status.js').Tone} Tone
 *
 * @typedef {object} Known what tells how old the shown list is
 * @property {import('../app/fleet.js').DataState} data
 * @property {boolean} isRedisAway the list is read from the memory of the service, as of its last contact
 * @property {import('../live/event-stream.js').StreamState} stream
 * @property {string | null} feedDegradedSince
 * @property {{since: string, cause: string} | null} storeAway why the service cannot use its store, and since when
 * @property {Pick<import('../state/instance-table.js').TableState, 'isLoaded' | 'asOf' | 'loadedAtMs' | 'problem'>} table
 * @property {import('../http/api-types.js').SyncStatus | null} sync
 *
 * @typedef {object} Freshness
 * @property {string} words
 * @property {Tone} tone
 * @property {string} hint
 * @property {string | null} at of the picture; null when it is not known
 *
 * @typedef {object} Trouble
 * @property {string} key the same while the trouble is the same
 * @property {Tone} tone
 * @property {string} words what happened, and what to do
 * @property {'sync' | null} remedy a command that helps
 */

/**
 * Since when every change would be on the page: when Novita was seen as the shown list has it. While events come in, a
 * sync that listed after the list was loaded moves it on, since all that it changed has been told.
 *
 * @param {Known} known
 * @returns {string | null}
 */
export function pictureAsOf({ stream, feedDegradedSince, table, sync }) {
  if (!table.isLoaded) return null;
  const synced = sync?.instancesAsOf ?? null;
  if (table.asOf === null) return synced;
  const isTold = stream.kind === 'live' && feedDegradedSince === null;
  const isNewer = synced !== null && synced > table.asOf && Date.parse(synced) > (table.loadedAtMs ?? 0);
  return isTold && isNewer ? synced : table.asOf;
}

/**
 * @param {Known} known
 * @param {number} nowMs
 * @returns {Freshness}
 */
export function freshness(known, nowMs) {
  const { data, table, isRedisAway } = known;
  const at = pictureAsOf(known);
  if (!data.isReachable || (table.problem !== null && table.isLoaded)) {
    return { words: `Stale: ${seenAt(known, nowMs)}`, tone: 'bad', hint: 'It could not be read anew.', at };
  }
  if (isRedisAway && table.isLoaded) {
    return {
      words: `Stale: ${seenAt(known, nowMs)}`,
      tone: 'bad',
      hint: 'What came later may not be shown yet.',
      at,
    };
  }
  if (table.problem !== null) return { words: 'Not read', tone: 'bad', hint: 'The list could not be read.', at };
  if (at === null) return { words: 'Loading…', tone: 'idle', hint: 'The list was not read yet.', at };
  const hint = `Every instance is shown as Novita had it at ${clockTime(at)} or later. What this service does or sees since then is shown at once.`;
  return { words: `Data as of ${ago(at, nowMs)}`, tone: 'idle', hint, at };
}

/**
 * Whether changes appear by themselves.
 *
 * @param {Pick<Known, 'stream' | 'feedDegradedSince'>} known
 * @param {number} nowMs
 * @returns {Omit<Freshness, 'at'>}
 */
export function liveness({ stream, feedDegradedSince }, nowMs) {
  switch (stream.kind) {
    case 'live':
      return feedDegradedSince === null
        ? { words: 'Live', tone: 'ok', hint: 'Every change appears at once.' }
        : { words: 'Events held up', tone: 'warn', hint: REFRESHED };
    case 'connecting':
      return { words: 'Connecting…', tone: 'busy', hint: REFRESHED };
    case 'waiting': {
      const seconds = Math.ceil((stream.untilMs - nowMs) / 1_000);
      const when = seconds > 0 ? ` in ${span(seconds * 1_000)}` : '…';
      return { words: `Reconnecting${when}`, tone: 'warn', hint: REFRESHED };
    }
    case 'paused':
      return { words: 'Paused', tone: 'idle', hint: 'Nobody looked at the page. It goes on when it is seen.' };
    case 'refused':
      return { words: 'Not live', tone: 'warn', hint: problemText(stream.problem) };
  }
}

const REFRESHED = 'Until events come again the page is read anew every 30 s.';

/**
 * What the reader of the page must know before trusting it, the worst first.
 *
 * @param {Known} known
 * @param {number} nowMs
 * @returns {readonly Trouble[]}
 */
export function troubles(known, nowMs) {
  const { data, stream, feedDegradedSince, storeAway, sync } = known;
  /** @type {Trouble[]} */
  const found = [];
  if (!data.isReachable) {
    const seen = data.answeredAtMs === null ? '' : `; what you see is ${seenAt(known, nowMs)}`;
    const words = `The API does not answer${seen}. The page goes on by itself as soon as it does.`;
    found.push({ key: 'unreachable', tone: 'bad', words, remedy: null });
  }
  if (sync?.held !== undefined) {
    const { reason, wouldRemove, since } = sync.held;
    const words =
      `The sync is held since ${timeOfDay(Date.parse(since), nowMs)}: ${reason}. Nothing was removed; ${count(wouldRemove)} would be. ` +
      "Look at Novita's console. If they are gone, sync now with force, or the next listing that agrees lets it through; if not, nothing is to be done.";
    found.push({ key: `held ${since}`, tone: 'warn', words, remedy: 'sync' });
  }
  if (feedDegradedSince !== null && data.isReachable) {
    const since = timeOfDay(Date.parse(storeAway?.since ?? feedDegradedSince), nowMs);
    const words =
      storeAway === null
        ? `Degraded since ${since}: the service cannot follow its own changes. ${REFRESHED}`
        : `Degraded since ${since}: ${storeAway.cause}. ${listWords(known)}Stops and deletes go straight to Novita. Nothing can be created or started ` +
          'until Redis is back, and auto-stop does nothing meanwhile.';
    found.push({ key: 'feed', tone: 'warn', words, remedy: null });
  }
  if (stream.kind === 'refused' && stream.problem.status !== 401) {
    const words = `There are no live events: ${problemText(stream.problem)} The page is read anew every 30 s.`;
    found.push({ key: 'refused', tone: 'warn', words, remedy: null });
  }
  return found;
}

/**
 * @param {Pick<Known, 'table' | 'data'>} known
 * @param {number} nowMs
 */
function seenAt({ table, data }, nowMs) {
  const atMs = table.loadedAtMs ?? data.answeredAtMs;
  return atMs === null ? 'not known' : `from ${timeOfDay(atMs, nowMs)}`;
}

/** @param {Known} known */
function listWords(known) {
  return known.table.isLoaded
    ? 'The list shows the instances as this service knows them, and is read anew every few seconds. '
    : 'The instances are not known yet. ';
}

/** @param {number} records */
function count(records) {
  return records === 1 ? '1 record' : `${records} records`;
}
