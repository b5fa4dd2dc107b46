import { problemText } from '../net/problem.js';
import { ago, clockTime, counted, span, timeOfDay } from '../ui/format.js';
import { FRESHNESS, TROUBLES } from './words.js';

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
  const listed = mark.at === null ? '' : FRESHNESS.listed(clockTime(mark.at), ago(mark.at, nowMs));
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
        ? { text: FRESHNESS.live, tone: 'ok', hint: FRESHNESS.liveHint }
        : { text: FRESHNESS.heldUp, tone: 'warn', hint: FRESHNESS.refreshed };
    case 'connecting':
      return { text: FRESHNESS.connecting, tone: 'busy', hint: FRESHNESS.refreshed };
    case 'waiting': {
      const seconds = Math.ceil((stream.untilMs - nowMs) / 1_000);
      const text = seconds > 0 ? FRESHNESS.reconnectingIn(span(seconds * 1_000)) : FRESHNESS.reconnecting;
      return { text, tone: 'warn', hint: FRESHNESS.refreshed };
    }
    case 'paused':
      return { text: FRESHNESS.paused, tone: 'idle', hint: FRESHNESS.pausedHint };
    case 'rejected':
      return { text: FRESHNESS.notLive, tone: 'warn', hint: problemText(stream.problem) };
  }
}

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
    const text = data.answeredAtMs === null ? TROUBLES.unreachable : TROUBLES.unreachableShown(loadedAt(known, nowMs));
    found.push({ key: 'unreachable', tone: 'bad', text, remedy: null });
  }
  if (sync?.held !== undefined) {
    const { reason, wouldRemove, since } = sync.held;
    const text = TROUBLES.held(timeOfDay(Date.parse(since), nowMs), reason, counted(wouldRemove, TROUBLES.record));
    found.push({ key: `held ${since}`, tone: 'warn', text, remedy: 'sync' });
  }
  if (feedDegradedSince !== null && data.isReachable) {
    const since = timeOfDay(Date.parse(storeAway?.since ?? feedDegradedSince), nowMs);
    const text =
      storeAway === null
        ? TROUBLES.degraded(since) + FRESHNESS.refreshed
        : TROUBLES.storeAway(since, storeAway.cause, listMessage(known.table));
    found.push({ key: 'feed', tone: 'warn', text, remedy: null });
  }
  if (stream.kind === 'rejected' && stream.problem.status !== 401) {
    const text = TROUBLES.notLive(problemText(stream.problem));
    found.push({ key: 'rejected', tone: 'warn', text, remedy: null });
  }
  return found;
}

/** Only the view of the instances loads the list: elsewhere nothing is to be said of it. @param {Known['table']} table */
function listMessage({ isLoaded, problem }) {
  if (isLoaded) return TROUBLES.listKnown;
  return problem === null ? '' : TROUBLES.listUnknown;
}

/**
 * @param {Pick<Known, 'table' | 'data'>} known
 * @param {number} nowMs
 */
function loadedAt({ table, data }, nowMs) {
  const atMs = table.loadedAtMs ?? data.answeredAtMs;
  return atMs === null ? TROUBLES.fromUnknown : TROUBLES.from(timeOfDay(atMs, nowMs));
}
