import type { BoardQueues } from '@app/jobs';
import { PLATFORM_PROBLEMS, Problem } from '@app/platform';
import type { AppControllerRoute } from '@bull-board/api/typings/app';
import type { FastifyInstance, FastifyPluginCallback, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { HTML_TYPE, prefersHtml } from '../core/http/negotiation.js';
import type { DocumentPages } from '../web-page/document-pages.js';
import { ownBoardPage, rejectionPage } from './board-pages.js';
import { noQueues } from './queue-session.controller.js';

const BOARD = '/admin/queues';
const SESSION = `${BOARD}/session`;
const RETRY_SECONDS = 5;

/**
 * Lets a session open the routes of the board too, and makes their rejections readable for people.
 *
 * @param server whose error handler answers failures; the board's own would show its insides
 */
export function describeBoardRoutes(server: FastifyInstance, documents: DocumentPages): void {
  server.addHook('onRoute', (route) => describeRoute(route, server, documents));
}

function describeRoute(route: RouteOptions, server: FastifyInstance, documents: DocumentPages): void {
  const isBoard = route.url === BOARD || route.url.startsWith(`${BOARD}/`);
  if (!isBoard || route.url === SESSION) return;
  route.config = { access: 'admin', queueSession: true, page: 'queues', ...route.config };
  route.errorHandler = (error, request, reply) => answerFailure(server, documents, error, request, reply);
}

/**
 * Serves bull-board for reading only: its routes that change anything are not made. A job is a hint at a
 * deadline of a record; the sweep repairs what is lost, and nothing that could be done to a job by hand would last.
 *
 * @param queues null without Redis: then there is nothing to show
 */
export function serveQueueBoard(server: FastifyInstance, queues: BoardQueues | null): void {
  if (queues === null) {
    for (const url of [BOARD, `${BOARD}/*`]) server.get(url, { config: { access: 'public' } }, refuse);
    return;
  }
  void server.register(async (scope) => {
    scope.addHook('onSend', (request, reply, payload, done) => {
      if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
      const isPage = typeof payload === 'string' && reply.getHeader('content-type') === HTML_TYPE;
      if (isPage && reply.statusCode === 200) done(null, ownBoardPage(payload, request.prefix));
      else done(null, payload);
    });
    await scope.register(await boardPlugin(queues), { prefix: BOARD });
  });
}

function refuse(): never {
  throw noQueues();
}

/** Loaded here, as a process without Redis has no use for it. */
async function boardPlugin(queues: BoardQueues): Promise<FastifyPluginCallback> {
  const [{ createBullBoard }, { FastifyAdapter }, adapters] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/fastify'),
    queues.adapters(),
  ]);

  class ReadingAdapter extends FastifyAdapter {
    override setApiRoutes(routes: AppControllerRoute[]): this {
      super.setApiRoutes(routes.filter(({ method }) => method === 'get'));
      return this;
    }
  }

  const serverAdapter = new ReadingAdapter();
  createBullBoard({
    queues: adapters,
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: 'novita-fleet queues',
        favIcon: { default: 'static/images/logo.svg', alternative: 'static/favicon-32x32.png' },
        miscLinks: [{ text: 'The fleet', url: '/' }],
        hideDocsLink: true,
        // It knows workers by names of connections that ours do not have.
        showWorkers: false,
      },
    },
  });
  return serverAdapter.registerPlugin();
}

/** The board reads Redis and does nothing else: what fails in it, failed there. */
function answerFailure(
  server: FastifyInstance,
  documents: DocumentPages,
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const problem =
    error instanceof Problem
      ? error
      : new Problem(PLATFORM_PROBLEMS['dependency-unavailable'], {
          detail: 'The queues cannot be read from Redis.',
          retryAfterSeconds: RETRY_SECONDS,
          cause: error,
        });
  const page = prefersHtml(request.headers.accept) ? rejectionPage(problem) : null;
  if (page === null) {
    server.errorHandler(problem, request, reply);
    return;
  }
  void reply
    .status(problem.type.status)
    .headers({ 'cache-control': 'no-store', ...(problem.type.status === 401 && { 'www-authenticate': 'Bearer' }) })
    .type(HTML_TYPE)
    .send(documents.render({ ...page, url: request.url }));
}
