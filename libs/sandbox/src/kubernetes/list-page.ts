import { ApiError, expiredContinue, expiredVersion, versionTooLarge } from './api-status.js';
import type { FaceKind } from './kinds.js';
import {
  type ContinueToken,
  continueText,
  freshContinueText,
  isOfLatestState,
  type ListOptions,
  matcherOf,
} from './list-options.js';
import type { ObjectLog } from './object-log.js';
import type { StoredObject } from './stored-object.js';

export interface ListPage {
  readonly items: readonly StoredObject[];
  readonly version: number;
  readonly continue: string | null;
  /** Null where the apiserver leaves it out: on the last page, and with a selector. */
  readonly remaining: number | null;
}

interface State {
  readonly objects: readonly StoredObject[];
  readonly version: number;
}

/**
 * One page of a list: all pages show the state at the version of the first.
 *
 * @param namespace null for all
 * @param ttlMs how long after the first page the state is remembered
 * @throws ApiError 410 when the state is forgotten, 504 when the version is still to come
 */
export function listPage(
  log: ObjectLog,
  kind: FaceKind,
  namespace: string | null,
  options: ListOptions,
  { now, ttlMs }: { readonly now: number; readonly ttlMs: number },
): ListPage {
  const token = options.continue;
  const { objects, version } =
    token === null ? firstState(log, kind, options) : laterState(log, kind, token, { now, ttlMs });
  const matches = matcherOf(options, namespace);
  // From the server's memory a list comes whole, whatever the limit.
  const limit = options.version === 0 && token === null ? null : options.limit;
  const items: StoredObject[] = [];
  let index = token === null ? 0 : firstAfter(objects, token.after);
  let hasMore = false;
  for (; index < objects.length; index++) {
    const object = objects[index];
    if (object === undefined || !matches(object)) continue;
    hasMore = limit !== null && items.length === limit;
    if (hasMore) break;
    items.push(object);
  }
  const last = items.at(-1);
  if (!hasMore || last === undefined) return { items, version, continue: null, remaining: null };
  const next = continueText({ version, after: last.key, at: token?.at ?? now });
  const hasSelector = options.labels !== null || options.fields !== null;
  const remaining = hasSelector ? null : objects.slice(index).filter(matches).length;
  return { items, version, continue: next, remaining };
}

function firstState(log: ObjectLog, kind: FaceKind, options: ListOptions): State {
  const { version: asked, match, limit } = options;
  const latest = log.version;
  if (asked !== null && asked > latest) throw versionTooLarge(asked, latest);
  const isExact = asked !== null && asked > 0 && (match === 'Exact' || (match === null && limit !== null));
  if (!isExact) return { objects: log.list(kind), version: latest };
  const objects = log.listAt(kind, asked);
  if (objects === null) throw expiredList();
  return { objects, version: asked };
}

function laterState(
  log: ObjectLog,
  kind: FaceKind,
  token: ContinueToken,
  { now, ttlMs }: { readonly now: number; readonly ttlMs: number },
): State {
  if (isOfLatestState(token)) return { objects: log.list(kind), version: log.version };
  const objects = now - token.at > ttlMs ? null : log.listAt(kind, token.version);
  if (objects === null) throw expiredContinue(freshContinueText(token, now));
  return { objects, version: token.version };
}

function expiredList(): ApiError {
  const { status } = expiredVersion(0, 0);
  return new ApiError({ ...status, message: 'The resourceVersion for the provided list is too old.' });
}

/** Where the objects with a greater key begin. */
function firstAfter(objects: readonly StoredObject[], key: string): number {
  let low = 0;
  let high = objects.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((objects[middle]?.key ?? '') <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}
