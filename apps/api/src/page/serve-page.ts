import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import { fastifyStatic } from '@fastify/static';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { HTML_TYPE } from '../http/content-types.js';
import { prefersHtml } from '../http/prefers-html.js';
import { noneMatchNames } from '../instances/entity-tag.js';
import type { BuiltPage } from './built-page.js';

/** A signpost for whoever opens the address with curl. */
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
 * Serves the page at `/` and its files under `/assets/<fingerprint>/`. What a browser has of a version it keeps for ever,
 * as another version has another fingerprint. Only names that the build has listed reach the file system.
 *
 * @param page null when there is none to serve: then `/` is a signpost to everybody
 */
export function servePage(server: FastifyInstance, page: BuiltPage | null): void {
  // Nest gives the server its error handler later than a scope takes it over.
  const errorHandler: RouteOptions['errorHandler'] = (error, request, reply) =>
    server.errorHandler(error, request, reply);
  const options = { config: { access: 'public', page: 'fleet' }, errorHandler } as const;

  // In a scope of its own: others decorate their replies with the same names.
  void server.register(async (scope) => {
    if (page !== null) {
      await scope.register(fastifyStatic, {
        root: page.folder,
        serve: false,
        preCompressed: true,
        cacheControl: false,
        acceptRanges: false,
        index: false,
      });
    }

    scope.get('/', options, (request, reply) => {
      reply.headers({ 'cache-control': 'no-cache', vary: 'Accept, Accept-Encoding' });
      if (page === null || !prefersHtml(request.headers.accept)) {
        return reply.type('text/plain; charset=utf-8').send(SIGNPOST);
      }
      // By content: the file's own tag is its time and size, and every version has the same size.
      reply.header('etag', `W/${page.indexTag}`);
      const known = request.headers['if-none-match'];
      if (known !== undefined && noneMatchNames(known, page.indexTag)) return reply.status(304).send();
      return reply.type(HTML_TYPE).sendFile('index.html', { etag: false, lastModified: false });
    });

    scope.get<{ Params: { fingerprint: string; '*': string } }>('/assets/:fingerprint/*', options, (request, reply) => {
      const { fingerprint, '*': path } = request.params;
      if (page?.has(path) !== true) {
        throw new Problem(PLATFORM_PROBLEMS['route-not-found'], { detail: 'The page has no such file.' });
      }
      // While versions change over, a page of one asks a process of the other. It gets what there is, to use once.
      reply.header('cache-control', fingerprint === page.fingerprint ? FOR_EVER : 'no-store');
      return reply.sendFile(path);
    });

    // Pages without a link to an icon make browsers ask for this.
    scope.get('/favicon.ico', options, (_request, reply) =>
      reply.status(204).header('cache-control', 'public, max-age=86400').send(),
    );
  });
}
