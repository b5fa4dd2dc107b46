import {
  type ApiKey,
  ApiKeyRing,
  MetricsController,
  PlatformModule,
  type PlatformOptions,
  ProblemMappers,
  ProblemRegistry,
  type Settings,
} from '@app/platform';
import { RedisModule } from '@app/redis';
import { type DynamicModule, Module, type ModuleMetadata, type OnModuleInit } from '@nestjs/common';
import { AutoStopController } from './auto-stop/auto-stop.controller.js';
import { ExplainController } from './auto-stop/explain.controller.js';
import { LeaseController } from './auto-stop/lease.controller.js';
import { CatalogueController } from './catalogue/catalogue.controller.js';
import { KnownRegions } from './catalogue/known-regions.js';
import { ComprehensiveController } from './comprehensive/comprehensive.controller.js';
import { LiveFleet } from './comprehensive/live-fleet.js';
import { DashboardController } from './dashboard/dashboard.controller.js';
import { DashboardReads } from './dashboard/dashboard-reads.js';
import { MeController } from './dashboard/me.controller.js';
import { UnknownFleet } from './dashboard/unknown-fleet.js';
import { CurrentList } from './events/current-list.js';
import { EventFanOut } from './events/event-fan-out.js';
import { EventTexts } from './events/event-texts.js';
import { EventsController } from './events/events.controller.js';
import { FleetEvents } from './events/fleet-events.js';
import { ApiHealthController } from './health/api-health.controller.js';
import { ApiHeaders } from './http/api-headers.js';
import { HttpSurface } from './http/http-surface.js';
import { idempotencyHooksProvider, idempotencyStoreProvider } from './idempotency/idempotency.provider.js';
import { InstanceAnswers } from './instances/answer-instance.js';
import { DataAge } from './instances/data-age.js';
import { FreshReads } from './instances/fresh-reads.js';
import { InstanceCommandsController } from './instances/instance-commands.controller.js';
import { InstanceJson } from './instances/instance-json.js';
import { InstanceReadsController } from './instances/instance-reads.controller.js';
import { InstanceWritesController } from './instances/instance-writes.controller.js';
import { LastUsedController } from './instances/last-used.controller.js';
import { PageJson } from './instances/page-json.js';
import { StopAllController } from './instances/stop-all.controller.js';
import { OrphansController } from './orphans/orphans.controller.js';
import { BuiltPage } from './page/built-page.js';
import { ErrorsController } from './problems/errors.controller.js';
import { PROBLEM_FAMILIES } from './problems/problem-families.js';
import { problemOfLibraryError } from './problems/problem-mapping.js';
import { QueueSessionController } from './queues/queue-session.controller.js';
import { QueueSessions } from './queues/queue-sessions.js';
import { admissionProvider } from './security/admission.provider.js';
import { SpendController } from './spend/spend.controller.js';
import { SseStreams } from './sse/sse-streams.js';
import { ManualSync } from './sync/manual-sync.js';
import { SyncAfterDataLoss } from './sync/sync-after-data-loss.js';
import { SyncEventsController } from './sync/sync-events.controller.js';
import { SyncEvents } from './sync/sync-events.js';
import { SyncInstancesController } from './sync/sync-instances.controller.js';
import { SyncStatusController } from './sync/sync-status.controller.js';

export interface ApiModuleOptions extends PlatformOptions {
  readonly settings: Settings;
  /** The keys that open the API. */
  readonly keys: readonly ApiKey[];
  /** The modules that provide the ports of `auto-stop`, `instance-store`, `lifecycle`, `novita-client` and `sync`. */
  readonly fleet: NonNullable<ModuleMetadata['imports']>;
  /** Folder of the built web page. Default: where the build puts it. */
  readonly pageFolder?: string;
}

/** HTTP: what clients see of the fleet. It enqueues work and runs none. */
@Module({})
export class ApiModule implements OnModuleInit {
  static forRoot({ keys, fleet, pageFolder, ...platform }: ApiModuleOptions): DynamicModule {
    return {
      module: ApiModule,
      imports: [PlatformModule.forRoot(platform), RedisModule, ...fleet],
      controllers: [
        // Before the routes that take any name for an id.
        ComprehensiveController,
        SyncInstancesController,
        AutoStopController,
        InstanceReadsController,
        InstanceWritesController,
        InstanceCommandsController,
        LastUsedController,
        LeaseController,
        ExplainController,
        StopAllController,
        SyncStatusController,
        SyncEventsController,
        EventsController,
        OrphansController,
        SpendController,
        DashboardController,
        MeController,
        CatalogueController,
        ApiHealthController,
        ErrorsController,
        MetricsController,
        QueueSessionController,
      ],
      providers: [
        DataAge,
        InstanceJson,
        PageJson,
        InstanceAnswers,
        FreshReads,
        KnownRegions,
        LiveFleet,
        DashboardReads,
        UnknownFleet,
        ManualSync,
        SyncAfterDataLoss,
        SyncEvents,
        SseStreams,
        EventTexts,
        EventFanOut,
        CurrentList,
        FleetEvents,
        ApiHeaders,
        HttpSurface,
        { provide: ApiKeyRing, useFactory: () => new ApiKeyRing(keys) },
        { provide: BuiltPage, useFactory: () => BuiltPage.read(pageFolder) },
        QueueSessions,
        admissionProvider,
        idempotencyStoreProvider,
        idempotencyHooksProvider,
      ],
    };
  }

  constructor(
    private readonly mappers: ProblemMappers,
    private readonly registry: ProblemRegistry,
  ) {}

  onModuleInit(): void {
    for (const family of PROBLEM_FAMILIES) this.registry.declare(family);
    this.mappers.register(problemOfLibraryError);
  }
}
