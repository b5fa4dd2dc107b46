import { PlatformModule, type PlatformOptions } from '@app/platform';
import { RedisModule } from '@app/redis';
import { type DynamicModule, Module } from '@nestjs/common';
import { ActivityApiModule } from './activity/activity.module.js';
import { AutoStopApiModule } from './auto-stop/auto-stop.module.js';
import { BulkApiModule } from './bulk/bulk.module.js';
import { CatalogueApiModule } from './catalogue/catalogue.module.js';
import { CoreModule, type CoreOptions } from './core/core.module.js';
import { DashboardApiModule } from './dashboard/dashboard.module.js';
import { DocsModule } from './docs/docs.module.js';
import { EventsApiModule } from './events/events.module.js';
import { ApiHealthModule } from './health/health.module.js';
import { InstancesApiModule } from './instances/instances.module.js';
import { KubernetesApiModule } from './kubernetes/kubernetes.module.js';
import { MigrationApiModule } from './migration/migration.module.js';
import { OrphansApiModule } from './orphans/orphans.module.js';
import { QuarantineApiModule } from './quarantine/quarantine.module.js';
import { QueueBoardModule } from './queue-board/queue-board.module.js';
import { SpendApiModule } from './spend/spend.module.js';
import { SyncApiModule } from './sync/sync.module.js';
import { UtilisationApiModule } from './utilisation/utilisation.module.js';
import { WatchdogApiModule } from './watchdog/watchdog.module.js';
import { WebPageModule } from './web-page/web-page.module.js';
import { WebhooksApiModule } from './webhooks/webhooks.module.js';

export interface ApiModuleOptions extends PlatformOptions, CoreOptions {
  /** Folder of the built web page. Default: where the build puts it. */
  readonly pageFolder?: string;
}

/** The features of the API, in any order. */
const FEATURES = [
  InstancesApiModule,
  BulkApiModule,
  CatalogueApiModule,
  SyncApiModule,
  EventsApiModule,
  ActivityApiModule,
  OrphansApiModule,
  AutoStopApiModule,
  UtilisationApiModule,
  MigrationApiModule,
  KubernetesApiModule,
  SpendApiModule,
  WebhooksApiModule,
  WatchdogApiModule,
  DashboardApiModule,
  ApiHealthModule,
  QuarantineApiModule,
  QueueBoardModule,
  DocsModule,
];

/** HTTP: what clients see of the fleet. It enqueues work and runs none. */
@Module({})
export class ApiModule {
  static forRoot({ keys, fleet, pageFolder, ...platform }: ApiModuleOptions): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        PlatformModule.forRoot(platform),
        RedisModule,
        CoreModule.forRoot({ keys, fleet }),
        WebPageModule.forRoot(pageFolder),
        ...FEATURES,
      ],
    };
  }
}
