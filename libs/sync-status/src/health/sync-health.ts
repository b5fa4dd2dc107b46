/** The sync with a source and its lock, as `GET /health` shows them. */
import {
  type Clock,
  type HealthDetails,
  type HealthIndicatorRegistry,
  msFromTimestamp,
  SECOND_MS,
} from '@app/platform';
import type { LockKeeper } from '@app/redis';
import type { OnModuleInit } from '@nestjs/common';
import { type RunStatus, UNKNOWN_SYNC } from '../model/sync-status.js';
import { effectiveRun } from '../shown/shown-status.js';
import type { SyncStatusView } from '../view/sync-status-view.js';

/** What is expected of the sync with a source. */
interface SyncNorm {
  /** What it lists, in words for everybody. */
  readonly items: 'instances' | 'resources';
  /** Whether runs are made by schedule. */
  readonly automatic: boolean;
  readonly intervalMs: number;
}

/** Whether a worker follows a source that is to be followed all the time. */
type Followed = () => Promise<boolean>;

/** A worker takes over from one that died within half a minute. */
const TAKE_OVER_MS = 45 * SECOND_MS;

/** Shows the state of the sync with one source. Costs no round trip, unless the source is to be followed. */
export class SyncIndicator implements OnModuleInit {
  private bornAt = 0;
  private inOrderAt = 0;

  /**
   * @param name under which it is shown
   * @param followed null for a source that is listed from time to time
   */
  constructor(
    private readonly name: string,
    private readonly view: SyncStatusView,
    private readonly clock: Clock,
    private readonly norm: SyncNorm,
    private readonly registry: HealthIndicatorRegistry,
    private readonly followed: Followed | null = null,
  ) {}

  onModuleInit(): void {
    this.bornAt = this.clock.now();
    this.inOrderAt = this.bornAt;
    this.registry.register({ name: this.name, needed: false, check: () => this.details() });
  }

  private async details(): Promise<HealthDetails> {
    const isLeft = this.followed !== null && (await this.isLeftAlone(this.followed));
    const now = this.clock.now();
    const snapshot = this.view.current();
    const { run: stored, paused } = snapshot;
    const run = effectiveRun(stored, now);
    const alone = isLeft ? `no worker follows the ${this.norm.items} at present` : null;
    const trouble = syncTrouble(run, { ...this.norm, bornAt: this.bornAt }, now) ?? alone;
    const lastSuccessAt = run.lastSuccess === null ? null : msFromTimestamp(run.lastSuccess.endedAt);
    return {
      state: snapshot === UNKNOWN_SYNC ? 'unknown' : run.state,
      ...(run.step === null ? {} : { step: run.step }),
      ...(lastSuccessAt === null
        ? {}
        : { lastSuccessAgeSeconds: Math.max(0, Math.round((now - lastSuccessAt) / 1_000)) }),
      held: run.held !== null,
      paused: paused !== null,
      // Of one that is followed all the time there are no automatic runs to speak of.
      ...(this.followed === null ? { automatic: this.norm.automatic } : {}),
      ...(trouble === null ? {} : { degraded: trouble }),
    };
  }

  private async isLeftAlone(followed: Followed): Promise<boolean> {
    let isInOrder: boolean;
    try {
      // Nobody is to follow what is paused.
      isInOrder = this.view.current().paused !== null || (await followed());
    } catch {
      // Not known; what is wrong is shown beside it, by the health of the lock.
      return false;
    }
    const now = this.clock.now();
    this.inOrderAt = isInOrder ? now : Math.min(this.inOrderAt, now);
    return now - this.inOrderAt > TAKE_OVER_MS;
  }
}

interface SyncExpectations extends SyncNorm {
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
  if (run.held !== null) return `a listing lacks too many ${expected.items} and is held back`;
  if (run.state === 'failed') return 'the latest sync failed';
  if (run.retry.count > 0) return 'the latest sync failed and is being tried again';
  // Every worker syncs when it starts: until then, an old success only means that nothing ran for a while.
  const sinceMs = Math.max(expected.bornAt, run.lastSuccess === null ? 0 : msFromTimestamp(run.lastSuccess.endedAt));
  const isOverdue = now - sinceMs > expected.intervalMs * INTERVALS + RUN_ALLOWANCE_MS;
  return expected.automatic && isOverdue ? 'no sync has completed for more than three intervals' : null;
}

/** Shows who holds the lock of a sync, and for how long already. */
export class SyncLockIndicator implements OnModuleInit {
  /** @param name under which it is shown */
  constructor(
    private readonly name: string,
    private readonly lock: string,
    private readonly locks: LockKeeper,
    private readonly clock: Clock,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.register({ name: this.name, needed: false, check: () => this.details() });
  }

  private async details(): Promise<HealthDetails> {
    const holder = await this.locks.holder(this.lock);
    if (holder === null) return { held: false };
    const ageMs = Math.max(0, this.clock.now() - msFromTimestamp(holder.since));
    return { held: true, owner: holder.owner, purpose: holder.purpose, ageSeconds: Math.round(ageMs / 1_000) };
  }
}
