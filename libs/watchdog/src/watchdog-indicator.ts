import { Clock, type HealthDetails, HealthIndicatorRegistry, MINUTE_MS, msFromTimestamp } from '@app/platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { WatchdogPresence } from './watchdog-presence.js';

/** A watchdog asks every minute by default; one that is silent for so long is gone. */
const GONE_AFTER_MS = 30 * MINUTE_MS;

/** Shows in the health of the API when a watchdog looked last. One small read. */
@Injectable()
export class WatchdogIndicator implements OnModuleInit {
  constructor(
    private readonly presence: WatchdogPresence,
    private readonly clock: Clock,
    private readonly registry: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.register({ name: 'watchdog', needed: false, check: () => this.details() });
  }

  private async details(): Promise<HealthDetails> {
    const seen = await this.presence.latest();
    if (seen === null) return { lastSeen: 'never' };
    const ageMs = Math.max(0, this.clock.now() - msFromTimestamp(seen.at));
    return {
      lastSeenAt: seen.at,
      lastSeenAgeSeconds: Math.round(ageMs / 1_000),
      dryRun: seen.dryRun,
      remembered: seen.remembered,
      ...(ageMs > GONE_AFTER_MS && { degraded: 'the watchdog has not looked for more than half an hour' }),
    };
  }
}
