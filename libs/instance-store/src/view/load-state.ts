import { Clock, Listeners, type Timestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';

/** How far the copy of the fleet is loaded, and what readers wait for meanwhile. The loader keeps it. No I/O. */
@Injectable()
export class LoadState {
  private readonly logger = new Logger('WatchCache');
  private isCurrent = false;
  private isFilled = false;
  private seedAsOf: Timestamp | null = null;
  private since: Timestamp | null = null;
  private staleAt = 0;
  private loaded = Promise.withResolvers<void>();
  /** Of the question whether data were lost. */
  private assessed = Promise.withResolvers<void>();
  /** Of a copy of either kind. */
  private readonly firstShown = Promise.withResolvers<void>();
  /** Whether data are known to be lost that were not written back yet. */
  private isLossKnown = false;
  private readonly lossListeners = new Listeners<() => void>((error) => {
    this.logger.error('A listener to the loss of data failed', { err: error });
  });

  constructor(private readonly clock: Clock) {}

  /** Whether the copy holds all that the feed has said. */
  get isLoaded(): boolean {
    return this.isCurrent;
  }

  /** Whether there is a copy of the fleet, be it an older one. */
  get wasLoaded(): boolean {
    return this.isFilled;
  }

  /** Whether that copy was read from the store. */
  get wasRead(): boolean {
    return this.isFilled && this.seedAsOf === null;
  }

  /** Since when the fleet is being read anew; null while it is loaded. */
  get staleSince(): Timestamp | null {
    return this.since;
  }

  /** For how long it has been read anew. */
  get staleForMs(): number {
    return this.since === null ? 0 : performance.now() - this.staleAt;
  }

  /** When the copy was observed, if it was never read from the store; null otherwise. */
  get seededAt(): Timestamp | null {
    return this.seedAsOf;
  }

  get whenLoaded(): Promise<void> {
    return this.loaded.promise;
  }

  /** Whether there is a copy of any kind. */
  get whenFirstShown(): Promise<void> {
    return this.firstShown.promise;
  }

  /** Whether the store lacks what the copy holds. Waits until that is known. */
  async isLossOpen(): Promise<boolean> {
    if (!this.isCurrent && this.isFilled) await Promise.race([this.assessed.promise, this.loaded.promise]);
    return this.isLossKnown;
  }

  /** As far as it is known now. */
  get hasLost(): boolean {
    return this.isLossKnown;
  }

  /** @returns takes the listener away again. It is called when the store had lost data and has them again. */
  onDataLoss(listener: () => void): () => void {
    return this.lossListeners.add(listener);
  }

  /** There is a copy that does not come from the store, observed at that time, until the first one that does. */
  seed(asOf: Timestamp): void {
    this.seedAsOf = asOf;
    this.isFilled = true;
    this.firstShown.resolve();
  }

  /** The copy of before is shown, and the fleet is read anew. */
  markStale(): void {
    if (this.isCurrent) {
      this.loaded = Promise.withResolvers();
      this.assessed = Promise.withResolvers();
    }
    this.isCurrent = false;
    if (this.since !== null) return;
    this.since = this.clock.timestamp();
    this.staleAt = performance.now();
  }

  /** Whether data were lost is known now, or the readers that wait for it have to find out themselves. */
  markAssessed(): void {
    this.assessed.resolve();
  }

  /** The store lacks what the copy holds. */
  markLost(): void {
    this.isLossKnown = true;
  }

  /** The lost records were written back. */
  markRestored(): void {
    this.isLossKnown = false;
    this.lossListeners.emit((listener) => listener());
  }

  /** The copy is as the store has it. */
  markLoaded(): void {
    this.seedAsOf = null;
    this.isFilled = true;
    this.firstShown.resolve();
    this.isCurrent = true;
    this.since = null;
    this.assessed.resolve();
    this.loaded.resolve();
  }
}
