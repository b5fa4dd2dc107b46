import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KindReload } from './kind-reload.js';

describe('a kind that is read by namespace', () => {
  const [shop, ml] = [{}, {}];
  let published: number;
  let fail: Error | null;
  let reload: KindReload;

  beforeEach(() => {
    vi.useFakeTimers();
    published = 0;
    fail = null;
    reload = new KindReload(async () => {
      published += 1;
      if (fail !== null) throw fail;
    }, 10_000);
  });
  afterEach(() => void vi.useRealTimers());

  it('is published at once when nothing else of it is read', async () => {
    await reload.publish(shop);
    expect([published, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('is published once when all that is read of it was', async () => {
    reload.begins(shop);
    reload.begins(ml);
    const first = reload.publish(shop);
    expect(published).toBe(0);
    await Promise.all([first, reload.publish(ml)]);
    expect(published).toBe(1);
  });

  it('does not wait for what cannot be read, nor for long', async () => {
    reload.begins(shop);
    reload.begins(ml);
    const first = reload.publish(shop);
    reload.ends(ml);
    await first;
    reload.begins(ml);
    const second = reload.publish(shop);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(published).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await second;
    expect(published).toBe(2);
  });

  it('hands a failure to all who wait', async () => {
    fail = new Error('the lock is lost');
    reload.begins(ml);
    const both = [reload.publish(shop), reload.publish(ml)].map((each) =>
      expect(each).rejects.toThrow('the lock is lost'),
    );
    await Promise.all(both);
  });
});
