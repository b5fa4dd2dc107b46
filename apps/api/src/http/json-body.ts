import type { FastifyInstance } from 'fastify';

/**
 * Takes JSON bodies only. An empty one counts as none: many generated clients send `Content-Type: application/json`
 * with commands that have no body.
 */
export function acceptJsonOnly(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, String(body), done);
  });
}
