/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 * @typedef {import('./table-query.js').TableSort} TableSort
 */

/**
 * Compares as the API sorts: by time of creation or by name, then by what is left of both and by id. None of them ever
 * changes, so an instance keeps its place.
 *
 * @param {Instance} a
 * @param {Instance} b
 * @param {TableSort} sort
 */
export function compareInstances(a, b, sort) {
  const upward = sort.endsWith('name') ? text(a.name, b.name) || byCreation(a, b) : byCreation(a, b);
  return sort.startsWith('-') ? -upward : upward;
}

/**
 * Where an instance belongs among rows that are in order.
 *
 * @param {readonly Instance[]} rows
 * @param {Instance} instance
 * @param {TableSort} sort
 */
export function placeAmong(rows, instance, sort) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row !== undefined && compareInstances(row, instance, sort) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * @param {Instance} a
 * @param {Instance} b
 */
function byCreation(a, b) {
  return text(a.createdAt, b.createdAt) || text(a.id, b.id);
}

/**
 * @param {string} a
 * @param {string} b
 */
function text(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
