import { Global, Module } from '@nestjs/common';
import { InstanceStoreModule } from '../instance-store.module.js';
import { FleetView } from '../view/fleet-view.js';
import { StoreAvailability } from '../view/store-availability.js';
import { StoreStateReport } from '../view/store-state.js';
import { WatchCache } from '../view/watch-cache.js';
import { ChangeFeedView } from './change-feed-view.js';
import { FollowingChangeFeed } from './following-change-feed.js';

/**
 * Follows the change feed, and keeps the fleet in memory by it: for processes with somebody who reads or listens. Every
 * other one can do without.
 */
@Global()
@Module({
  imports: [InstanceStoreModule],
  providers: [
    { provide: ChangeFeedView, useClass: FollowingChangeFeed },
    StoreAvailability,
    StoreStateReport,
    { provide: FleetView, useClass: WatchCache },
  ],
  exports: [ChangeFeedView, FleetView, StoreAvailability],
})
export class ChangeFeedModule {}
