import { type HealthDetails, HealthIndicatorRegistry, MetricsRegistry } from '@app/platform';
import { RedisReadiness } from '@app/redis';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { StoreAvailability, type StoreState } from './store-availability.js';

/** What each state means for whoever asks; null where all is well. */
const MEANINGS: Readonly<Record<StoreState, string | null>> = {
  healthy: null,
  suspect: null,
  degraded: 'the store cannot be used: what is known is shown from memory, and nothing that costs money is begun',
  recovering: 'the store answers again, and what happened meanwhile is being brought into it',
};

const STATES: readonly StoreState[] = ['healthy', 'suspect', 'degraded', 'recovering'];

/** Shows in health and metrics whether this process can use the store. Costs no round trip. */
@Injectable()
export class StoreStateReport implements OnModuleInit {
  constructor(
    private readonly store: StoreAvailability,
    private readonly redis: RedisReadiness,
    private readonly health: HealthIndicatorRegistry,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.health.register({ name: 'store', needed: false, check: () => Promise.resolve(this.details()) });
    const { store } = this;
    const gauge = new Gauge({
      name: 'novita_fleet_store_state',
      help: 'How this process can use the store: 1 for the state it is in, 0 for the others',
      labelNames: ['state'],
      collect() {
        for (const state of STATES) this.set({ state }, state === store.state ? 1 : 0);
      },
      registers: [],
    });
    this.metrics.registerMetric(gauge);
  }

  private details(): HealthDetails {
    const { state, since, lastContact } = this.store;
    const cause = this.redis.trouble?.text ?? this.store.cause;
    const meaning = MEANINGS[state];
    return {
      state,
      since,
      // Of a store that was never reached there is none.
      ...(this.redis.isReady && { lastContact }),
      ...(cause !== null && { cause: `Redis ${cause}` }),
      ...(meaning !== null && { degraded: meaning }),
    };
  }
}
