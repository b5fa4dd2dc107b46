import { badRequest, type FieldViolation, invalid, unexpectedError } from './api-status.js';
import type { FaceKind } from './kinds.js';
import { fieldMatcher, labelMatcher, type Matcher } from './selectors.js';
import type { StoredObject } from './stored-object.js';

/** What the query of a list or a watch asks for. */
export interface ListOptions {
  readonly labels: Matcher | null;
  readonly fields: Matcher | null;
  /** Null for no limit. */
  readonly limit: number | null;
  readonly continue: ContinueToken | null;
  /** Null when it says none. */
  readonly version: number | null;
  readonly match: 'Exact' | 'NotOlderThan' | null;
  readonly timeoutMs: number;
  readonly bookmarks: boolean;
  readonly sendInitialEvents: boolean | null;
}

/** A place in a list of pages. The state is that of one version, or the latest (-1) when that was lost on the way. */
export interface ContinueToken {
  readonly version: number;
  /** Objects with a greater key are still to come. */
  readonly after: string;
  /** When the first page was cut; after a while the server has forgotten the state. */
  readonly at: number;
}

const LATEST = -1;
/** The apiserver ends watches by itself after half an hour or later. */
const LONGEST_WATCH_MS = 1_800_000;
const TOKEN_VERSION = 'meta.k8s.io/v1';

export const isOfLatestState = ({ version }: ContinueToken): boolean => version === LATEST;

export function continueText(token: ContinueToken): string {
  const { version, after, at } = token;
  return Buffer.from(JSON.stringify({ v: TOKEN_VERSION, rv: version, start: `${after}\u0000`, at })).toString(
    'base64url',
  );
}

/** The token that an answer 410 carries: it goes on from the same place with what is there now. */
export function freshContinueText({ after }: ContinueToken, now: number): string {
  return continueText({ version: LATEST, after, at: now });
}

/** @throws ApiError 400 or 422 naming the parameter */
export function listOptions(kind: FaceKind, query: URLSearchParams, watchList: boolean): ListOptions {
  const isWatch = isTrue(query.get('watch'));
  const limit = wholeNumber(query, 'limit') ?? 0;
  const match = query.get('resourceVersionMatch') ?? '';
  const options: ListOptions = {
    labels: labelMatcher(query.get('labelSelector') ?? ''),
    fields: fieldMatcher(kind, query.get('fieldSelector') ?? ''),
    limit: limit > 0 ? limit : null,
    continue: continueToken(query.get('continue') ?? ''),
    version: versionOf(query),
    match: match === 'Exact' || match === 'NotOlderThan' ? match : null,
    timeoutMs: (positive(wholeNumber(query, 'timeoutSeconds')) ?? LONGEST_WATCH_MS / 1_000) * 1_000,
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: query.has('sendInitialEvents') ? isTrue(query.get('sendInitialEvents')) : null,
  };
  const violations = isWatch ? watchViolations(options, match, watchList) : listViolations(options, match);
  if (violations.length > 0) throw invalid('ListOptions', '', violations);
  if (!isWatch && options.continue !== null && options.version !== null && options.version !== 0) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  return options;
}

/** Whether the selectors of a request let an object through. */
export function matcherOf({ labels, fields }: ListOptions, namespace: string | null): Matcher {
  return (object: StoredObject) =>
    (namespace === null || object.namespace === namespace) &&
    (labels === null || labels(object)) &&
    (fields === null || fields(object));
}

function watchViolations(options: ListOptions, match: string, watchList: boolean): readonly FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (options.sendInitialEvents !== null) {
    if (!watchList) {
      const reason = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
      violations.push(forbiddenField('sendInitialEvents', reason));
    }
    if (match !== 'NotOlderThan') {
      const reason = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
      violations.push(forbiddenField('resourceVersionMatch', reason));
    }
  } else if (match !== '') {
    const reason = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    violations.push(forbiddenField('resourceVersionMatch', reason));
  }
  return violations;
}

function listViolations(options: ListOptions, match: string): readonly FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (options.sendInitialEvents !== null) {
    violations.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (match === '') return violations;
  if (options.version === null) {
    const reason = 'resourceVersionMatch is forbidden unless resourceVersion is provided';
    violations.push(forbiddenField('resourceVersionMatch', reason));
  }
  if (options.continue !== null) {
    const reason = 'resourceVersionMatch is forbidden when continue is provided';
    violations.push(forbiddenField('resourceVersionMatch', reason));
  }
  if (options.match === null) {
    const message = `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`;
    violations.push({ reason: 'FieldValueNotSupported', message, field: 'resourceVersionMatch' });
  }
  if (options.match === 'Exact' && options.version === 0) {
    const reason = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
    violations.push(forbiddenField('resourceVersionMatch', reason));
  }
  return violations;
}

const forbiddenField = (field: string, message: string): FieldViolation => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${message}`,
  field,
});

/** @throws ApiError 500, as the apiserver has it */
export function versionOf(query: URLSearchParams): number | null {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return null;
  if (!/^\d{1,15}$/.test(text)) {
    throw unexpectedError(`resourceVersion: Invalid value: ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

const positive = (value: number | null): number | null => (value !== null && value > 0 ? value : null);

function wholeNumber(query: URLSearchParams, name: string): number | null {
  const text = query.get(name) ?? '';
  if (text === '') return null;
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

const isTrue = (text: string | null): boolean => text === 'true' || text === '1';

function continueToken(text: string): ContinueToken | null {
  if (text === '') return null;
  try {
    const { v, rv, start, at } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Readonly<
      Record<string, unknown>
    >;
    if (v === TOKEN_VERSION && typeof rv === 'number' && typeof start === 'string' && typeof at === 'number') {
      return { version: rv, after: start.slice(0, -1), at };
    }
  } catch {
    // Said below, as for a token of another kind.
  }
  throw badRequest('continue key is not valid: the token cannot be read');
}
