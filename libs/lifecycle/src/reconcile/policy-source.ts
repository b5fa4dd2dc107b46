import { InstanceRecords, type MigrationSettings, type RecordSettings } from '@app/instance-store';
import type { ScheduleSettings } from '@app/jobs';
import type { NovitaSettings } from '@app/novita-client';
import { Clock, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { LifecyclePolicy } from '../state-machine/model.js';
import type { LifecycleSettings } from './lifecycle.settings.js';

/** The policy as configured, and the provider's limit of requests. */
export abstract class LifecycleOptions {
  abstract readonly policy: LifecyclePolicy;
  abstract readonly maxRequestsPerSecond: number;
}

/** The policy of the life cycle: the times that are settings, and those that are not. */
export function lifecycleOptionsOf(
  settings: LifecycleSettings,
  novita: NovitaSettings,
  records: RecordSettings,
  schedule: ScheduleSettings,
  migration: MigrationSettings,
): LifecycleOptions {
  const pollIntervalMs = settings.INSTANCE_POLL_INTERVAL;
  return {
    maxRequestsPerSecond: novita.NOVITA_MAX_REQUESTS_PER_SECOND,
    policy: {
      pollIntervalMs,
      startupTimeoutMs: settings.INSTANCE_STARTUP_TIMEOUT,
      createRetryGraceMs: settings.CREATE_RETRY_GRACE,
      backOff: { firstMs: Math.min(5 * SECOND_MS, pollIntervalMs), maxMs: 5 * MINUTE_MS },
      // The sync observes every instance, and wakes the life cycle where an observation does not fit the record.
      settledRefreshMs: schedule.SYNC_ENABLE_AUTOMATIC_SYNC ? null : 10 * MINUTE_MS,
      tombstoneMs: records.SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS,
      foreignChangeAgeMs: MINUTE_MS,
      migration: {
        enabled: migration.MIGRATION_ENABLED,
        fallback: migration.MIGRATION_FALLBACK,
        maxPriceIncreasePercent: migration.MIGRATION_MAX_PRICE_INCREASE_PERCENT,
        timeoutMs: migration.MIGRATION_TIMEOUT,
        minIntervalMs: 4 * HOUR_MS,
        giveUpAfterMs: DAY_MS,
        maxAtOnce: 5,
        stockRetry: { firstMs: Math.min(MINUTE_MS, 2 * pollIntervalMs), maxMs: HOUR_MS / 2 },
        failureRetry: { firstMs: migration.MIGRATION_INTERVAL_MINUTES, maxMs: 4 * HOUR_MS },
      },
    },
  };
}

/** The share of the request budget that observations of settled instances may use. */
const REFRESH_SHARE = 0.1;
const COUNT_LIFE_MS = 60_000;

/** The policy of the moment: a big fleet is refreshed more slowly, so that commands keep nearly all of the budget. */
@Injectable()
export class PolicySource {
  private live = { count: 0, countedAt: Number.NEGATIVE_INFINITY };

  constructor(
    private readonly options: LifecycleOptions,
    private readonly records: InstanceRecords,
    private readonly clock: Clock,
  ) {}

  async current(): Promise<LifecyclePolicy> {
    const { policy, maxRequestsPerSecond } = this.options;
    if (policy.settledRefreshMs === null) return policy;
    const live = await this.liveRecords();
    const refreshMs = affordableRefreshMs(policy.settledRefreshMs, live, maxRequestsPerSecond);
    return { ...policy, settledRefreshMs: refreshMs };
  }

  private async liveRecords(): Promise<number> {
    const now = this.clock.now();
    if (now - this.live.countedAt >= COUNT_LIFE_MS) {
      const { total, byStatus } = await this.records.counts();
      this.live = { count: total - byStatus.terminated, countedAt: now };
    }
    return this.live.count;
  }
}

/** @returns the time between two observations of one settled instance, never less than `shortestMs` */
export function affordableRefreshMs(shortestMs: number, liveRecords: number, maxRequestsPerSecond: number): number {
  return Math.max(shortestMs, Math.ceil((liveRecords * 1_000) / (maxRequestsPerSecond * REFRESH_SHARE)));
}
