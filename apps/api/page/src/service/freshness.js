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
 * @returns {string | null} null while no listing of Novita has completed
 */
export function dataAsOf({ stream, feedDegradedSince, table, sync }) {
  const synced = sync?.instancesAsOf ?? null;
  if (!table.isLoaded || table.asOf === null) return synced;
  const isLive = stream.kind === 'live' && feedDegradedSince === null;
  const isNewer = synced !== null && synced > table.asOf && Date.parse(synced) > (table.loadedAtMs ?? 0);
  return isLive && isNewer ? synced : table.asOf;
}

/**
 * The one mark for how fresh what is shown is.
 *
 * @param {Known} known
 * @param {number} nowMs
 * @returns {Freshness}
 */
export function freshnessMark(known, nowMs) {
  const { data, table, isRedisAway, storeAway, sync, stream, feedDegradedSince } = known;
  const at = dataAsOf(known);
  const readAtMs = data.answeredAtMs ?? table.loadedAtMs;
  if (readAtMs === null) {
    if (data.isReachable) return { text: FRESHNESS.reading, tone: 'idle', hint: FRESHNESS.readingHint, at };
    return { text: FRESHNESS.never, tone: 'bad', hint: FRESHNESS.unreachableHint, at };
  }
  const age = FRESHNESS.asOf(ago(new Date(readAtMs).toISOString(), nowMs));
  if (!data.isReachable) return { text: age, tone: 'bad', hint: FRESHNESS.unreachableHint, at };
  if (isRedisAway || storeAway !== null) {
    return { text: FRESHNESS.noRedis, tone: 'warn', hint: FRESHNESS.noRedisHint, at };
  }
  if (sync !== null && at === null) return { text: FRESHNESS.never, tone: 'warn', hint: FRESHNESS.neverHint, at };
  if (table.problem !== null) return { text: age, tone: 'bad', hint: FRESHNESS.listHint, at };
  if (at !== null && nowMs - Date.parse(at) > OLD_MS) {
    return { text: FRESHNESS.asOf(ago(at, nowMs)), tone: 'warn', hint: FRESHNESS.oldHint, at };
  }
  const live = liveness(known, nowMs);
  if (stream.kind === 'live' && feedDegradedSince === null) return { ...live, at };
  return { text: stream.kind === 'connecting' ? FRESHNESS.reading : age, tone: live.tone, hint: live.hint, at };
}

/** A listing of Novita this old was missed by several syncs in a row. */
const OLD_MS = 2 * 3_600_000;

const FRESHNESS = {
  reading: 'Reading…',
  readingHint: 'Nothing was read yet.',
  never: 'never read',
  neverHint: 'No listing of Novita has completed yet, so no instance is known.',
  unreachableHint: 'The service does not answer. What is shown is what was read last.',
  noRedis: 'no Redis: reading only',
  noRedisHint: 'What came since Redis went may not be shown. Stops and deletes still work; nothing can be started.',
  listHint: 'The list could not be read again.',
  oldHint: 'Novita was not listed for a long time.',
  /** @param {string} age */
  asOf: (age) => `as of ${age}`,
};

/**
 * What the mark rests on, in sentences.
 *
 * @param {Known} known
 * @param {number} nowMs
 * @returns {readonly string[]}
 */
export function hintsOf(known, nowMs) {
  const mark = freshnessMark(known, nowMs);
  const live = liveness(known, nowMs);
  const listed =
    mark.at === null
      ? ''
      : `Every instance is shown as Novita had it at ${clockTime(mark.at)} or later (${ago(mark.at, nowMs)}).`;
  return [mark.hint, `${live.text}. ${live.hint}`, listed].filter((line, place, all) => {
    return line !== '' && !all.some((other, at) => at !== place && other.includes(line));
  });
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
