import { MemoryChangeFeed } from '@app/instance-store';
import { type LockHold, MemoryLockKeeper } from '@app/redis';
import { FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import type { SourceDescription } from '../src/model/sync-status.js';
import { MemorySyncStatusStore } from '../src/store/memory-sync-status-store.js';
import { KUBERNETES, NOVITA } from './fakes/a-run.js';
import { LOCK_CLAIM, type MakeStatus } from './status-harness.js';
import { syncStatusStoreConformance } from './sync-status-store.conformance.js';

function statusOf(source: SourceDescription): MakeStatus {
  return async (options = {}) => {
    const clock = new FakeClock();
    const locks = new MemoryLockKeeper(clock);
    const feed = new MemoryChangeFeed(clock);
    const store = new MemorySyncStatusStore(source, clock, { locks, feed, ...options });
    const take = async (name: string): Promise<LockHold> => {
      for (;;) {
        const answer = await locks.acquire(name, LOCK_CLAIM);
        if (answer.acquired) return answer.hold;
        clock.advance(answer.holder.remainingMs);
      }
    };
    return { store, other: store, feed, clock, takeLock: () => take(source.lock), takeOther: () => take('other') };
  };
}

describe('MemorySyncStatusStore', () => {
  describe('of Novita', () => {
    syncStatusStoreConformance(NOVITA, statusOf(NOVITA));
  });
  describe('of Kubernetes', () => {
    syncStatusStoreConformance(KUBERNETES, statusOf(KUBERNETES));
  });

  it('gives its events ids that never go back, even when the clock does', async () => {
    const { store, clock } = await statusOf(NOVITA)();
    await store.setPaused({ since: clock.timestamp(), by: 'user:a' });
    const { eventId } = await store.read();
    clock.advance(-60_000);
    await store.setPaused(null);
    expect(await store.eventsAfter(eventId, 1)).toHaveLength(1);
  });
});
