import { Module } from '@nestjs/common';
import { CatalogueApiModule } from '../catalogue/catalogue.module.js';
import { SyncApiModule } from '../sync/sync.module.js';
import { ComprehensiveController } from './comprehensive.controller.js';
import { FleetSummaryController } from './fleet-summary.controller.js';
import { InstanceAnswers } from './instance-answers.js';
import { InstanceCommandsController } from './instance-commands.controller.js';
import { InstanceReadsController } from './instance-reads.controller.js';
import { InstanceJson, PageJson } from './instance-text.js';
import { InstanceTokenController } from './instance-token.controller.js';
import { InstanceWritesController } from './instance-writes.controller.js';
import { LastUsedController } from './last-used.controller.js';
import { ProviderListing } from './provider-listing.js';
import { DataAge, FreshReads } from './read-instance.js';
import { KeyBudgets, SpendGate } from './spend-gate.js';
import { StopAllController } from './stop-all.controller.js';
import { UnknownFleet } from './unknown-fleet.js';
import { WebhookUrls } from './webhook-urls.js';

/** Instances: read, created, changed and commanded, one by one and all together. */
@Module({
  imports: [CatalogueApiModule, SyncApiModule],
  controllers: [
    ComprehensiveController,
    FleetSummaryController,
    InstanceReadsController,
    InstanceWritesController,
    InstanceCommandsController,
    LastUsedController,
    InstanceTokenController,
    StopAllController,
  ],
  providers: [
    DataAge,
    FreshReads,
    InstanceAnswers,
    InstanceJson,
    KeyBudgets,
    PageJson,
    ProviderListing,
    SpendGate,
    UnknownFleet,
    WebhookUrls,
  ],
  exports: [DataAge, InstanceAnswers, InstanceJson, KeyBudgets, SpendGate, UnknownFleet, WebhookUrls],
})
export class InstancesApiModule {}
