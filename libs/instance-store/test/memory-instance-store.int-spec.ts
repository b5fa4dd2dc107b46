import { MemoryChangeFeed, memoryStore } from '@app/instance-store';
import { MemoryLockKeeper } from '@app/redis';
import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { capConformance } from './cap.conformance.js';
import { anImport, COMMAND, insert, takeLock } from './harness.js';
import { instanceStoreConformance } from './instance-store.conformance.js';

Logger.overrideLogger(false);

describe('the ports in memory', () => {
  capConformance(() => {
    const clock = new FakeClock();
    const [locks, feed] = [new MemoryLockKeeper(clock), new MemoryChangeFeed(clock)];
    return { clock, locks, feed, store: memoryStore(clock, { locks, feed }) };
  });
  instanceStoreConformance(({ feedLimit, ...options } = {}) => {
    const clock = new FakeClock();
    const locks = new MemoryLockKeeper(clock);
    const feed = new MemoryChangeFeed(clock, feedLimit);
    return { clock, locks, feed, store: memoryStore(clock, { locks, feed, ...options }) };
  });

  it('emits again after 48 hours what is still not confirmed', async () => {
    const clock = new FakeClock();
    const store = memoryStore(clock);
    const desired = { state: 'stopped', at: clock.timestamp(), by: 'user:a' } as const;
    const { id } = await insert(store, { status: 'stopping', desired });
    clock.advance(300_000);
    expect(await store.deadlines.emitUnconfirmed([id])).toBe(1);
    clock.advance(48 * 3_600_000 - 1);
    expect(await store.deadlines.emitUnconfirmed([id])).toBe(0);
    clock.advance(1);
    expect(await store.deadlines.emitUnconfirmed([id])).toBe(1);
  });

  it('without locks writes nothing under one', async () => {
    const clock = new FakeClock();
    const store = memoryStore(clock);
    const hold = await takeLock(new MemoryLockKeeper(clock));
    const record = await insert(store);
    await expect(store.records.write(record, COMMAND, { hold })).rejects.toThrow(/knows no locks/);
    await expect(store.records.insertMany([anImport()], { hold })).rejects.toThrow(/knows no locks/);
    expect((await store.records.counts()).total).toBe(1);
  });
});
