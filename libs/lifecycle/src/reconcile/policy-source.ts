import { InstanceRecords } from '@app/instance-store';
import { Clock, type Settings } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { LifecyclePolicy } from '../state-machine/model.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The policy as configured, and the provider's limit of requests. */
export abstract class LifecycleOptions {
  abstract readonly policy: LifecyclePolicy;
  abstract readonly maxRequestsPerSecond: number;
}

/** The policy of the life cycle: the times that are settings, and those that are not. */
export function lifecycleOptionsOf(settings: Settings): LifecycleOptions {
  const pollIntervalMs = settings.INSTANCE_POLL_INTERVAL;
  return {
    maxRequestsPerSecond: settings.NOVITA_MAX_REQUESTS_PER_SECOND,
    policy: {
      pollIntervalMs,
      startupTimeoutMs: settings.INSTANCE_STARTUP_TIMEOUT,
      createRetryGraceMs: settings.CREATE_RETRY_GRACE,
      backOff: { firstMs: Math.min(5 * SECOND, pollIntervalMs), maxMs: 5 * MINUTE },
      // The sync observes every instance, and wakes the life cycle where an observation does not fit the record.
      settledRefreshMs: settings.SYNC_ENABLE_AUTOMATIC_SYNC ? null : 10 * MINUTE,
      tombstoneMs: settings.SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS,
      foreignChangeAgeMs: MINUTE,
      migration: {
        enabled: settings.MIGRATION_ENABLED,
        retriesStock: settings.MIGRATION_FALLBACK === 'same-product',
        timeoutMs: settings.MIGRATION_TIMEOUT,
        minIntervalMs: 4 * HOUR,
        giveUpAfterMs: 24 * HOUR,
        maxAtOnce: 5,
        stockRetry: { firstMs: Math.min(MINUTE, 2 * pollIntervalMs), maxMs: HOUR / 2 },
        failureRetry: { firstMs: settings.MIGRATION_INTERVAL_MINUTES, maxMs: 4 * HOUR },
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
