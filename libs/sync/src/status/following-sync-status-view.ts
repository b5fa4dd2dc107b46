import { oneLine } from '@app/platform';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { BEFORE_FIRST_EVENT } from './event-position.js';
import { NOT_STARTED } from './run-status.js';
import type { SyncEvent, SyncSnapshot } from './sync-status.js';
import { SyncStatusStore } from './sync-status-store.port.js';
import { SyncStatusView } from './sync-status-view.js';
import { delay, untilAborted } from './until-aborted.js';

/** The first requests should see the truth already, but nobody waits for a Redis that is away. */
const FIRST_READ_PATIENCE_MS = 1_000;
const RETRY_MS = 1_000;

/** Reads the status once and follows its events from there, for as long as the process lives. */
@Injectable()
export class FollowingSyncStatusView extends SyncStatusView implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('SyncStatus');
  private readonly listeners = new Set<{ readonly call: (event: SyncEvent) => void }>();
  private readonly end = new AbortController();
  private snapshot: SyncSnapshot = { run: NOT_STARTED, paused: null, eventId: BEFORE_FIRST_EVENT };
  private following: Promise<void> = Promise.resolve();
  private hasFaults = false;

  constructor(private readonly store: SyncStatusStore) {
    super();
  }

  override current(): SyncSnapshot {
    return this.snapshot;
  }

  override subscribe(listener: (event: SyncEvent) => void): () => void {
    const subscription = { call: listener };
    this.listeners.add(subscription);
    return () => void this.listeners.delete(subscription);
  }

  async onApplicationBootstrap(): Promise<void> {
    const firstRead = this.readFirst();
    this.following = firstRead.then(() => this.follow());
    const patience = new AbortController();
    await Promise.race([firstRead, delay(FIRST_READ_PATIENCE_MS, patience.signal)]);
    patience.abort();
  }

  /** Before the connections to Redis are closed, which belong to modules that this one stands on. */
  async onApplicationShutdown(): Promise<void> {
    this.end.abort();
    await this.following;
  }

  private async readFirst(): Promise<void> {
    const { signal } = this.end;
    while (!signal.aborted) {
      try {
        const snapshot = await untilAborted(this.store.read(), signal);
        if (snapshot !== null) this.snapshot = snapshot;
        return;
      } catch (error) {
        this.warn(error);
        await delay(RETRY_MS, signal);
      }
    }
  }

  private async follow(): Promise<void> {
    const { signal } = this.end;
    while (!signal.aborted) {
      try {
        for await (const events of this.store.watch(this.snapshot.eventId, signal)) {
          for (const event of events) this.take(event);
          this.hasFaults = false;
        }
      } catch (error) {
        this.warn(error);
      }
      await delay(RETRY_MS, signal);
    }
  }

  private take(event: SyncEvent): void {
    this.snapshot = { run: event.run, paused: event.paused, eventId: event.id };
    // One that subscribes meanwhile has seen this event in `current` already.
    for (const listener of Array.from(this.listeners)) {
      if (!this.listeners.has(listener)) continue;
      try {
        listener.call(event);
      } catch (error) {
        this.logger.error('A listener to the sync failed', { event: event.id, type: event.type, err: error });
      }
    }
  }

  private warn(error: unknown): void {
    if (this.hasFaults || this.end.signal.aborted) return;
    this.hasFaults = true;
    const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
    this.logger.warn(`The status of the sync cannot be followed at present: ${reason}`);
  }
}
