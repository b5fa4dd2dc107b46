import { type FeedEntry, type InstanceRecord, isInstanceChange } from '@app/instance-store';
import { isObject, parseJson, parseTimestamp } from '@app/platform';
import { keyOfRun, type StartupTime, startupOf } from './startup-time.js';

/** How far the change feed was read, and the starts in it that have not come to an end. */
export interface Bookmark {
  /** Null when nothing was read yet. */
  readonly position: string | null;
  /** Keys of runs that began with a start: a record that is ready does not say whether it was started or restarted. */
  readonly starting: readonly string[];
}

/** More starts than this are not under way at once; the latest are remembered. */
const MOST_STARTING = 1_000;

/**
 * The start-ups that came to their end in a part of the feed.
 *
 * @param starting runs that began before it with a start
 * @param longestMs what takes longer is no start-up any more
 */
export function startupsIn(
  entries: readonly FeedEntry[],
  starting: readonly string[],
  longestMs: number,
): { readonly startups: readonly StartupTime[]; readonly starting: readonly string[] } {
  const underWay = new Set(starting);
  const startups: StartupTime[] = [];
  let now = 0;
  for (const entry of entries) {
    now = Date.parse(entry.at);
    if (!isInstanceChange(entry) || entry.record === null) continue;
    const { type, record } = entry;
    if (type === 'instance.starting' && isRequested(record)) underWay.add(keyOfRun(record));
    if (type !== 'instance.ready') continue;
    const startup = startupOf(record, longestMs, underWay.delete(keyOfRun(record)));
    if (startup !== null) startups.push(startup);
  }
  const young = [...underWay].filter((key) => beganMs(key) > now - longestMs);
  return { startups, starting: young.slice(-MOST_STARTING) };
}

/** Written by the request itself: later writes of a start, and all of a restart, have a command or a create to show. */
function isRequested({ desired, attempts, restartRequestedAt }: InstanceRecord): boolean {
  const isFirst = attempts.commands === 0 && attempts.creates === 0;
  return isFirst && restartRequestedAt === null && desired.state === 'running';
}

function beganMs(key: string): number {
  const began = parseTimestamp(key.slice(key.indexOf('@') + 1));
  return began === null ? Number.NEGATIVE_INFINITY : Date.parse(began);
}

export function bookmarkText({ position, starting }: Bookmark): string {
  return JSON.stringify({ position, starting });
}

/** Nothing was read when this cannot be. */
export function readBookmark(text: string | null): Bookmark {
  const value = text === null ? null : parseJson(text);
  if (!isObject(value)) return { position: null, starting: [] };
  const { position, starting } = value;
  return {
    position: typeof position === 'string' ? position : null,
    starting: Array.isArray(starting) ? starting.filter((key) => typeof key === 'string') : [],
  };
}
