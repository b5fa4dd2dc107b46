import { Injectable } from '@nestjs/common';
import { LifecycleMetrics } from '../reconcile/reconcile-metrics.js';
import { WaitingWishes } from './waiting-wishes.js';

/** Measures how many stops and deletes have been waiting for the provider's agreement for too long, and how long the oldest has. */
@Injectable()
export class UnconfirmedAge {
  constructor(
    private readonly waiting: WaitingWishes,
    private readonly metrics: LifecycleMetrics,
  ) {}

  /** Every process measures for itself, so that no stale figure stays behind. */
  async measure(): Promise<void> {
    const { overdue, oldestMs } = await this.waiting.look();
    this.metrics.setUnconfirmed(overdue, oldestMs / 1_000);
  }
}
