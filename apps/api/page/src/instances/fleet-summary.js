/**
 * The figures of the whole fleet, which also say what there is to filter by.
 */

/**
 * @typedef {{readonly usdPerHour: number, readonly instances: number}} FigureSum
 * @typedef {Readonly<Record<string, FigureSum>>} SumsByName
 *
 * @typedef {object} FleetFigures of `GET /instances/summary`
 * @property {number} total
 * @property {number} costUsdPerHour
 * @property {FigureSum} running
 * @property {FigureSum} billedThoughStopped
 * @property {number} unpriced
 * @property {import('../net/api-types.js').IdleCostView} idle
 * @property {{readonly instances: number}} attention
 * @property {SumsByName} byStatus
 * @property {SumsByName} byRegion
 * @property {SumsByName} byProduct
 * @property {SumsByName} byOwner
 * @property {SumsByName} byBilling
 * @property {SumsByName} byOrigin
 *
 * @typedef {object} FleetSummary
 * @property {string} asOf
 * @property {FleetFigures | null} figures
 * @property {{readonly message: string}} [unknown]
 *
 * @typedef {import('../fleet/live-read.js').LiveRead<FleetSummary>} SummaryRead
 */

export const SUMMARY_PATH = '/api/v1/instances/summary';

/**
 * What there is to choose from, the most frequent first; what is chosen is always among it.
 *
 * @param {SumsByName | undefined} sums
 * @param {readonly string[]} chosen
 * @returns {readonly {readonly value: string, readonly count: number | null}[]}
 */
export function choicesOf(sums, chosen) {
  const known = Object.entries(sums ?? {}).filter(([value]) => value !== '');
  const sorted = known.toSorted(([a, one], [b, other]) => other.instances - one.instances || a.localeCompare(b, 'en'));
  const names = new Set(sorted.map(([value]) => value));
  return [
    ...sorted.map(([value, { instances }]) => ({ value, count: instances })),
    ...chosen.filter((value) => !names.has(value)).map((value) => ({ value, count: null })),
  ];
}
