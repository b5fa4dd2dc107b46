/**
 * What can be rented at present, and from what an instance can be made.
 *
 * @param {import('../../http/http-client.js').HttpClient} http
 * @returns {Promise<import('../../http/action-types.js').Catalogue>}
 * @throws {import('../../http/problem.js').ProblemError}
 */
export async function readCatalogue(http) {
  const [products, clusters, templates] = await Promise.all([
    http.get('/api/v1/products'),
    http.get('/api/v1/clusters'),
    http.get('/api/v1/templates'),
  ]);
  return {
    products: products.body.products,
    clusters: clusters.body.clusters,
    templates: templates.body.templates,
    defaultRegion: clusters.body.defaultRegion,
    asOf: products.body.asOf,
  };
}
