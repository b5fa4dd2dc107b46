import { type HealthDetails, HealthIndicatorRegistry } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { OldestUnconfirmed } from './oldest-unconfirmed.js';

/** A stop or delete that takes longer is billed for longer than anybody expects. */
const PATIENCE_MS = 15 * 60_000;

/** Shows how long the oldest stop or delete has been waiting for the provider's agreement. */
@Injectable()
export class UnconfirmedIndicator implements OnModuleInit {
  constructor(
    private readonly oldest: OldestUnconfirmed,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.register({ name: 'unconfirmed', needed: false, check: () => this.details() });
  }

  private async details(): Promise<HealthDetails> {
    const ageMs = await this.oldest.ageMs();
    return {
      oldestAgeSeconds: Math.round(ageMs / 1_000),
      ...(ageMs > PATIENCE_MS
        ? { degraded: 'a stop or delete has been waiting for Novita for more than 15 minutes' }
        : {}),
    };
  }
}
