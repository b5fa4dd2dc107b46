import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KindReload } from './kind-reload.js';

describe('a kind that is read by namespace', () => {
  const [shop, ml] = [{}, {}];
  let told: number;
  let fail: Error | null;
  let reload: KindReload;

  beforeEach(() => {
    vi.useFakeTimers();
    told = 0;
    fail = null;
    reload = new KindReload(async () => {
      told += 1;
      if (fail !== null) throw fail;
    }, 10_000);
  });
  afterEach(() => void vi.useRealTimers());

  it('is told of at once when nothing else of it is read', async () => {
    await reload.tell(shop);
    expect([told, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('is told of once when all that is read of it was', async () => {
    reload.begins(shop);
    reload.begins(ml);
    const first = reload.tell(shop);
    expect(told).toBe(0);
    await Promise.all([first, reload.tell(ml)]);
    expect(told).toBe(1);
  });

  it('does not wait for what cannot be read, nor for long', async () => {
    reload.begins(shop);
    reload.begins(ml);
    const first = reload.tell(shop);
    reload.ends(ml);
    await first;
    reload.begins(ml);
    const second = reload.tell(shop);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(told).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await second;
    expect(told).toBe(2);
  });

  it('hands a failure to all who wait', async () => {
    fail = new Error('the lock is lost');
    reload.begins(ml);
    const both = [reload.tell(shop), reload.tell(ml)].map((each) => expect(each).rejects.toThrow('the lock is lost'));
    await Promise.all(both);
  });
});
