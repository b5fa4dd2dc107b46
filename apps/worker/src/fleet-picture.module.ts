import { FleetPicture } from '@app/auto-stop';
import { FleetListing } from '@app/spend';
import { SyncModule, SyncStatusView } from '@app/sync';
import { Global, Module } from '@nestjs/common';

/** Connects what the sync knows with auto-stop, which needs its age, and spend, which needs to know whether there is any. */
@Global()
@Module({
  imports: [SyncModule],
  providers: [
    {
      provide: FleetPicture,
      useFactory: (view: SyncStatusView): FleetPicture => ({ instancesAsOf: () => view.current().run.instancesAsOf }),
      inject: [SyncStatusView],
    },
    {
      provide: FleetListing,
      useFactory: (view: SyncStatusView): FleetListing => ({
        hasCompleted: () => view.current().run.instancesAsOf !== null,
      }),
      inject: [SyncStatusView],
    },
  ],
  exports: [FleetListing, FleetPicture],
})
export class FleetPictureModule {}
