import { MemoryChangeFeed } from '@app/instance-store';
import { MemoryLockKeeper } from '@app/redis';
import { FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { SYNC_LOCK } from '../src/model/sync-run.js';
import { MemorySyncStatusStore } from '../src/status/memory-sync-status-store.js';
import { LOCK_CLAIM, type StatusHarness } from './status-harness.js';
import { syncStatusStoreConformance } from './sync-status-store.conformance.js';

async function makeStatus(options: { readonly eventLimit?: number } = {}): Promise<StatusHarness> {
  const clock = new FakeClock();
  const locks = new MemoryLockKeeper(clock);
  const feed = new MemoryChangeFeed(clock);
  const store = new MemorySyncStatusStore(clock, { locks, feed, ...options });
  const takeLock: StatusHarness['takeLock'] = async () => {
    for (;;) {
      const answer = await locks.acquire(SYNC_LOCK, LOCK_CLAIM);
      if (answer.acquired) return answer.hold;
      clock.advance(answer.holder.remainingMs);
    }
  };
  return { store, other: store, feed, clock, takeLock };
}

describe('MemorySyncStatusStore', () => {
  syncStatusStoreConformance(makeStatus);

  it('keeps a result for an hour', async () => {
    const { store, clock } = await makeStatus();
    await store.putResult('one', { kind: 'lost', reason: 'gone' });
    clock.advance(3_599_999);
    expect(await store.result('one')).not.toBeNull();
    clock.advance(1);
    expect(await store.result('one')).toBeNull();
  });

  it('gives its events ids that never go back, even when the clock does', async () => {
    const { store, clock } = await makeStatus();
    await store.setPaused({ since: clock.timestamp(), by: 'user:a' });
    const { eventId } = await store.read();
    clock.advance(-60_000);
    await store.setPaused(null);
    expect(await store.eventsAfter(eventId, 10)).toHaveLength(1);
  });
});
