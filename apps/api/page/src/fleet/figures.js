/**
 * The figures of the dashboard, as far as they are known.
 */

/** @typedef {import('../net/api-types.js').DashboardView} Dashboard */

/**
 * @template Part
 * @typedef {{readonly [Name in keyof Part]: Exclude<Part[Name], null>}} Known
 */

/**
 * @typedef {object} Figures of a dashboard
 * @property {Known<Dashboard['counts']>} counts
 * @property {Known<Omit<Dashboard['money'], 'idle'>> & Pick<Dashboard['money'], 'idle'>} money idle costs may be measured later
 * @property {Known<Dashboard['attention']>} attention
 */

/**
 * The figures of a dashboard. While none is known the API says why, and all of them are null; else none is.
 *
 * @param {Dashboard | null} dashboard
 * @returns {Figures | null}
 */
export function figuresOf(dashboard) {
  return dashboard === null || dashboard.unknown !== undefined ? null : /** @type {Figures} */ (dashboard);
}

/**
 * How many instances need attention, each once whatever its reasons.
 *
 * @param {Figures['attention']} attention
 */
export function attentionCount({ total }) {
  return total;
}
