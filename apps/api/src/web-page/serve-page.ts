import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { noneMatchNames } from '../core/http/entity-tags.js';
import { acceptWeight, prefersHtml } from '../core/http/negotiation.js';
import type { BuiltFile, BuiltPage } from './built-page.js';

/** The answer at `/` for clients that take no page, such as curl. */
const SIGNPOST = `novita-fleet

/                  the web page, in a browser
/docs              the API, to read and to try
/openapi.json      the same for generators
/errors            what can go wrong
/health            how it is
/api/v1/instances  the fleet (with a key)
`;

const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * Serves the page at `/` and its files under `/assets/<fingerprint>/`. A browser keeps the files of a version for ever,
 * as another version has another fingerprint.
 *
 * @param page null when there is none to serve: then `/` is a signpost to everybody
 */
export function servePage(server: FastifyInstance, page: BuiltPage | null): void {
  // Nest gives the server its error handler after these routes were made, and a route keeps the one of its making.
  const errorHandler: RouteOptions['errorHandler'] = (error, request, reply) =>
    server.errorHandler(error, request, reply);
  const options = { config: { access: 'public', page: 'fleet' }, errorHandler } as const;

  server.get('/', options, (request, reply) => {
    // The addresses in the page are relative to a path with a slash at its end.
    const [path] = request.originalUrl.split('?', 1);
    if (request.prefix !== '' && path === request.prefix) {
      return reply.redirect(request.prefix + request.url, 308);
    }
    reply.headers({ 'cache-control': 'no-cache', vary: 'Accept, Accept-Encoding' });
    if (page === null || !prefersHtml(request.headers.accept)) {
      return reply.type('text/plain; charset=utf-8').send(SIGNPOST);
    }
    return sendFile(request, reply, page.index, page.indexTag);
  });

  server.get<{ Params: { fingerprint: string; '*': string } }>('/assets/:fingerprint/*', options, (request, reply) => {
    const { fingerprint, '*': path } = request.params;
    const file = page?.file(path);
    if (page === null || file === undefined) {
      throw new Problem(PLATFORM_PROBLEMS['route-not-found'], { detail: 'The page has no such file.' });
    }
    // While versions change over, a page of one asks a process of the other. It gets what there is, to use once.
    const isOwn = fingerprint === page.fingerprint;
    reply.headers({ 'cache-control': isOwn ? FOR_EVER : 'no-store', vary: 'accept-encoding' });
    return sendFile(request, reply, file, page.filesTag);
  });

  // Pages without a link to an icon make browsers ask for this.
  server.get('/favicon.ico', options, (_request, reply) =>
    reply.status(204).header('cache-control', 'public, max-age=86400').send(),
  );
}

/** @param tag the same however it is compressed, so it is sent as a weak one */
function sendFile(request: FastifyRequest, reply: FastifyReply, file: BuiltFile, tag: string): FastifyReply {
  const { 'if-none-match': known, 'accept-encoding': accepted = '' } = request.headers;
  reply.header('etag', `W/${tag}`);
  if (known !== undefined && noneMatchNames(known, tag)) return reply.status(304).send();
  const encoding = (['br', 'gzip'] as const).find((name) => acceptWeight(accepted, name) > 0);
  if (encoding !== undefined) reply.header('content-encoding', encoding);
  return reply.type(file.type).send(file[encoding ?? 'identity']);
}
