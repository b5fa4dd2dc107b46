import { type HealthDetails, HealthIndicatorRegistry, MetricsRegistry } from '@app/platform';
import { RedisReadiness } from '@app/redis';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { FleetCopy } from './fleet-copy.js';
import { FleetNotLoadedError } from './fleet-view.js';
import { LoadState } from './load-state.js';
import { StoreAvailability, type StoreState } from './store-availability.js';

/** Each state in words for health; null where all is well. */
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
      // A store that was never reached has no last contact.
      ...(this.redis.isReady && { lastContact }),
      ...(cause !== null && { cause: `Redis ${cause}` }),
      ...(meaning !== null && { degraded: meaning }),
    };
  }
}

/** Shows in health whether the watch cache has read the fleet, and how many records it cannot read. */
@Injectable()
export class FleetCopyReport implements OnModuleInit {
  constructor(
    private readonly copy: FleetCopy,
    private readonly state: LoadState,
    private readonly health: HealthIndicatorRegistry,
  ) {}

  onModuleInit(): void {
    this.health.register({ name: 'instances', needed: true, check: async () => this.details() });
  }

  private details(): HealthDetails {
    if (!this.state.wasLoaded) throw new FleetNotLoadedError();
    const { seededAt } = this.state;
    if (seededAt !== null) {
      return { degraded: `the instances are those that Novita listed at ${seededAt}`, asOf: seededAt };
    }
    if (!this.state.isLoaded) return { degraded: 'the instances are being read again' };
    const { size } = this.copy.damaged;
    if (size === 0) return {};
    return { unreadable: size, degraded: `${size} stored ${size === 1 ? 'record' : 'records'} cannot be read` };
  }
}
