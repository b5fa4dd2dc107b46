import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApplication } from '../../api/src/create-api.js';
import { StandaloneModule, type StandaloneModuleOptions } from './standalone.module.js';

/**
 * Everything in one process, configured and not yet listening. Without a configured Redis all of it is in memory.
 *
 * @throws InvalidSettingsError, RedisUnavailableError
 */
export async function createStandalone(options: StandaloneModuleOptions): Promise<NestFastifyApplication> {
  return await createHttpApplication(StandaloneModule.forRoot(options));
}
