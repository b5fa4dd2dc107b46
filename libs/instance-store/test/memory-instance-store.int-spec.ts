import { MemoryInstanceStore } from '@app/instance-store';
import { MemoryLockKeeper } from '@app/platform';
import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { anImport, COMMAND, insert, takeLock } from './harness.js';
import { instanceStoreConformance } from './instance-store.conformance.js';

Logger.overrideLogger(false);

describe('MemoryInstanceStore', () => {
  instanceStoreConformance((options = {}) => {
    const clock = new FakeClock();
    const locks = new MemoryLockKeeper(clock);
    return { clock, locks, store: new MemoryInstanceStore(clock, { locks, ...options }) };
  });

  it('without locks writes nothing under one', async () => {
    const clock = new FakeClock();
    const store = new MemoryInstanceStore(clock);
    const hold = await takeLock(new MemoryLockKeeper(clock));
    const record = await insert(store);
    await expect(store.write(record, COMMAND, { hold })).rejects.toThrow(/knows no locks/);
    await expect(store.insertMany([anImport()], { hold })).rejects.toThrow(/knows no locks/);
    expect((await store.counts()).total).toBe(1);
  });
});
