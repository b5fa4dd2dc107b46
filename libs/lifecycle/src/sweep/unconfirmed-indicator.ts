import { type HealthDetails, HealthIndicatorRegistry } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { WaitingWishes } from './waiting-wishes.js';

/** A stop or delete that takes longer is billed for longer than anybody expects. */
const PATIENCE_MS = 15 * 60_000;

/** Shows how many stops and deletes have been waiting for the provider's agreement for too long, and how long the oldest has. */
@Injectable()
export class UnconfirmedIndicator implements OnModuleInit {
  constructor(
    private readonly waiting: WaitingWishes,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.register({ name: 'unconfirmed', needed: false, check: () => this.details() });
  }

  private async details(): Promise<HealthDetails> {
    const { overdue, oldestMs } = await this.waiting.look();
    return {
      count: overdue,
      oldestAgeSeconds: Math.round(oldestMs / 1_000),
      ...(oldestMs > PATIENCE_MS
        ? { degraded: 'a stop or delete has been waiting for Novita for more than 15 minutes' }
        : {}),
    };
  }
}
