import { BoardQueues } from '@app/jobs';
import { createHttpAdapter, HttpSettings, type Settings } from '@app/platform';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { ApiModule, type ApiModuleOptions } from './api.module.js';
import { acceptJsonOnly } from './core/http/json-body.js';
import { HttpPipeline } from './core/http/pipeline.js';
import { COMMON_HEADERS } from './core/openapi/answers.decorator.js';
import { describeDocsRoutes, serveDocs } from './docs/serve-docs.js';
import { describeBoardRoutes, serveQueueBoard } from './queue-board/serve-queue-board.js';
import { BuiltPage } from './web-page/built-page.js';
import { DocumentPages } from './web-page/document-pages.js';
import { servePage } from './web-page/serve-page.js';

/** Headers that scripts of other origins may read. */
const EXPOSED_HEADERS = [
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'Preference-Applied',
  'Retry-After',
  'X-Data-Stale',
  ...Object.keys(COMMON_HEADERS),
].toSorted();
const PREFLIGHT_SECONDS = 600;

/**
 * The API, configured and not yet listening: the same for production, for standalone and for tests.
 *
 * @throws InvalidSettingsError, RedisUnavailableError
 */
export function createApi(options: ApiModuleOptions): Promise<NestFastifyApplication> {
  return createHttpApplication(ApiModule.forRoot(options), options.settings);
}

/** @param root holds `ApiModule`, perhaps beside others */
export async function createHttpApplication(root: DynamicModule, settings: Settings): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    root,
    createHttpAdapter(settings.get(HttpSettings)),
    HTTP_OPTIONS,
  );
  configureHttp(app);
  return app;
}

/** Bodies are parsed by `acceptJsonOnly`; a start that fails throws, so that the caller can say why. */
export const HTTP_OPTIONS = { bodyParser: false, bufferLogs: true, autoFlushLogs: false, abortOnError: false } as const;

/** What an application needs beside its modules. To be called before it is initialised. */
export function configureHttp(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  acceptJsonOnly(server);
  // First, as the pipeline reads the config of each route.
  const documents = app.get(DocumentPages);
  describeDocsRoutes(server, documents);
  describeBoardRoutes(server, documents);
  app.get(HttpPipeline).prepareRoutes(server);
  enableCors(app);
  serveDocs(app);
  servePage(server, app.get<BuiltPage | null>(BuiltPage), documents);
  serveQueueBoard(server, app.get<BoardQueues | null>(BoardQueues, { strict: false }));
}

/** Closed unless origins are listed: then a script may send a key, never a cookie. */
function enableCors(app: NestFastifyApplication): void {
  const origins = app.get(HttpSettings).CORS_ORIGINS;
  if (origins.length === 0) return;
  const preflighted = {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'If-None-Match',
      'Last-Event-ID',
      'Prefer',
      'X-Request-Id',
    ],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_SECONDS,
  };
  // An OPTIONS that is no preflight is answered by the routes, as it is where no origins are listed.
  const plain = { ...preflighted, preflight: false };
  app.enableCors({
    delegator: (request: FastifyRequest, use: (error: null, options: typeof preflighted) => void) =>
      use(null, isPreflight(request) ? preflighted : plain),
  });
}

/** https://fetch.spec.whatwg.org/#cors-preflight-request */
function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}
