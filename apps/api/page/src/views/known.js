/**
 * What tells how old the shown list is, as it stands.
 *
 * @param {import('../app/fleet.js').Fleet} fleet
 * @returns {import('../format/freshness.js').Known}
 */
export function knownOf(fleet) {
  return {
    data: fleet.data.get(),
    stream: fleet.stream.get(),
    feedDegradedSince: fleet.feedDegradedSince.get(),
    table: fleet.table.state.get(),
    sync: fleet.sync.get(),
  };
}
