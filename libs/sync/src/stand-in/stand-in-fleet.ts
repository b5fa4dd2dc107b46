/** The fleet as it is shown while its records have never been read: the provider's listing stands in for them. */
import {
  ChangeFeedModule,
  FleetView,
  type InstanceRecord,
  idWithoutStore,
  StoreAvailability,
} from '@app/instance-store';
import { type ListingVerdict, Novita, NovitaClientModule, type NovitaInstance, phaseOf } from '@app/novita-client';
import { delay, msFromTimestamp, oneLine, type Timestamp } from '@app/platform';
import { FleetId, RedisReadiness, RedisSettings } from '@app/redis';
import { Injectable, Logger, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { NO_PRICES, priceBookOf } from '../catalogue/price-book.js';
import { adopted, discoveredRecord, markedByUs } from '../reconcile/adopt.js';
import type { PriceBook } from '../reconcile/observation.js';

const REFRESH_MS = 30_000;
const FIRST_RETRY_MS = 2_000;
const CONCURRENCY = 4;

/**
 * Shows the instances that Novita lists while the store is away and has never been read, as in a process that was started
 * before it. Lists them at once, and again every half minute until the store answers.
 */
@Injectable()
class StandInFleet implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('StandInFleet');
  private readonly ending = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private isRunning = false;
  private prices: PriceBook | null = null;
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly novita: Novita,
    private readonly fleet: FleetView,
    private readonly store: StoreAvailability,
    private readonly redis: RedisReadiness,
    private readonly fleetId: FleetId,
    private readonly settings: RedisSettings,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.settings.REDIS_ENABLE_FALLBACK) return;
    this.unsubscribe = this.store.subscribe((state) => {
      if (state === 'degraded') this.begin();
    });
    if (!this.redis.isReady) this.store.refused();
    // Another part of this process may have found out before.
    if (this.store.isAway) this.begin();
  }

  async onModuleDestroy(): Promise<void> {
    this.unsubscribe();
    this.ending.abort();
    await this.running;
  }

  private begin(): void {
    if (this.isRunning || this.fleet.wasRead) return;
    this.isRunning = true;
    this.running = this.run().finally(() => {
      this.isRunning = false;
    });
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    let retryMs = FIRST_RETRY_MS;
    let isSeeded = false;
    const isWanted = (): boolean => this.store.isAway && !this.fleet.wasRead && !signal.aborted;
    while (isWanted()) {
      try {
        const { records, verdict } = await this.list(isSeeded);
        // Instances that an unclean listing lacks may be there all the same; at first, some are better than none.
        if (isWanted() && (verdict.clean || !isSeeded)) this.seed(records, verdict, isSeeded);
        isSeeded = true;
        retryMs = FIRST_RETRY_MS;
        await delay(REFRESH_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
        this.logger.warn(`Novita's list of the instances cannot be read in place of the records: ${reason}`);
        await delay(retryMs, signal);
        retryMs = Math.min(2 * retryMs, REFRESH_MS);
      }
    }
  }

  private async list(
    isSeeded: boolean,
  ): Promise<{ readonly records: readonly InstanceRecord[]; readonly verdict: ListingVerdict }> {
    const priority = isSeeded ? 'background' : 'interactive';
    const pricesAtHand = this.readPrices();
    const items: NovitaInstance[] = [];
    const pages = this.novita.instances.list({ concurrency: CONCURRENCY }, { signal: this.ending.signal, priority });
    for await (const page of pages) {
      items.push(...page.items);
      if (page.verdict === null) continue;
      const { verdict } = page;
      const observation = { at: verdict.startedAt, prices: await pricesAtHand };
      const present = items.filter(({ status }) => phaseOf(status) !== 'gone');
      return { records: present.map((item) => standInRecord(item, this.fleetId.known, observation)), verdict };
    }
    throw new Error('a listing ended without its verdict');
  }

  /** An instance without a price is better than none. */
  private async readPrices(): Promise<PriceBook> {
    if (this.prices !== null) return this.prices;
    const { signal } = this.ending;
    try {
      const [gpus, cpus] = await Promise.all([
        this.novita.catalogue.gpuProducts({}, { signal }),
        this.novita.catalogue.cpuProducts({ signal }),
      ]);
      return (this.prices = priceBookOf(gpus, cpus));
    } catch {
      return NO_PRICES;
    }
  }

  private seed(records: readonly InstanceRecord[], { startedAt }: ListingVerdict, isSeeded: boolean): void {
    this.fleet.seed(records, startedAt);
    if (isSeeded) return;
    const ours = records.filter(({ origin }) => origin !== 'discovered').length;
    this.logger.log('Instances are shown as Novita lists them until their records can be read', {
      instances: records.length,
      ours: this.fleetId.known === null ? 'not known, as the id of this fleet is not' : ours,
    });
  }
}

/** For processes with a `FleetView`. */
@Module({ imports: [ChangeFeedModule, NovitaClientModule], providers: [StandInFleet] })
export class StandInFleetModule {}

/**
 * The record of an instance by a listing of the provider alone, for as long as the real record cannot be read. The
 * instance is ours when its name carries our marker; its present activity stands for the desired state. Every process
 * that reads the same listing makes the same record.
 *
 * @param fleetId null when it is not known: then nothing counts as ours
 * @param at when the listing began
 */
export function standInRecord(
  item: NovitaInstance,
  fleetId: string | null,
  { at, prices }: { readonly at: Timestamp; readonly prices: PriceBook },
): InstanceRecord {
  const standIn = {
    ...discoveredRecord(item, '', { at, source: 'list', prices }),
    id: idWithoutStore(item.id),
    // Above the revision of any record: two answers have the same ETag only when they are the same.
    revision: Math.floor(msFromTimestamp(at) / 1_000),
  };
  const marked = fleetId === null ? null : markedByUs(item.name, fleetId);
  if (marked === null) return standIn;
  const ours = adopted(standIn, { by: 'sync', now: msFromTimestamp(at), marked });
  // Only our own create puts the marker there. Nothing is due: nothing acts on it before its record is read.
  return { ...ours, origin: 'managed', deadlines: {} };
}
