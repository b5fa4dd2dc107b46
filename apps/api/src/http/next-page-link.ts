import type { FastifyRequest } from 'fastify';

/** A `Link` header (RFC 8288) to the same list from the cursor on. */
export function nextPageLink({ prefix, url }: Pick<FastifyRequest, 'prefix' | 'url'>, cursor: string): string {
  const [path, query] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `<${prefix}${path}?${parameters.toString()}>; rel="next"`;
}
