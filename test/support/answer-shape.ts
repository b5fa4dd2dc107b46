import type { ApiserverAnswer, ApiserverEvent } from './apiserver-caller.js';

type Members = Readonly<Record<string, unknown>>;

/**
 * An answer without what differs from run to run, such as versions, uids, ages and tokens, and without what only a whole
 * apiserver knows: the defaults that it fills in. What is left must be the same of every apiserver.
 */
export function answerShape({ status, headers, body }: ApiserverAnswer): unknown {
  const type = (headers['content-type'] ?? '').split(';')[0];
  const retryAfter = headers['retry-after'];
  return {
    status,
    ...(type === 'application/json' ? {} : { type }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(isObject(body) ? objectShape(body) : { text: String(body).trim() }),
  };
}

export function eventShape({ type, object }: ApiserverEvent): unknown {
  return { type, ...objectShape(object) };
}

function objectShape(object: Members): Members {
  const { kind, apiVersion } = object;
  const typed = { kind, apiVersion };
  if (kind === 'Status') return { ...typed, ...statusShape(object) };
  if (kind === 'Table') return { ...typed, ...listShape(object), ...tableShape(object) };
  if (Array.isArray(object['items'])) return { ...typed, ...listShape(object), items: object['items'].map(itemShape) };
  if (!isObject(object['metadata'])) return { ...typed, members: Object.keys(object).toSorted() };
  return { ...typed, name: shownName(object), metadata: metadataShape(object), members: membersOf(object) };
}

/** Without the message: it is for people, and every release words some of them anew. */
function statusShape({ status: outcome, reason, details, code, metadata }: Members): Members {
  const { causes, ...about } = isObject(details) ? details : {};
  const { uid, ...plain } = about;
  return {
    outcome,
    reason,
    code,
    ...(details === undefined ? {} : { details: { ...plain, ...(uid === undefined ? {} : { uid: 'some' }) } }),
    ...(Array.isArray(causes)
      ? { causes: causes.filter(isObject).map(({ reason: why, field }) => `${String(why)} ${String(field)}`) }
      : {}),
    ...(isObject(metadata) && Object.keys(metadata).length > 0 ? { metadata: Object.keys(metadata).toSorted() } : {}),
  };
}

function listShape({ metadata }: Members): Members {
  if (!isObject(metadata)) return { metadata };
  const { remainingItemCount: remaining } = metadata;
  return { metadata: Object.keys(metadata).toSorted(), ...(remaining === undefined ? {} : { remaining }) };
}

function itemShape(item: unknown): unknown {
  if (!isObject(item)) return item;
  const { kind } = item;
  return typeof kind === 'string' ? `${kind} ${shownName(item)}` : shownName(item);
}

function tableShape({ columnDefinitions: columns, rows }: Members): Members {
  return {
    columns: Array.isArray(columns)
      ? columns.filter(isObject).map(({ name, priority }) => `${String(name)} ${String(priority)}`)
      : columns,
    rows: Array.isArray(rows) ? rows.filter(isObject).map(rowShape) : rows,
  };
}

function rowShape({ cells, object }: Members): unknown {
  const shown = Array.isArray(cells) ? cells.map((cell) => cellShape(String(cell))) : cells;
  return { cells: shown, of: isObject(object) ? object['kind'] : object };
}

const cellShape = (cell: string): string => (/^(\d+[dhms])+$/.test(cell) ? 'an age' : withoutChance(cell));

const shownName = ({ metadata }: Members): string =>
  isObject(metadata) && typeof metadata['name'] === 'string' ? withoutChance(metadata['name']) : '';

/** Names and uids that are made up for an object are other ones each time. */
const withoutChance = (name: string): string =>
  name.replace(/^made-[a-z0-9]{5}$/, 'made-xxxxx').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'a-uid');

/** Who manages which fields is known to a whole apiserver only. */
function metadataShape({ metadata }: Members): readonly string[] {
  const { managedFields: _managed, ...shown } = isObject(metadata) ? metadata : {};
  return Object.entries(shown)
    .filter(([, value]) => value !== null)
    .map(([member]) => member)
    .toSorted();
}

const membersOf = (object: Members): readonly string[] =>
  Object.keys(object)
    .filter((member) => !['kind', 'apiVersion', 'metadata'].includes(member))
    .toSorted();

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
