import { ChangeFeed, StoreUnavailableError } from '@app/instance-store';
import {
  Clock,
  type HealthDetails,
  HealthIndicatorRegistry,
  MetricsRegistry,
  msFromTimestamp,
  ShortMemory,
} from '@app/platform';
import { streamPosition } from '@app/redis';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { DeliveryQueue, type WebhookFigures } from '../store/delivery-queue.port.js';

/** A reading is remembered for so long, so that one scrape reads once. */
const REMEMBERED_MS = 1_000;
/** Webhooks that are so late make a process degraded. */
const LATE_SECONDS = 60;

interface Reading extends WebhookFigures {
  /** How much older the latest entry is that became deliveries than the latest of the feed; null before the first. */
  readonly lagSeconds: number | null;
}

/** How webhooks stand, read when somebody asks: for Prometheus by one process of the fleet, and for health. */
@Injectable()
export class WebhookGauges implements OnModuleInit {
  private readonly memory: ShortMemory<Reading>;

  constructor(
    private readonly deliveries: DeliveryQueue,
    private readonly feed: ChangeFeed,
    private readonly clock: Clock,
    private readonly metrics: MetricsRegistry,
    private readonly health: HealthIndicatorRegistry,
  ) {
    this.memory = new ShortMemory(clock, REMEMBERED_MS);
  }

  onModuleInit(): void {
    this.add(
      'novita_fleet_webhook_deliveries_pending',
      'Webhook deliveries that have not ended',
      ({ pending }) => pending,
    );
    this.add(
      'novita_fleet_webhook_oldest_pending_seconds',
      'Age of the oldest webhook delivery that has not ended; 0 when there is none',
      ({ oldestPendingAt }) => (oldestPendingAt === null ? 0 : this.ageSeconds(msFromTimestamp(oldestPendingAt))),
    );
    this.add(
      'novita_fleet_webhook_endpoints',
      'Webhook endpoints, without those of instances',
      ({ endpoints }) => endpoints,
    );
    this.add(
      'novita_fleet_webhook_endpoints_disabled',
      'Webhook endpoints that get nothing any more, without those of instances',
      ({ disabled }) => disabled,
    );
    this.add(
      'novita_fleet_webhook_fan_out_lag_seconds',
      'How much older the latest event is that became deliveries than the latest one; absent before the first',
      ({ lagSeconds }) => lagSeconds,
    );
    this.health.register({ name: 'webhooks', needed: false, check: () => this.details() });
  }

  private async details(): Promise<HealthDetails> {
    const { pending, disabled, lagSeconds } = await this.read();
    const trouble =
      lagSeconds !== null && lagSeconds > LATE_SECONDS
        ? 'events are not turned into webhooks: is a worker running?'
        : disabled > 0
          ? `${disabled} webhook endpoints are disabled`
          : null;
    return {
      pending,
      ...(lagSeconds === null ? {} : { lagSeconds }),
      ...(trouble === null ? {} : { degraded: trouble }),
    };
  }

  private add(name: string, help: string, of: (reading: Reading) => number | null): void {
    const read = (): Promise<Reading | null> => this.readIfThere();
    this.metrics.fleet.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        async collect() {
          const reading = await read();
          const value = reading === null ? null : of(reading);
          if (value === null) this.remove();
          else this.set(value);
        },
      }),
    );
  }

  private read(): Promise<Reading> {
    return this.memory.recall(0, async () => {
      const [figures, latest] = await Promise.all([this.deliveries.figures(), this.feed.latestId()]);
      return { ...figures, lagSeconds: figures.position === null ? null : lagOf(figures.position, latest) };
    });
  }

  /** The other metrics are wanted most when the store is away. */
  private async readIfThere(): Promise<Reading | null> {
    try {
      return await this.read();
    } catch (error) {
      if (error instanceof StoreUnavailableError) return null;
      throw error;
    }
  }

  private ageSeconds(sinceMs: number): number {
    return Math.max(0, this.clock.now() - sinceMs) / 1_000;
  }
}

/** By the times in the ids of the feed. */
function lagOf(position: string, latest: string): number {
  const [readMs = 0] = streamPosition(position) ?? [];
  const [latestMs = 0] = streamPosition(latest) ?? [];
  return Math.max(0, latestMs - readMs) / 1_000;
}
