/**
 * What tells how old the shown list is, as it stands.
 *
 * @param {import('../app/fleet.js').Fleet} fleet
 * @returns {import('../format/freshness.js').Known}
 */
export function knownOf(fleet) {
  const data = fleet.data.get();
  const details = fleet.health.get()?.details;
  return {
    data,
    // In memory mode there is no Redis whose health could be told.
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
 * @returns {import('../format/freshness.js').Known['storeAway']}
 */
function storeAwayOf(store) {
  if (store?.['state'] !== 'degraded') return null;
  const { since, cause } = store;
  return typeof since === 'string' && typeof cause === 'string' ? { since, cause } : null;
}
