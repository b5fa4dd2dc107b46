import { Injectable } from '@nestjs/common';
import { LifecycleMetrics } from '../reconcile/reconcile-metrics.js';
import { OldestUnconfirmed } from './oldest-unconfirmed.js';

/** Measures how long the oldest stop or delete has been waiting for the provider's agreement. */
@Injectable()
export class UnconfirmedAge {
  constructor(
    private readonly oldest: OldestUnconfirmed,
    private readonly metrics: LifecycleMetrics,
  ) {}

  /** Every process measures for itself, so that no stale figure stays behind. */
  async measure(): Promise<void> {
    this.metrics.setUnconfirmedAge((await this.oldest.ageMs()) / 1_000);
  }
}
