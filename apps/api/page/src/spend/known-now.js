/**
 * What the fleet costs now, from the instances alone: while Redis is away they are known, and what was spent is not.
 *
 * @typedef {NonNullable<import('../net/api-types.js').SpendView['now']>} SpendNow
 * @typedef {import('../instances/fleet-summary.js').FleetFigures} FleetFigures
 */

/**
 * @param {FleetFigures} figures
 * @returns {SpendNow} as the service says it of the same instances
 */
export function nowOf(figures) {
  return {
    costUsdPerHour: figures.costUsdPerHour,
    runningUsdPerHour: figures.running.usdPerHour,
    billedThoughStoppedUsdPerHour: figures.billedThoughStopped.usdPerHour,
    byStatus: costsOf(figures.byStatus),
    byRegion: costsOf(figures.byRegion),
    byProduct: costsOf(figures.byProduct),
    byOwner: costsOf(figures.byOwner),
    unpriced: figures.unpriced,
    idle: figures.idle,
  };
}

/** Of those that cost anything. @param {import('../instances/fleet-summary.js').SumsByName} sums */
function costsOf(sums) {
  return Object.fromEntries(
    Object.entries(sums).flatMap(([name, { usdPerHour }]) => (usdPerHour === 0 ? [] : [[name, usdPerHour]])),
  );
}
