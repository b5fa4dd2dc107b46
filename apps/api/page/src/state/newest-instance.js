/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 *
 * @typedef {Instance & {readonly isUseUnknown?: true}} KnownInstance `isUseUnknown`: an event told of it, and events do
 *   not say when it was used last nor when it will be stopped
 */

/**
 * What is known after an answer of the API, which tells all there is of an instance. Uses make no new revision.
 *
 * @param {KnownInstance | undefined} known
 * @param {Instance} told
 * @returns {KnownInstance} `known` itself when there is nothing new
 */
export function afterAnswer(known, told) {
  if (known === undefined || told.revision > known.revision) return told;
  if (told.revision < known.revision) return known;
  if (known.isUseUnknown === true) return told;
  if (timeOf(told.lastUsedAt) < timeOf(known.lastUsedAt)) return known;
  return told.lastUsedAt === known.lastUsedAt && told.autoStopAt === known.autoStopAt ? known : told;
}

/**
 * What is known after an event. The time of its stop as idle follows from what was known before, as long as that
 * counted under the same settings.
 *
 * @param {KnownInstance | undefined} known
 * @param {Instance} told without `lastUsedAt` and `autoStopAt`
 * @returns {KnownInstance} `known` itself when there is nothing new
 */
export function afterEvent(known, told) {
  if (known !== undefined && told.revision <= known.revision) return known;
  const used = known?.lastUsedAt === undefined ? told : { ...told, lastUsedAt: known.lastUsedAt };
  if (!canStandIdle(told)) return used;
  if (known === undefined || known.isUseUnknown === true || !canStandIdle(known) || !isSameRule(told, known)) {
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
