import { CatalogueMirrorModule } from '@app/catalogue-mirror';
import {
  InstanceStoreModule,
  JournalModule,
  MigrationSettings,
  RecordSettings,
  ReplacementPreviews,
} from '@app/instance-store';
import { ScheduleSettings } from '@app/jobs';
import { NovitaClientModule, NovitaSettings } from '@app/novita-client';
import { FleetId, RedisConnections, RedisSettings } from '@app/redis';
import { Global, Module } from '@nestjs/common';
import { Catalogue, CatalogueCache } from './catalogue/catalogue-cache.js';
import { ChangeSettings } from './commands/change-settings.js';
import { CreateInstance } from './commands/create-instance.js';
import { InstanceCommands } from './commands/instance-commands.js';
import { InstanceTokens } from './commands/instance-tokens.js';
import { RefreshInstance } from './commands/refresh-instance.js';
import { CreateOptions, CreateResolver } from './commands/resolve-create.js';
import { RunCommands } from './commands/run-commands.js';
import { StopAll } from './commands/stop-all.js';
import { EndingCalls } from './degraded/ending-calls.js';
import { EndingEntries } from './degraded/ending-entries.js';
import { EndingLoop } from './degraded/ending-loop.js';
import { JournalReplay } from './degraded/journal-replay.js';
import { JournalRunner } from './degraded/journal-runner.js';
import { LifecycleSettings } from './reconcile/lifecycle.settings.js';
import { LifecycleOptions, lifecycleOptionsOf, PolicySource } from './reconcile/policy-source.js';
import { MarkerListing, ProviderObserver } from './reconcile/provider-observer.js';
import { CataloguePreviews } from './reconcile/replacement-previews.js';
import { StartupEstimates } from './startup/startup-estimates.js';
import { MemoryStartupTimes, RedisStartupTimes, StartupTimes } from './startup/startup-times.js';
import { OverdueDeadlineGauges } from './sweep/overdue-deadlines.js';
import { UnconfirmedCommands, UnconfirmedGauges, UnconfirmedIndicator } from './sweep/unconfirmed.js';

function createOptionsOf(settings: LifecycleSettings, fleet: FleetId): CreateOptions {
  return {
    get fleetId() {
      return fleet.value;
    },
    defaults: { billingMode: settings.DEFAULT_BILLING_MODE, region: settings.DEFAULT_REGION },
    startupTimeoutMs: settings.INSTANCE_STARTUP_TIMEOUT,
  };
}

/** Each command is a class of its own; callers know them by one port. */
function commandsOf(
  creates: CreateInstance,
  runs: RunCommands,
  all: StopAll,
  settings: ChangeSettings,
  refreshes: RefreshInstance,
): InstanceCommands {
  return {
    create: creates.create.bind(creates),
    findCreated: creates.findCreated.bind(creates),
    run: runs.run.bind(runs),
    runByName: runs.runByName.bind(runs),
    changeSettings: settings.change.bind(settings),
    stopAll: all.stopAll.bind(all),
    refresh: refreshes.refresh.bind(refreshes),
  };
}

/** Commands and catalogue: the part that an API process needs. Runs no job. Needs the platform and the jobs module, both global. */
@Module({
  imports: [InstanceStoreModule, CatalogueMirrorModule, NovitaClientModule],
  providers: [
    {
      provide: LifecycleOptions,
      useFactory: lifecycleOptionsOf,
      inject: [LifecycleSettings, NovitaSettings, RecordSettings, ScheduleSettings, MigrationSettings],
    },
    { provide: CreateOptions, useFactory: createOptionsOf, inject: [LifecycleSettings, FleetId] },
    CatalogueCache,
    { provide: Catalogue, useExisting: CatalogueCache },
    ChangeSettings,
    CreateInstance,
    CreateResolver,
    InstanceTokens,
    RefreshInstance,
    RunCommands,
    StopAll,
    {
      provide: InstanceCommands,
      useFactory: commandsOf,
      inject: [CreateInstance, RunCommands, StopAll, ChangeSettings, RefreshInstance],
    },
    {
      provide: StartupTimes,
      useFactory: (connections: RedisConnections | null, settings: RedisSettings): StartupTimes =>
        connections === null ? new MemoryStartupTimes() : new RedisStartupTimes(connections, settings.REDIS_KEY_PREFIX),
      inject: [RedisConnections, RedisSettings],
    },
    MarkerListing,
    OverdueDeadlineGauges,
    PolicySource,
    ProviderObserver,
    StartupEstimates,
    UnconfirmedGauges,
    UnconfirmedIndicator,
    UnconfirmedCommands,
  ],
  exports: [
    Catalogue,
    InstanceCommands,
    InstanceTokens,
    LifecycleOptions,
    MarkerListing,
    PolicySource,
    ProviderObserver,
    StartupEstimates,
    StartupTimes,
    UnconfirmedCommands,
  ],
})
export class LifecycleModule {}

/** Says for dry runs what would be bought in the place of a migration. For processes that answer them. */
@Global()
@Module({
  imports: [LifecycleModule],
  providers: [{ provide: ReplacementPreviews, useClass: CataloguePreviews }],
  exports: [ReplacementPreviews],
})
export class ReplacementPreviewsModule {}

/** Carries out what is asked for while Redis is away. For processes that take commands. */
@Module({
  imports: [LifecycleModule, InstanceStoreModule, JournalModule, NovitaClientModule],
  providers: [EndingCalls, EndingEntries, EndingLoop, JournalReplay, JournalRunner],
})
export class LifecycleDegradedModule {}
