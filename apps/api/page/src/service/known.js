import { watchParts } from '../ui/store.js';

/**
 * The facts from which the freshness of the page follows, and the troubles that a reader must know of.
 *
 * @param {import('../fleet/fleet.js').Fleet} fleet
 * @returns {import('./freshness.js').Known}
 */
export function knownOf(fleet) {
  const data = fleet.data.get();
  const details = fleet.health.get()?.details;
  return {
    data,
    // In memory mode there is no Redis whose health could be shown.
    isRedisAway: data.source === 'memory' && details?.['redis'] !== undefined,
    stream: fleet.stream.get(),
    feedDegradedSince: fleet.feedDegradedSince.get(),
    storeAway: storeAwayOf(details?.['store']),
    table: fleet.table.state.get(),
    sync: fleet.sync.get(),
  };
}

/**
 * Calls the listener now, and when any of the facts differs. The table's rows are none of them, and change all the time.
 *
 * @param {import('../fleet/fleet.js').Fleet} fleet
 * @param {() => void} listener
 */
export function watchKnown(fleet, listener) {
  const { data, health, stream, feedDegradedSince, sync, table } = fleet;
  const stores = [data, health, stream, feedDegradedSince, sync];
  const parts = () => {
    const { isLoaded, asOf, loadedAtMs, problem } = table.state.get();
    return [...stores.map((store) => store.get()), isLoaded, asOf, loadedAtMs, problem];
  };
  watchParts([...stores, table.state], parts, listener);
}

/**
 * @param {{readonly [detail: string]: unknown} | undefined} store
 * @returns {import('./freshness.js').Known['storeAway']}
 */
function storeAwayOf(store) {
  if (store?.['state'] !== 'degraded') return null;
  const { since, cause } = store;
  return typeof since === 'string' && typeof cause === 'string' ? { since, cause } : null;
}
