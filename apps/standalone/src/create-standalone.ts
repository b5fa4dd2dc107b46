import { AutoStopWorkerModule } from '@app/auto-stop';
import { JobsWorkerModule } from '@app/jobs';
import { KubernetesSourceWorkerModule } from '@app/kubernetes-source';
import { LifecycleWorkerModule } from '@app/lifecycle';
import { MigrationWorkerModule } from '@app/migration';
import type { ApiKey, PlatformOptions } from '@app/platform';
import { SpendWorkerModule } from '@app/spend';
import { SyncWorkerModule } from '@app/sync';
import { WebhooksWorkerModule } from '@app/webhooks';
import { type DynamicModule, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from '../../api/src/api.module.js';
import { createHttpApplication } from '../../api/src/create-api.js';
import { FLEET_MODULES } from '../../api/src/fleet-modules.js';
import { JOB_HANDLERS } from '../../worker/src/worker-modules.js';

export interface StandaloneModuleOptions extends PlatformOptions {
  readonly keys: readonly ApiKey[];
}

/** API and worker in one process: the API's modules and, beside them, those that run the jobs. */
@Module({})
class StandaloneModule {
  static forRoot(options: StandaloneModuleOptions): DynamicModule {
    return {
      module: StandaloneModule,
      imports: [
        ApiModule.forRoot({ ...options, fleet: FLEET_MODULES }),
        LifecycleWorkerModule,
        SyncWorkerModule,
        AutoStopWorkerModule,
        MigrationWorkerModule,
        SpendWorkerModule,
        WebhooksWorkerModule,
        KubernetesSourceWorkerModule,
        JobsWorkerModule.forRoot(JOB_HANDLERS),
      ],
    };
  }
}

/**
 * Everything in one process, configured and not yet listening. Without a configured Redis all of it is in memory.
 *
 * @throws InvalidSettingsError, RedisUnavailableError
 */
export function createStandalone(options: StandaloneModuleOptions): Promise<NestFastifyApplication> {
  return createHttpApplication(StandaloneModule.forRoot(options), options.settings);
}
