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
 * @param {{readonly [detail: string]: unknown} | undefined} store
 * @returns {import('./freshness.js').Known['storeAway']}
 */
function storeAwayOf(store) {
  if (store?.['state'] !== 'degraded') return null;
  const { since, cause } = store;
  return typeof since === 'string' && typeof cause === 'string' ? { since, cause } : null;
}
