import type { Clock } from '@app/platform';
import { type BudgetLimits, type CallPriority, type Grant, RequestBudget } from './request-budget.port.js';

/** The budget of one process for itself: without Redis, and while Redis is away. */
export class LocalRequestBudget extends RequestBudget {
  private tokens: number;
  private at: number;
  private pausedUntil = 0;

  constructor(
    private readonly limits: BudgetLimits,
    private readonly clock: Clock,
  ) {
    super();
    this.tokens = limits.burst;
    this.at = clock.now();
  }

  override async take(wanted: number, priority: CallPriority): Promise<Grant> {
    const now = this.clock.now();
    this.refill(now);
    if (this.pausedUntil > now) return { granted: 0, waitMs: this.pausedUntil - now };
    const floor = this.limits.reserve[priority];
    const granted = Math.max(0, Math.min(wanted, Math.floor(this.tokens - floor)));
    this.tokens -= granted;
    if (granted === wanted) return { granted, waitMs: 0 };
    return { granted, waitMs: Math.ceil(((floor + 1 - this.tokens) * 1_000) / this.limits.ratePerSecond) };
  }

  override async pause(ms: number): Promise<void> {
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.now() + ms);
  }

  /** Counts permits that another budget granted, so that a change over to this one does not grant a burst anew. */
  spend(permits: number): void {
    this.refill(this.clock.now());
    this.tokens = Math.max(0, this.tokens - permits);
  }

  private refill(now: number): void {
    // A clock that was set back earns nothing.
    const earned = (Math.max(0, now - this.at) * this.limits.ratePerSecond) / 1_000;
    this.tokens = Math.min(this.limits.burst, this.tokens + earned);
    this.at = now;
  }
}
