import type { ChangeFeed } from '@app/instance-store';
import type { LockHold } from '@app/redis';
import type { FakeClock } from '@app/testing';
import type { SyncEvent } from '../src/model/sync-status.js';
import type { SyncStatusStore } from '../src/store/sync-status-store.js';

/** One empty status, as the suites get it. */
export interface StatusHarness {
  readonly store: SyncStatusStore;
  /** The same status as another process has it. */
  readonly other: SyncStatusStore;
  /** The change feed that the status writes to. */
  readonly feed: ChangeFeed;
  readonly clock: FakeClock;
  /** Takes the lock of the source; its holder before has lost it. */
  readonly takeLock: () => Promise<LockHold>;
  /** Takes another lock of the fleet. */
  readonly takeOther: () => Promise<LockHold>;
}

/** Makes a new, empty status for each call. */
export type MakeStatus = (options?: { readonly eventLimit?: number }) => Promise<StatusHarness>;

export const LOCK_CLAIM = { owner: 'test', purpose: 'test', ttlMs: 60_000 };

/** Collects what a watch gives until it is ended. */
export class Watcher {
  readonly events: SyncEvent[] = [];
  private readonly end = new AbortController();
  private readonly over: Promise<void>;
  private wake: () => void = () => undefined;

  constructor(store: SyncStatusStore, from = '0-0') {
    this.over = this.collect(store.watch(from, this.end.signal));
  }

  /** Comes back as soon as that many events have come in all. */
  async has(count: number): Promise<readonly SyncEvent[]> {
    while (this.events.length < count) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.events;
  }

  async stop(): Promise<void> {
    this.end.abort();
    await this.over;
  }

  private async collect(batches: AsyncIterable<readonly SyncEvent[]>): Promise<void> {
    for await (const batch of batches) {
      this.events.push(...batch);
      this.wake();
    }
  }
}
