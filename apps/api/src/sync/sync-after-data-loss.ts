import { FleetView } from '@app/instance-store';
import { delay } from '@app/platform';
import { SyncRequests } from '@app/sync';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

const RETRY_MS = 5_000;

/**
 * Has the fleet synced after the store has lost data: what happened in the moments that nobody remembers is known to
 * Novita alone. Each API process asks, and the queue makes one run of it.
 */
@Injectable()
export class SyncAfterDataLoss implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(SyncAfterDataLoss.name);
  private readonly shutdown = new AbortController();
  private unsubscribe: () => void = () => undefined;
  private asking: Promise<void> = Promise.resolve();

  constructor(
    private readonly fleet: FleetView,
    private readonly syncs: SyncRequests,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.fleet.onDataLoss(() => {
      this.asking = this.asking.then(() => this.ask(this.shutdown.signal));
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.unsubscribe();
    this.shutdown.abort();
    await this.asking;
  }

  private async ask(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.syncs.requestRun();
        return;
      } catch (error) {
        this.logger.warn('the sync after a loss of data could not be enqueued, trying again', { err: error });
        await delay(RETRY_MS, signal);
      }
    }
  }
}
