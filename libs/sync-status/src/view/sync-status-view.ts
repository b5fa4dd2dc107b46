import { Lifelong, Listeners, oneLine, untilAborted } from '@app/platform';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type SyncEvent, type SyncSnapshot, UNKNOWN_SYNC } from '../model/sync-status.js';
import { SyncStatusStore } from '../store/sync-status-store.js';

/**
 * This process's pushed copy of the status of one source: reading it costs no round trip. As a token it means the sync
 * with Novita.
 */
export abstract class SyncStatusView {
  /** The same object until something changes; `UNKNOWN_SYNC` until it was read. */
  abstract current(): SyncSnapshot;

  /**
   * Called for every event, in order, after `current` shows it. A listener must not throw and must be quick.
   * @returns ends the subscription
   */
  abstract subscribe(listener: (event: SyncEvent) => void): () => void;
}

/** Reads the status once and follows its events from there, for as long as the process lives. */
@Injectable()
export class FollowingSyncStatusView extends SyncStatusView implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('SyncStatus');
  private readonly listeners = new Listeners<(event: SyncEvent) => void>((error) => {
    this.logger.error('A listener to the sync failed', { event: this.snapshot.eventId, err: error });
  });
  private readonly following = new Lifelong({
    begin: (signal) => this.read(signal),
    follow: (signal) => this.follow(signal),
    onError: (error) => this.warn(error),
  });
  private snapshot: SyncSnapshot = UNKNOWN_SYNC;
  private hasErrors = false;

  constructor(private readonly store: SyncStatusStore) {
    super();
  }

  override current(): SyncSnapshot {
    return this.snapshot;
  }

  override subscribe(listener: (event: SyncEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.following.start();
  }

  /** Runs before the connections to Redis are closed: they belong to modules that this one depends on. */
  async onApplicationShutdown(): Promise<void> {
    await this.following.stop();
  }

  private async read(signal: AbortSignal): Promise<void> {
    const snapshot = await untilAborted(this.store.read(), signal);
    if (snapshot !== null) this.snapshot = snapshot;
  }

  private async follow(signal: AbortSignal): Promise<void> {
    for await (const events of this.store.watch(this.snapshot.eventId, signal)) {
      for (const event of events) this.apply(event);
      this.hasErrors = false;
    }
  }

  private apply(event: SyncEvent): void {
    // A listener that subscribes meanwhile has this event in `current` already.
    this.snapshot = { run: event.run, paused: event.paused, eventId: event.id };
    this.listeners.emit((listener) => listener(event));
  }

  private warn(error: unknown): void {
    if (this.hasErrors) return;
    this.hasErrors = true;
    const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
    this.logger.warn(`The status of the sync cannot be followed at present: ${reason}`);
  }
}
