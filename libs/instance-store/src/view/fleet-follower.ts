import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ChangeFeedView } from './change-feed-view.js';
import { CopyUpdates } from './copy-updates.js';
import { FleetAudit } from './fleet-audit.js';
import { FleetLoader } from './fleet-loader.js';
import { MarkReader } from './mark-reader.js';
import { StoreAvailability } from './store-availability.js';

/**
 * Keeps the copy of the fleet true while the process runs: reads it page by page, follows the change feed from before the
 * first page on, begins anew where the feed has lost entries, and compares all the time.
 */
@Injectable()
export class FleetFollower implements OnModuleInit, OnApplicationShutdown {
  private subscriptions: readonly (() => void)[] = [];

  constructor(
    private readonly feed: ChangeFeedView,
    private readonly updates: CopyUpdates,
    private readonly loader: FleetLoader,
    private readonly marks: MarkReader,
    private readonly audit: FleetAudit,
    private readonly contact: StoreAvailability,
  ) {}

  /**
   * The feed calls `lost` where it begins, and where it goes on after a loss: each call makes the loader read the
   * fleet.
   */
  onModuleInit(): void {
    this.subscriptions = [
      this.marks.onMark(({ position, incarnation }) => this.loader.noteMark(position, incarnation)),
      this.feed.subscribe(this.updates),
      this.contact.subscribe((state, before) => {
        if (state === 'degraded') this.marks.probe();
        if (state === 'healthy' && before === 'recovering') this.loader.replaceAssumed();
      }),
    ];
    this.contact.onRecovery({
      stage: 'records',
      name: 'Bringing the instances in line with the store',
      run: (signal) => this.loader.verify(signal),
    });
    this.audit.start();
  }

  async onApplicationShutdown(): Promise<void> {
    for (const leave of this.subscriptions) leave();
    this.updates.stop();
    await Promise.all([this.audit.stop(), this.loader.stop(), this.marks.stop()]);
  }
}
