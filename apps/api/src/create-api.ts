import { BoardQueues } from '@app/jobs';
import { createHttpAdapter, Settings } from '@app/platform';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule, type ApiModuleOptions } from './api.module.js';
import { HttpSurface } from './http/http-surface.js';
import { acceptJsonOnly } from './http/json-body.js';
import { serveDocs } from './openapi/serve-docs.js';
import { BuiltPage } from './page/built-page.js';
import { servePage } from './page/serve-page.js';
import { serveQueueBoard } from './queues/serve-queue-board.js';

/** Headers that scripts of other origins may read. */
const EXPOSED_HEADERS = [
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-Data-As-Of',
  'X-Data-Source',
  'X-Request-Id',
  'X-Sync-Current-Resource',
  'X-Sync-Duration',
  'X-Sync-End-Time',
  'X-Sync-Error',
  'X-Sync-Progress',
  'X-Sync-Status',
  'X-Sync-Step',
];
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
  const app = await NestFactory.create<NestFastifyApplication>(root, createHttpAdapter(settings), HTTP_OPTIONS);
  configureHttp(app);
  return app;
}

/** Bodies are parsed by `acceptJsonOnly`; a start that fails throws, so that the caller can say why. */
export const HTTP_OPTIONS = { bodyParser: false, bufferLogs: true, autoFlushLogs: false, abortOnError: false } as const;

/** Everything about an application that is not told by its modules. To be called before it is initialised. */
export function configureHttp(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  acceptJsonOnly(server);
  app.get(HttpSurface).prepareRoutes(server);
  enableCors(app);
  serveDocs(app);
  servePage(server, app.get<BuiltPage | null>(BuiltPage));
  serveQueueBoard(server, app.get<BoardQueues | null>(BoardQueues, { strict: false }));
}

/** Closed unless origins are listed: then a script may send a key, never a cookie. */
function enableCors(app: NestFastifyApplication): void {
  const origins = app.get(Settings).CORS_ORIGINS;
  if (origins.length === 0) return;
  app.enableCors({
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
  });
}
