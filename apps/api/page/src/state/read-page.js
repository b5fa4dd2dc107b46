import { withQuery } from '../http/http-client.js';
import { isOurId, mayBeNovitaId } from './table-query.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 *
 * @typedef {object} ReadPage
 * @property {readonly Instance[]} instances
 * @property {number | null} total
 * @property {string | null} nextCursor
 * @property {string | null} asOf
 */

/**
 * Reads one page. Who searches for an id gets its instance, whatever the filters say.
 *
 * @param {Pick<import('../http/http-client.js').HttpClient, 'get'>} http
 * @param {{query: import('./table-query.js').TableQuery, cursor: string | null, size: number}} page
 * @param {AbortSignal} signal
 * @returns {Promise<ReadPage>}
 * @throws {import('../http/problem.js').ProblemError}
 */
export async function readPage(http, { query, cursor, size }, signal) {
  if (isOurId(query.name)) return readOne(http, query.name, signal);
  const path = withQuery('/api/v1/instances', {
    limit: size,
    cursor,
    status: query.statuses.join(','),
    region: query.region,
    name: query.name,
    sort: query.sort,
  });
  const { body, headers } = await http.get(path, { signal });
  const isNoName = body.instances.length === 0 && cursor === null;
  if (isNoName && mayBeNovitaId(query.name)) return readOne(http, query.name, signal);
  const { instances, total, nextCursor } = /** @type {import('../http/api-types.js').InstancePage} */ (body);
  return { instances, total, nextCursor, asOf: headers.get('x-data-as-of') };
}

/**
 * @param {Pick<import('../http/http-client.js').HttpClient, 'get'>} http
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<ReadPage>}
 */
async function readOne(http, id, signal) {
  const { status, body, headers } = await http.get(`/api/v1/instances/${id}`, { signal, alsoFine: [404] });
  const instances = status === 404 ? [] : [body];
  return { instances, total: instances.length, nextCursor: null, asOf: headers.get('x-data-as-of') };
}
