import type { IndexEntry } from '../record/index-entry.js';
import { usdFromMicro } from './meter.js';
import type { SpendReading } from './spend-reading.js';

/** For what has no region or product that is known. */
const UNKNOWN = 'unknown';

/**
 * What a record adds to the counters of money per hour: micro-USD by name of the counter, and one for each whose price
 * is not known.
 */
export function ratesOf({ meter, rate, status, region, product }: IndexEntry): ReadonlyMap<string, number> {
  switch (meter) {
    case 'unpriced':
      return new Map([['unpriced', 1]]);
    case 'billing':
      return new Map([
        ['total', rate],
        [`status:${status}`, rate],
        [`region:${region || UNKNOWN}`, rate],
        [`product:${product || UNKNOWN}`, rate],
      ]);
    case 'saving':
    case '':
      return new Map();
  }
}

/** @param counters micro-USD per hour by `total`, `status:<s>`, `region:<r>`, `product:<p>`; and `unpriced` */
export function ratesNow(counters: Iterable<readonly [counter: string, value: number]>): SpendReading['now'] {
  const sums = { total: 0, unpriced: 0 };
  const by = {
    status: new Map<string, number>(),
    region: new Map<string, number>(),
    product: new Map<string, number>(),
  };
  for (const [counter, value] of counters) {
    const [kind = '', ...name] = counter.split(':');
    if (kind === 'total' || kind === 'unpriced') sums[kind] = value;
    else if (kind === 'status' || kind === 'region' || kind === 'product') {
      by[kind].set(name.join(':'), usdFromMicro(value));
    }
  }
  return {
    usdPerHour: usdFromMicro(sums.total),
    byStatus: Object.fromEntries(by.status),
    byRegion: Object.fromEntries(by.region),
    byProduct: Object.fromEntries(by.product),
    unpriced: sums.unpriced,
  };
}
