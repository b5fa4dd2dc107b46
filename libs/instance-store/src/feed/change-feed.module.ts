import { Global, Module } from '@nestjs/common';
import { InstanceStoreModule } from '../instance-store.module.js';
import { ChangeFeedView } from './change-feed-view.js';
import { FollowingChangeFeed } from './following-change-feed.js';

/** Follows the change feed: for processes with somebody who listens. Every other one can do without a reader. */
@Global()
@Module({
  imports: [InstanceStoreModule],
  providers: [{ provide: ChangeFeedView, useClass: FollowingChangeFeed }],
  exports: [ChangeFeedView],
})
export class ChangeFeedModule {}
