/**
 * The rules about a single instance: which of two states is newer, since when it stands idle, whether a query finds it, and where it
 * stands in an order. All pure.
 */

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 *
 * @typedef {Instance & RowFigures & {readonly isUseUnknown?: true}} KnownInstance `isUseUnknown`: it came by an event, and
 *   events do not say when it was used last nor when it will be stopped
 *
 * @typedef {object} RowFigures what older services do not say of an instance
 * @property {string} [owner] who made it: `user:` and the name of a key, `elsewhere` or `unknown`
 * @property {'running' | 'though-stopped'} [billedNow] as what it is billed; absent when it is not
 * @property {{readonly usd: number, readonly asOf: string, readonly usdPerHour: number | null, readonly countedFrom: string}} [cost]
 * @property {string} [ignoredAt] when it was set aside as an orphan
 * @property {string} [autoStopExemption] why it is not stopped as idle although it is up
 */

/**
 * The known state after an answer of the API, which holds all of an instance. Uses make no new revision.
 *
 * @param {KnownInstance | undefined} known
 * @param {Instance} incoming
 * @returns {KnownInstance} `known` itself when there is nothing new
 */
export function afterAnswer(known, incoming) {
  if (known === undefined || incoming.revision > known.revision) return incoming;
  if (incoming.revision < known.revision) return known;
  if (known.isUseUnknown === true) return incoming;
  if (timeOf(incoming.lastUsedAt) < timeOf(known.lastUsedAt)) return known;
  return incoming.lastUsedAt === known.lastUsedAt && incoming.autoStopAt === known.autoStopAt ? known : incoming;
}

/**
 * The known state after an event. The time of its stop as idle follows from what was known before, as long as that
 * counted under the same settings.
 *
 * @param {KnownInstance | undefined} known
 * @param {Instance} incoming without `lastUsedAt` and `autoStopAt`
 * @returns {KnownInstance} `known` itself when there is nothing new
 */
export function afterEvent(known, incoming) {
  if (known !== undefined && incoming.revision <= known.revision) return known;
  const used = known?.lastUsedAt === undefined ? incoming : { ...incoming, lastUsedAt: known.lastUsedAt };
  if (!canStandIdle(incoming)) return used;
  if (known === undefined || known.isUseUnknown === true || !canStandIdle(known) || !isSameRule(incoming, known)) {
    return { ...used, isUseUnknown: true };
  }
  if (known.autoStopAt === undefined) return used;
  const thresholdMs = Date.parse(known.autoStopAt) - idleSinceMs(known);
  return { ...used, autoStopAt: new Date(idleSinceMs(used) + thresholdMs).toISOString() };
}

/**
 * Since when an instance that is ready stands unused; leases count as use.
 *
 * @param {Instance} instance
 * @returns {number} epoch milliseconds
 */
export function idleSinceMs({ readyAt, startedAt, createdAt, lastUsedAt, autoStop }) {
  return Math.max(Date.parse(readyAt ?? startedAt ?? createdAt), timeOf(lastUsedAt), timeOf(autoStop.lease?.until));
}

/**
 * Whether it is declared busy now.
 *
 * @param {Pick<Instance, 'autoStop'>} instance
 * @param {number} nowMs
 */
export function isLeased({ autoStop: { lease } }, nowMs) {
  return lease !== undefined && Date.parse(lease.until) > nowMs;
}

/**
 * Whether being unused can count against it; the rules of the fleet or of its template may still say otherwise.
 *
 * @param {Instance} instance
 */
export function canStandIdle({ status, desired, origin, billingMode, autoStop }) {
  return (
    status === 'ready' &&
    desired === 'running' &&
    origin !== 'discovered' &&
    billingMode !== 'monthly' &&
    autoStop.enabled !== false
  );
}

/**
 * @param {Instance} a
 * @param {Instance} b
 */
function isSameRule({ autoStop: a }, { autoStop: b }) {
  return a.enabled === b.enabled && a.thresholdMinutes === b.thresholdMinutes;
}

/** @param {string | undefined} at */
function timeOf(at) {
  return at === undefined ? Number.NEGATIVE_INFINITY : Date.parse(at);
}

/**
 * Whether a query finds it, as far as the page can say: what a figure counts as idle or as needing attention, the API
 * decides.
 *
 * @param {KnownInstance} instance
 * @param {import('./table-query.js').TableQuery} query
 */
export function matches(instance, query) {
  const { statuses, regions, products, owners, origins, billings, search, show } = query;
  return (
    (statuses.length === 0 ? instance.status !== 'terminated' : statuses.includes(instance.status)) &&
    (regions.length === 0 || regions.includes(instance.region ?? '')) &&
    (products.length === 0 || products.some((product) => isOfProduct(instance.product, product))) &&
    (owners.length === 0 || instance.owner === undefined || owners.includes(instance.owner)) &&
    (origins.length === 0 || origins.includes(instance.origin)) &&
    (billings.length === 0 || billings.includes(instance.billingMode)) &&
    hasText(instance, search) &&
    isCounted(instance, show)
  );
}

/**
 * Whether the place of an instance among others follows from what the page knows of it: its time of creation and its name
 * never change, and what the API alone decides is not asked for.
 *
 * @param {import('./table-query.js').TableQuery} query
 */
export function hasFixedPlaces({ sort, idle, show }) {
  return FIXED_SORTS.has(sort) && idle === '' && show !== 'idle' && show !== 'attention';
}

const FIXED_SORTS = new Set(['createdAt', '-createdAt', 'name', '-name']);

/**
 * @param {Instance['product']} product
 * @param {string} wanted id, or a part of the name
 */
function isOfProduct({ id, name }, wanted) {
  return id === wanted || name.toLowerCase().includes(wanted.toLowerCase());
}

/**
 * @param {Instance} instance
 * @param {string} text
 */
function hasText({ id, novitaInstanceId = '', name, image, templateId = '', product }, text) {
  const wanted = text.toLowerCase();
  return [name, id, novitaInstanceId, image, templateId, product.name].some((part) =>
    part.toLowerCase().includes(wanted),
  );
}

/**
 * @param {KnownInstance} instance
 * @param {import('./table-query.js').FigureName | ''} show
 */
function isCounted({ billedNow }, show) {
  if (show === 'running') return billedNow === 'running';
  if (show === 'billed-though-stopped') return billedNow === 'though-stopped';
  return show !== 'billed' || billedNow !== undefined;
}

/**
 * @typedef {import('./table-query.js').TableSort} TableSort
 */

/**
 * Compares as the API sorts: by time of creation or by name, then by what is left of both and by id. None of them ever
 * changes, so an instance keeps its place.
 *
 * @param {Instance} a
 * @param {Instance} b
 * @param {TableSort} sort
 */
export function compareInstances(a, b, sort) {
  const upward = sort.endsWith('name') ? text(a.name, b.name) || byCreation(a, b) : byCreation(a, b);
  return sort.startsWith('-') ? -upward : upward;
}

/**
 * The place of an instance among rows that are in order.
 *
 * @param {readonly Instance[]} rows
 * @param {Instance} instance
 * @param {TableSort} sort
 */
export function placeAmong(rows, instance, sort) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row !== undefined && compareInstances(row, instance, sort) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * @param {Instance} a
 * @param {Instance} b
 */
function byCreation(a, b) {
  return text(a.createdAt, b.createdAt) || text(a.id, b.id);
}

/**
 * @param {string} a
 * @param {string} b
 */
function text(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
