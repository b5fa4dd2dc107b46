import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApplication } from '../../api/src/create-api.js';
import { StandaloneModule, type StandaloneModuleOptions } from './standalone.module.js';

/**
 * Everything in one process, configured and not yet listening. Without a configured Redis all of it is in memory.
 *
 * @throws InvalidSettingsError, RedisUnavailableError
 */
export function createStandalone(options: StandaloneModuleOptions): Promise<NestFastifyApplication> {
  return createHttpApplication(StandaloneModule.forRoot(options), options.settings);
}
