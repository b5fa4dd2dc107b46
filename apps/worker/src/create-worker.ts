import { createHttpAdapter, type Settings, StartError } from '@app/platform';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { WorkerModule, type WorkerModuleOptions } from './worker.module.js';

/** A worker without Redis would have nothing to work on: no API could hand it anything. */
class RedisNeededError extends StartError {
  override readonly name = 'RedisNeededError';

  constructor() {
    super(
      'A worker takes its jobs from Redis: set REDIS_URL (or UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN). ' +
        'To run everything in one process without Redis, use the standalone application (npm start).',
    );
  }
}

/**
 * The worker, configured and not yet running: it takes jobs once it is initialised, which listening does.
 *
 * @throws RedisNeededError, InvalidSettingsError, RedisUnavailableError
 */
export async function createWorker(
  options: WorkerModuleOptions & { readonly settings: Settings },
): Promise<NestFastifyApplication> {
  if (options.settings.redisUrl === null) throw new RedisNeededError();
  return NestFactory.create<NestFastifyApplication>(WorkerModule.forRoot(options), createHttpAdapter(), {
    bodyParser: false,
    bufferLogs: true,
    autoFlushLogs: false,
    abortOnError: false,
  });
}
