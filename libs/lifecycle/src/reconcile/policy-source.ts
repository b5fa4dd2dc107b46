import { InstanceRecords } from '@app/instance-store';
import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { LifecyclePolicy } from '../decide/policy.js';

/** The policy as configured, and the provider's limit that it must live with. */
export abstract class LifecycleOptions {
  abstract readonly policy: LifecyclePolicy;
  abstract readonly maxRequestsPerSecond: number;
}

/** How much of the request budget may go into looking at instances that are as wished. */
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

/** @returns the time between two looks at one settled instance, never less than `wishedMs` */
export function affordableRefreshMs(wishedMs: number, liveRecords: number, maxRequestsPerSecond: number): number {
  return Math.max(wishedMs, Math.ceil((liveRecords * 1_000) / (maxRequestsPerSecond * REFRESH_SHARE)));
}
