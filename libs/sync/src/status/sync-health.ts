/** The sync, its lock and the records as `GET /health` shows them. */
import { InstanceRecords } from '@app/instance-store';
import { ScheduleSettings } from '@app/jobs';
import { Clock, type HealthDetails, HealthIndicatorRegistry, msFromTimestamp } from '@app/platform';
import { LockKeeper } from '@app/redis';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SYNC_LOCK } from '../model/sync-run.js';
import type { RunStatus } from '../model/sync-status.js';
import { effectiveRun } from './shown-status.js';
import { SyncStatusView, UNKNOWN_SYNC } from './sync-status-view.js';

/** Shows the state of the sync. Costs no round trip. */
@Injectable()
export class SyncIndicator implements OnModuleInit {
  private bornAt = 0;

  constructor(
    private readonly view: SyncStatusView,
    private readonly clock: Clock,
    private readonly schedule: ScheduleSettings,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.bornAt = this.clock.now();
    this.registry.register({ name: 'sync', needed: false, check: () => Promise.resolve(this.details()) });
  }

  private details(): HealthDetails {
    const now = this.clock.now();
    const snapshot = this.view.current();
    const { run: stored, paused } = snapshot;
    const run = effectiveRun(stored, now);
    const trouble = syncTrouble(
      run,
      {
        automatic: this.schedule.SYNC_ENABLE_AUTOMATIC_SYNC,
        intervalMs: this.schedule.SYNC_INTERVAL_MINUTES,
        bornAt: this.bornAt,
      },
      now,
    );
    const lastSuccessAt = run.lastSuccess === null ? null : msFromTimestamp(run.lastSuccess.endedAt);
    return {
      state: snapshot === UNKNOWN_SYNC ? 'unknown' : run.state,
      ...(run.step === null ? {} : { step: run.step }),
      ...(lastSuccessAt === null
        ? {}
        : { lastSuccessAgeSeconds: Math.max(0, Math.round((now - lastSuccessAt) / 1_000)) }),
      held: run.held !== null,
      paused: paused !== null,
      ...(trouble === null ? {} : { degraded: trouble }),
    };
  }
}

interface SyncExpectations {
  /** Whether runs are made by schedule. */
  readonly automatic: boolean;
  readonly intervalMs: number;
  /** When this process began, in epoch milliseconds. */
  readonly bornAt: number;
}

/** The sync is in trouble after this many intervals without a success, plus the time that a run may take. */
const INTERVALS = 3;
const RUN_ALLOWANCE_MS = 60_000;

/**
 * The reason why the sync makes the process of limited use, in words for everybody; null when it does not.
 *
 * @param run as it is to be shown
 * @param now epoch milliseconds
 */
export function syncTrouble(run: RunStatus, expected: SyncExpectations, now: number): string | null {
  if (run.held !== null) return 'a listing lacks too many instances and is held back';
  if (run.state === 'failed') return 'the latest sync failed';
  if (run.retry.count > 0) return 'the latest sync failed and is being tried again';
  // Every worker syncs when it starts: until then, an old success only means that nothing ran for a while.
  const sinceMs = Math.max(expected.bornAt, run.lastSuccess === null ? 0 : msFromTimestamp(run.lastSuccess.endedAt));
  const isOverdue = now - sinceMs > expected.intervalMs * INTERVALS + RUN_ALLOWANCE_MS;
  return expected.automatic && isOverdue ? 'no sync has completed for more than three intervals' : null;
}

/** Shows who holds the lock of the sync, and for how long already. */
@Injectable()
export class SyncLockIndicator implements OnModuleInit {
  constructor(
    private readonly locks: LockKeeper,
    private readonly clock: Clock,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.register({ name: 'syncLock', needed: false, check: () => this.details() });
  }

  private async details(): Promise<HealthDetails> {
    const holder = await this.locks.holder(SYNC_LOCK);
    if (holder === null) return { held: false };
    const ageMs = Math.max(0, this.clock.now() - msFromTimestamp(holder.since));
    return { held: true, owner: holder.owner, purpose: holder.purpose, ageSeconds: Math.round(ageMs / 1_000) };
  }
}

/** Shows how many records of instances there are, by the counters of the store. */
@Injectable()
export class InstanceCacheIndicator implements OnModuleInit {
  constructor(
    private readonly records: InstanceRecords,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.register({
      name: 'instanceCache',
      needed: false,
      check: async () => ({ size: (await this.records.counts()).total }),
    });
  }
}
