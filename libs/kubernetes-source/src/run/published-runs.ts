import type { Clock, IdGenerator } from '@app/platform';
import type { HeldLock } from '@app/redis';
import { RunReporter as PublishingReporter, type SyncStatusStore } from '@app/sync-status';
import { type RunReporter, RunReports } from './run-reporter.js';

/** Publishes runs in the shared status of the sync, which every process shows. */
export class PublishedRuns extends RunReports {
  constructor(
    private readonly store: SyncStatusStore,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
  ) {
    super();
  }

  override under(lock: HeldLock): RunReporter {
    return new PublishingReporter(this.store, lock, this.ids, this.clock);
  }
}
