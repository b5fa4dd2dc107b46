import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { noneMatchNames } from '../core/http/entity-tags.js';
import { acceptWeight, prefersHtml } from '../core/http/negotiation.js';
import { DOCUMENT_HEADERS } from '../core/http/security-headers.js';
import type { BuiltFile, BuiltPage } from './built-page.js';
import type { DocumentPages } from './document-pages.js';
import { ASSETS, PAGE_ADDRESSES, type PageAddress } from './page-manifest.js';

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

/** An id of ours or of Novita's; what can be none has no page. */
const INSTANCE_ID = /^[A-Za-z0-9_-]{1,255}$/;

/**
 * In place of the script of another version, which this process does not have: the next page may come from the process
 * that the script comes from.
 */
const RELOAD = 'setTimeout(() => location.reload(), 1000 + 1000 * Math.random());\n';

/** What is a resource for programs: what goes wrong there is said in JSON, whoever asks. */
const FOR_PROGRAMS = /^\/(?:api|assets|health|metrics)(?:\/|$)/;

/**
 * Serves the page at the addresses of its views, and its files under `/assets/`. A browser keeps those for ever, as their
 * names hold hashes of their content.
 *
 * @param page null when there is none to serve: then `/` is a signpost to everybody
 */
export function servePage(server: FastifyInstance, page: BuiltPage | null, documents: DocumentPages): void {
  // Nest gives the server its error handler after these routes were made, and a route keeps the one of its making.
  const errorHandler: RouteOptions['errorHandler'] = (error, request, reply) =>
    server.errorHandler(error, request, reply);
  const options = { config: { access: 'public', page: 'fleet' }, errorHandler } as const;

  for (const address of PAGE_ADDRESSES) {
    server.get<{ Params: { id?: string } }>(address, options, (request, reply) => {
      if (address === '/' && redirectsToSlash(request, reply)) return reply;
      reply.headers({ 'cache-control': 'no-cache', vary: 'Accept, Accept-Encoding' });
      const isView = INSTANCE_ID.test(request.params.id ?? 'none');
      if (page !== null && isView && prefersHtml(request.headers.accept)) {
        return sendFile(request, reply, page.view(address));
      }
      if (address === '/') return reply.type('text/plain; charset=utf-8').send(SIGNPOST);
      throw isView && page !== null ? forBrowsersOnly(address) : nothingHere();
    });
  }

  server.get<{ Params: { name: string } }>(`/${ASSETS}/:name`, options, (request, reply) => {
    const { name } = request.params;
    const file = page?.asset(name);
    if (file !== undefined) {
      reply.headers({ 'cache-control': FOR_EVER, vary: 'accept-encoding' });
      return sendFile(request, reply, file);
    }
    return sendOfOtherVersion(request, reply, page, name);
  });

  // Pages without a link to an icon make browsers ask for this.
  server.get('/favicon.ico', options, (_request, reply) =>
    reply.status(204).header('cache-control', 'public, max-age=86400').send(),
  );

  server.decorate('problemPage', (problem: Problem, request: FastifyRequest, reply: FastifyReply) => {
    const isNotFound = problem.type === PLATFORM_PROBLEMS['route-not-found'] && /^(?:GET|HEAD)$/.test(request.method);
    const [path = ''] = request.url.split('?', 1);
    if (!isNotFound || FOR_PROGRAMS.test(path)) return null;
    reply.header('vary', 'Accept, Accept-Encoding');
    if (!prefersHtml(request.headers.accept)) return null;
    reply.headers(DOCUMENT_HEADERS);
    return documents.notFound(problem, request.url);
  });
}

/** The addresses in the page are relative to a path with a slash at its end. */
function redirectsToSlash(request: FastifyRequest, reply: FastifyReply): boolean {
  const [path] = request.originalUrl.split('?', 1);
  if (request.prefix === '' || path !== request.prefix) return false;
  void reply.redirect(request.prefix + request.url, 308);
  return true;
}

/**
 * While versions change over, a page of one asks a process of the other. Whatever it gets is not to be kept. A chunk of
 * another version is never answered by one of this: what they import from each other need not fit.
 */
function sendOfOtherVersion(
  request: FastifyRequest,
  reply: FastifyReply,
  page: BuiltPage | null,
  name: string,
): FastifyReply {
  const part = page?.otherVersionOf(name) ?? null;
  if (page === null || part === null) {
    throw new Problem(PLATFORM_PROBLEMS['route-not-found'], { detail: 'The page has no such file.' });
  }
  reply.headers({ 'cache-control': 'no-store', vary: 'accept-encoding' });
  if (part === 'style' && page.style !== undefined) return sendFile(request, reply, page.style);
  return reply.type('application/javascript; charset=utf-8').send(RELOAD);
}

function nothingHere(): Problem {
  return new Problem(PLATFORM_PROBLEMS['route-not-found'], { detail: 'Nothing is served at this address.' });
}

function forBrowsersOnly(address: PageAddress): Problem {
  const resource = API_OF[address];
  return new Problem(PLATFORM_PROBLEMS['route-not-found'], {
    detail: 'This address is one of the web page, for browsers only.',
    suggestion: `Did you mean ${resource}? All addresses are in the API document at /openapi.json.`,
    extensions: { nearest: [resource] },
  });
}

/** Where programs find what a view shows. */
const API_OF: Readonly<Record<PageAddress, string>> = {
  '/': '/api/v1/instances',
  '/overview': '/api/v1/dashboard',
  '/activity': '/api/v1/events',
  '/spend': '/api/v1/spend',
  '/sync': '/api/v1/sync/status',
  '/orphans': '/api/v1/orphans',
  '/cluster': '/api/v1/kubernetes',
  '/instances/:id': '/api/v1/instances/{id}',
};

/** Its tag is the same however it is compressed, so it is sent as a weak one. */
function sendFile(request: FastifyRequest, reply: FastifyReply, file: BuiltFile): FastifyReply {
  const { 'if-none-match': known, 'accept-encoding': accepted = '' } = request.headers;
  reply.header('etag', `W/${file.tag}`);
  if (known !== undefined && noneMatchNames(known, file.tag)) return reply.status(304).send();
  const encoding = (['br', 'gzip'] as const).find((name) => acceptWeight(accepted, name) > 0);
  if (encoding !== undefined) reply.header('content-encoding', encoding);
  return reply.type(file.type).send(file[encoding ?? 'identity']);
}
