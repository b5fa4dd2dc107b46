import { ChangeFeedModule, FleetView, type InstanceRecord, StoreAvailability } from '@app/instance-store';
import { type ListingVerdict, NovitaApi, NovitaClientModule, type NovitaInstance, phaseOf } from '@app/novita-client';
import { delay, oneLine, Settings } from '@app/platform';
import { FleetId, RedisReadiness } from '@app/redis';
import { Injectable, Logger, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { PriceBook } from '../instances/instance-pass.js';
import { NO_PRICES, priceBookOf } from '../run/price-book.js';
import { standInRecord } from './stand-in-record.js';

const REFRESH_MS = 30_000;
const FIRST_RETRY_MS = 2_000;
const CONCURRENCY = 4;

/**
 * Shows what Novita lists while the store is away and has never been read, as in a process that was started before it:
 * listed at once, and again every half minute until the store answers.
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
    private readonly novita: NovitaApi,
    private readonly fleet: FleetView,
    private readonly store: StoreAvailability,
    private readonly redis: RedisReadiness,
    private readonly fleetId: FleetId,
    private readonly settings: Settings,
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
        // What an unclean one lacks may be there all the same; at first, some of it is better than nothing.
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
    const pages = this.novita.listInstances({ concurrency: CONCURRENCY }, { signal: this.ending.signal, priority });
    for await (const page of pages) {
      items.push(...page.items);
      if (page.verdict === null) continue;
      const { verdict } = page;
      const sight = { at: verdict.startedAt, prices: await pricesAtHand };
      const present = items.filter(({ status }) => phaseOf(status) !== 'gone');
      return { records: present.map((item) => standInRecord(item, this.fleetId.known, sight)), verdict };
    }
    throw new Error('a listing ended without its verdict');
  }

  /** An instance without a price is better than none. */
  private async readPrices(): Promise<PriceBook> {
    if (this.prices !== null) return this.prices;
    const { signal } = this.ending;
    try {
      const [gpus, cpus] = await Promise.all([
        this.novita.listGpuProducts({}, { signal }),
        this.novita.listCpuProducts({ signal }),
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
