import { InstanceStoreModule } from '@app/instance-store';
import { NovitaClientModule } from '@app/novita-client';
import { Settings } from '@app/platform';
import { FleetId } from '@app/redis';
import { Module } from '@nestjs/common';
import { MirroredCatalogue } from './catalogue/mirrored-catalogue.js';
import { MirroredLists } from './catalogue/mirrored-lists.js';
import { Catalogue } from './catalogue.js';
import { ChangeSettings } from './commands/change-settings.js';
import { ComposedInstanceCommands } from './commands/composed-instance-commands.js';
import { CreateInstance } from './commands/create-instance.js';
import { RefreshInstance } from './commands/refresh-instance.js';
import { CreateOptions, CreateResolver } from './commands/resolve-create.js';
import { RunCommands } from './commands/run-commands.js';
import { StopAll } from './commands/stop-all.js';
import { InstanceCommands } from './instance-commands.js';
import { createOptionsOf, lifecycleOptionsOf } from './lifecycle-settings.js';
import { MarkerListing } from './reconcile/marker-listing.js';
import { LifecycleOptions, PolicySource } from './reconcile/policy-source.js';
import { ProviderObserver } from './reconcile/provider-observer.js';
import { UnconfirmedGauges } from './sweep/unconfirmed-gauges.js';
import { UnconfirmedIndicator } from './sweep/unconfirmed-indicator.js';
import { WaitingWishes } from './sweep/waiting-wishes.js';

/** Commands and catalogue: what an API process needs. Runs no job. Needs the platform and the jobs module, both global. */
@Module({
  imports: [InstanceStoreModule, NovitaClientModule],
  providers: [
    { provide: LifecycleOptions, useFactory: lifecycleOptionsOf, inject: [Settings] },
    { provide: CreateOptions, useFactory: createOptionsOf, inject: [Settings, FleetId] },
    { provide: Catalogue, useClass: MirroredCatalogue },
    { provide: InstanceCommands, useClass: ComposedInstanceCommands },
    ChangeSettings,
    CreateInstance,
    CreateResolver,
    MarkerListing,
    MirroredLists,
    PolicySource,
    ProviderObserver,
    RefreshInstance,
    RunCommands,
    StopAll,
    UnconfirmedGauges,
    UnconfirmedIndicator,
    WaitingWishes,
  ],
  exports: [
    Catalogue,
    InstanceCommands,
    LifecycleOptions,
    MarkerListing,
    PolicySource,
    ProviderObserver,
    WaitingWishes,
  ],
})
export class LifecycleModule {}
