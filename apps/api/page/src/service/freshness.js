import { problemText } from '../net/problem.js';
import { ago, clockTime, span, timeOfDay } from '../ui/format.js';

/**
 * @typedef {import('../fleet/status.js').Tone} Tone
 *
 * @typedef {object} Known what says how old the shown list is
 * @property {import('../fleet/fleet.js').DataState} data
 * @property {boolean} isRedisAway the list is read from the memory of the service, as of its last contact
 * @property {import('../net/event-stream.js').StreamState} stream
 * @property {string | null} feedDegradedSince
 * @property {{since: string, cause: string} | null} storeAway why the service cannot use its store, and since when
 * @property {Pick<import('../fleet/instance-table.js').TableState, 'isLoaded' | 'asOf' | 'loadedAtMs' | 'problem'>} table
 * @property {import('../net/api-types.js').SyncStatus | null} sync
 *
 * @typedef {object} Freshness
 * @property {string} text
 * @property {Tone} tone
 * @property {string} hint
 * @property {string | null} at since when the shown data is true; null when it is not known
 *
 * @typedef {object} Trouble
 * @property {string} key the same while the trouble is the same
 * @property {Tone} tone
 * @property {string} text what happened, and what to do
 * @property {'sync' | null} remedy a command that helps
 */

/**
 * Since when every change would be on the page: when Novita was observed as the shown list has it. While events come in,
 * a sync that listed after the list was loaded moves it on, since an event came for each of its changes.
 *
 * @param {Known} known
 * @returns {string | null}
 */
export function dataAsOf({ stream, feedDegradedSince, table, sync }) {
  if (!table.isLoaded) return null;
  const synced = sync?.instancesAsOf ?? null;
  if (table.asOf === null) return synced;
  const isLive = stream.kind === 'live' && feedDegradedSince === null;
  const isNewer = synced !== null && synced > table.asOf && Date.parse(synced) > (table.loadedAtMs ?? 0);
  return isLive && isNewer ? synced : table.asOf;
}

/**
 * @param {Known} known
 * @param {number} nowMs
 * @returns {Freshness}
 */
export function freshness(known, nowMs) {
  const { data, table, isRedisAway } = known;
  const at = dataAsOf(known);
  if (!data.isReachable || (table.problem !== null && table.isLoaded)) {
    return { text: `Stale: ${loadedAt(known, nowMs)}`, tone: 'bad', hint: 'It could not be read anew.', at };
  }
  if (isRedisAway && table.isLoaded) {
    return {
      text: `Stale: ${loadedAt(known, nowMs)}`,
      tone: 'bad',
      hint: 'What came later may not be shown yet.',
      at,
    };
  }
  if (table.problem !== null) return { text: 'Not read', tone: 'bad', hint: 'The list could not be read.', at };
  if (at === null) return { text: 'Loading…', tone: 'idle', hint: 'The list was not read yet.', at };
  const hint = `Every instance is shown as Novita had it at ${clockTime(at)} or later. Changes that this service makes or observes since then are shown at once.`;
  return { text: `Data as of ${ago(at, nowMs)}`, tone: 'idle', hint, at };
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
        ? { text: 'Live', tone: 'ok', hint: 'Every change appears at once.' }
        : { text: 'Events held up', tone: 'warn', hint: REFRESHED };
    case 'connecting':
      return { text: 'Connecting…', tone: 'busy', hint: REFRESHED };
    case 'waiting': {
      const seconds = Math.ceil((stream.untilMs - nowMs) / 1_000);
      const when = seconds > 0 ? ` in ${span(seconds * 1_000)}` : '…';
      return { text: `Reconnecting${when}`, tone: 'warn', hint: REFRESHED };
    }
    case 'paused':
      return { text: 'Paused', tone: 'idle', hint: 'The page was hidden. It goes on when it is shown again.' };
    case 'rejected':
      return { text: 'Not live', tone: 'warn', hint: problemText(stream.problem) };
  }
}

const REFRESHED = 'Until events come again the page is read anew every 30 s.';

/**
 * The troubles that a reader must know before trusting the page, the worst first.
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
    const loaded = data.answeredAtMs === null ? '' : `; what you see is ${loadedAt(known, nowMs)}`;
    const text = `The API does not answer${loaded}. The page goes on by itself as soon as it does.`;
    found.push({ key: 'unreachable', tone: 'bad', text, remedy: null });
  }
  if (sync?.held !== undefined) {
    const { reason, wouldRemove, since } = sync.held;
    const text =
      `The sync is held since ${timeOfDay(Date.parse(since), nowMs)}: ${reason}. Nothing was removed; ${count(wouldRemove)} would be. ` +
      "Look at Novita's console. If they are gone, sync now with force, or the next listing that agrees lets it through; if not, nothing is to be done.";
    found.push({ key: `held ${since}`, tone: 'warn', text, remedy: 'sync' });
  }
  if (feedDegradedSince !== null && data.isReachable) {
    const since = timeOfDay(Date.parse(storeAway?.since ?? feedDegradedSince), nowMs);
    const text =
      storeAway === null
        ? `Degraded since ${since}: the service cannot follow its own changes. ${REFRESHED}`
        : `Degraded since ${since}: ${storeAway.cause}. ${listMessage(known)}Stops and deletes go straight to Novita. Nothing can be created or started ` +
          'until Redis is back, and auto-stop does nothing meanwhile.';
    found.push({ key: 'feed', tone: 'warn', text, remedy: null });
  }
  if (stream.kind === 'rejected' && stream.problem.status !== 401) {
    const text = `There are no live events: ${problemText(stream.problem)} The page is read anew every 30 s.`;
    found.push({ key: 'rejected', tone: 'warn', text, remedy: null });
  }
  return found;
}

/**
 * @param {Pick<Known, 'table' | 'data'>} known
 * @param {number} nowMs
 */
function loadedAt({ table, data }, nowMs) {
  const atMs = table.loadedAtMs ?? data.answeredAtMs;
  return atMs === null ? 'not known' : `from ${timeOfDay(atMs, nowMs)}`;
}

/** @param {Known} known */
function listMessage(known) {
  return known.table.isLoaded
    ? 'The list shows the instances as this service knows them, and is read anew every few seconds. '
    : 'The instances are not known yet. ';
}

/** @param {number} records */
function count(records) {
  return records === 1 ? '1 record' : `${records} records`;
}
