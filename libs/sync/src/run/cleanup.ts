import { Deadlines, type InstanceId, InstanceRecords, type StoredInstance } from '@app/instance-store';
import { Clock, type Timestamp } from '@app/platform';
import { type LockHold } from '@app/redis';
import { Injectable } from '@nestjs/common';
import { MAX_ACTIONS, type PlannedAction } from './sync-report.js';

const BATCH = 200;

export interface CleanupResult {
  readonly purged: number;
  /** In a dry run only. */
  readonly actions: readonly PlannedAction[];
}

/** Removes the records of instances that are gone and whose time is up. */
@Injectable()
export class Cleanup {
  constructor(
    private readonly records: InstanceRecords,
    private readonly deadlines: Deadlines,
    private readonly clock: Clock,
  ) {}

  /**
   * @param hold null in a dry run, which only tells what is due
   * @throws StoreUnavailableError, LockLostError, the reason of the signal
   */
  async run(hold: LockHold | null, signal: AbortSignal): Promise<CleanupResult> {
    if (hold === null) return this.plan(signal);
    let purged = 0;
    for (;;) {
      signal.throwIfAborted();
      const now = this.clock.timestamp();
      const due = await this.deadlines.due('purgeAt', now, BATCH);
      const expired = await this.expiredOf(due, now);
      const results = await Promise.all(
        expired.map(({ record }) => this.records.remove(record.id, record.revision, { hold })),
      );
      const removed = results.filter((result) => result === 'removed').length;
      purged += removed;
      // What could not be removed would come again at once; the next run finds it.
      if (due.length < BATCH || removed === 0) return { purged, actions: [] };
    }
  }

  private async plan(signal: AbortSignal): Promise<CleanupResult> {
    const now = this.clock.timestamp();
    const due = await this.deadlines.due('purgeAt', now, MAX_ACTIONS);
    const actions: PlannedAction[] = [];
    for (let from = 0; from < due.length; from += BATCH) {
      signal.throwIfAborted();
      for (const { record } of await this.expiredOf(due.slice(from, from + BATCH), now)) {
        actions.push({
          action: 'remove',
          instanceId: record.id,
          novitaInstanceId: record.novitaInstanceId ?? '',
          name: record.name,
          reason: `terminated, and was to be kept until ${record.deadlines.purgeAt ?? now}`,
        });
      }
    }
    return { purged: actions.length, actions };
  }

  private async expiredOf(ids: readonly InstanceId[], now: Timestamp): Promise<readonly StoredInstance[]> {
    if (ids.length === 0) return [];
    return (await this.records.getMany(ids)).filter(
      ({ record: { status, deadlines } }) =>
        status === 'terminated' && deadlines.purgeAt !== undefined && deadlines.purgeAt <= now,
    );
  }
}
