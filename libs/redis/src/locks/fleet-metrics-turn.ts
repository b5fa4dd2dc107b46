import { MetricsTurn, ProcessIdentity } from '@app/platform';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { type LockHold, LockKeeper } from './locks.port.js';

const LOCK = 'fleet-metrics';
/** Longer than the usual pause between two scrapes: whoever has the turn keeps it. */
const TTL_MS = 150_000;

/**
 * Which process shows the metrics of the whole fleet. Every process knows them, and a sum over processes would count
 * them as often as there are processes. The turn is taken and kept by being scraped, so one that nobody scrapes never
 * has it, and it passes to another when its holder ends or is scraped no more.
 */
@Injectable()
export class FleetMetricsTurn extends MetricsTurn implements BeforeApplicationShutdown {
  private readonly logger = new Logger(FleetMetricsTurn.name);
  private hold: LockHold | null = null;
  private asking: Promise<boolean> | null = null;

  constructor(
    private readonly locks: LockKeeper,
    private readonly identity: ProcessIdentity,
  ) {
    super();
  }

  /** One or two round trips. While Redis is away the turn stays where it is. */
  override isMine(): Promise<boolean> {
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  async beforeApplicationShutdown(): Promise<void> {
    const { hold } = this;
    this.hold = null;
    // Without it the turn lapses by itself.
    if (hold !== null) await this.locks.release(hold).catch(() => false);
  }

  private async ask(): Promise<boolean> {
    try {
      if (this.hold !== null && (await this.locks.renew(this.hold, TTL_MS))) return true;
      this.hold = null;
      const claim = { owner: this.identity.toString(), purpose: 'metrics', ttlMs: TTL_MS };
      const acquisition = await this.locks.acquire(LOCK, claim);
      if (acquisition.acquired) this.hold = acquisition.hold;
    } catch (error) {
      this.logger.debug('whose turn it is to show the metrics of the fleet cannot be asked', { err: error });
    }
    return this.hold !== null;
  }
}
