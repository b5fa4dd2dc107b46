import { FleetPicture } from '@app/auto-stop';
import { SyncModule, SyncStatusView } from '@app/sync';
import { Global, Module } from '@nestjs/common';

/** Tells auto-stop how old the picture of the fleet is. The two features do not know each other. */
@Global()
@Module({
  imports: [SyncModule],
  providers: [
    {
      provide: FleetPicture,
      useFactory: (view: SyncStatusView): FleetPicture => ({ instancesAsOf: () => view.current().run.instancesAsOf }),
      inject: [SyncStatusView],
    },
  ],
  exports: [FleetPicture],
})
export class FleetPictureModule {}
