import { Clock, MetricsRegistry, msFromTimestamp, type Timestamp } from '@app/platform';
import { isAfter, type StreamPosition } from '@app/redis';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { StoreUnavailableError } from '../ports/store-errors.js';
import { INSTANCE_STATUSES, maybeBilling } from '../record/instance-status.js';
import { FleetCopy } from './fleet-copy.js';
import type { FleetQuery } from './fleet-view.js';
import { LoadState } from './load-state.js';
import { MarkReader } from './mark-reader.js';
import { StoreAvailability } from './store-availability.js';

const BILLED_ORPHANS: FleetQuery = {
  group: 'orphan',
  statuses: INSTANCE_STATUSES.filter(maybeBilling),
  limit: 1,
  sort: '-createdAt',
};

/** The size and lag of the watch cache of this process, computed when Prometheus scrapes. */
@Injectable()
export class WatchCacheGauges implements OnModuleInit {
  constructor(
    private readonly copy: FleetCopy,
    private readonly state: LoadState,
    private readonly marks: MarkReader,
    private readonly contact: StoreAvailability,
    private readonly clock: Clock,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const { copy, state } = this;
    const once = (count: () => number) => async (): Promise<number | null> => (state.wasLoaded ? count() : null);
    this.add(
      'novita_fleet_watch_cache_instances',
      'Instances that this process holds in memory; absent until it has read the fleet',
      once(() => copy.index.size),
    );
    this.add(
      'novita_fleet_watch_cache_lag_seconds',
      'How far the instances in the memory of this process are behind the store; absent until it has read the fleet',
      () => this.lagSeconds(),
    );
    this.add(
      'novita_fleet_instances_unreadable',
      'Instances whose stored records are damaged, so that no list holds them; as this process has read the fleet',
      async () => copy.damaged.size,
    );
    this.add(
      'novita_fleet_orphans_billed',
      'Instances made elsewhere that may be billed and that nobody has adopted or set aside; as this process knows the fleet',
      once(() => copy.index.page(BILLED_ORPHANS).total),
    );
  }

  private async lagSeconds(): Promise<number | null> {
    const { state, contact, clock } = this;
    if (!state.wasLoaded) return null;
    const since = (at: Timestamp): number => Math.max(0, clock.now() - msFromTimestamp(at)) / 1_000;
    if (state.seededAt !== null) return since(state.seededAt);
    const latest = await this.latestPosition();
    if (latest === null) return since(contact.lastContact);
    return state.staleSince === null ? lagBehind(this.copy.applied, latest) : since(state.staleSince);
  }

  /** @returns null when the store does not answer */
  private async latestPosition(): Promise<StreamPosition | null> {
    try {
      return (await this.marks.ask([]))?.position ?? null;
    } catch (error) {
      if (error instanceof StoreUnavailableError) return null;
      throw error;
    }
  }

  private add(name: string, help: string, read: () => Promise<number | null>): void {
    this.metrics.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        async collect() {
          const value = await read();
          if (value === null) this.remove();
          else this.set(value);
        },
      }),
    );
  }
}

/** By the times in the ids of the feed, in seconds. */
function lagBehind(applied: StreamPosition, latest: StreamPosition): number {
  return isAfter(latest, applied) ? Math.max(0, latest[0] - applied[0]) / 1_000 : 0;
}
