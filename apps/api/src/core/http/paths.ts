import type { FastifyRequest } from 'fastify';

/** The paths of one set of routes: `/api/v1/…` is canonical, `/api/…` the same for older clients. */
export function apiPath(resource: string): string[] {
  return [`api/v1/${resource}`, `api/${resource}`];
}

/** The canonical form of a path under /api. */
export function canonicalPath(path: string): string {
  return path.startsWith('/api/') && !path.startsWith('/api/v1/') ? `/api/v1/${path.slice('/api/'.length)}` : path;
}

/** A `Link` header (RFC 8288) to the same list from the cursor on. */
export function nextPageLink({ prefix, url }: Pick<FastifyRequest, 'prefix' | 'url'>, cursor: string): string {
  const [path, query] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `<${prefix}${path}?${parameters.toString()}>; rel="next"`;
}
