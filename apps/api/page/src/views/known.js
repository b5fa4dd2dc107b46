/**
 * What tells how old the shown list is, as it stands.
 *
 * @param {import('../app/fleet.js').Fleet} fleet
 * @returns {import('../format/freshness.js').Known}
 */
export function knownOf(fleet) {
  const data = fleet.data.get();
  return {
    data,
    // In memory mode there is no Redis whose health could be told.
    isRedisAway: data.source === 'memory' && fleet.health.get()?.details?.['redis'] !== undefined,
    stream: fleet.stream.get(),
    feedDegradedSince: fleet.feedDegradedSince.get(),
    table: fleet.table.state.get(),
    sync: fleet.sync.get(),
  };
}
