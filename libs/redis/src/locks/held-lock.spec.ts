import { timestampFromMs } from '@app/platform';
import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldLock } from './held-lock.js';
import { type LockHold, LockLostError } from './locks.port.js';
import { MemoryLockKeeper } from './memory-locks.js';

Logger.overrideLogger(false);

const TTL_MS = 30_000;

/** A keeper that can be cut off. */
class Keeper extends MemoryLockKeeper {
  away = false;
  hangs = false;
  renewals = 0;

  override async renew(hold: LockHold, ttlMs: number): Promise<boolean> {
    this.renewals += 1;
    if (this.away) throw new Error('Redis is away');
    if (this.hangs) return new Promise(() => undefined);
    return super.renew(hold, ttlMs);
  }

  override async release(hold: LockHold): Promise<boolean> {
    if (this.away) throw new Error('Redis is away');
    return super.release(hold);
  }
}

describe('a held lock', () => {
  let clock: FakeClock;
  let keeper: Keeper;
  let leases: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    clock = new FakeClock();
    keeper = new Keeper(clock);
    leases = [];
  });
  afterEach(() => void vi.useRealTimers());

  const take = async (): Promise<HeldLock> => {
    const claim = { owner: 'me', purpose: 'run', ttlMs: TTL_MS };
    const acquisition = await keeper.acquire('sync', claim);
    if (!acquisition.acquired) throw new Error('taken');
    const onRenewed = (until: string): void => void leases.push(until);
    const lock = new HeldLock(keeper, acquisition.hold, clock, clock.now(), { ttlMs: TTL_MS, onRenewed });
    lock.keep();
    return lock;
  };
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 500) {
      clock.advance(Math.min(left, 500));
      await vi.advanceTimersByTimeAsync(Math.min(left, 500));
    }
  };

  it('is renewed at a third of its life, for as long as it is wanted', async () => {
    const lock = await take();
    await pass(10 * TTL_MS);
    expect(keeper.renewals).toBe(30);
    expect(lock.lost.aborted).toBe(false);
    expect(leases.at(-1)).toBe(lock.leaseUntil);
    expect(lock.leaseUntil).toBe(timestampFromMs(clock.now() + TTL_MS));
    await lock.release();
    expect(await keeper.holder('sync')).toBeNull();
    await pass(TTL_MS);
    expect(keeper.renewals).toBe(30);
  });

  it('is lost as soon as somebody else has it', async () => {
    const lock = await take();
    clock.advance(TTL_MS + 1);
    await keeper.acquire('sync', { owner: 'other', purpose: 'run 2', ttlMs: TTL_MS });
    await vi.advanceTimersByTimeAsync(TTL_MS / 3);
    expect(lock.lost.reason).toBeInstanceOf(LockLostError);
    await lock.release();
    expect((await keeper.holder('sync'))?.owner).toBe('other');
  });

  it('outlives a Redis that is away for a moment', async () => {
    const lock = await take();
    keeper.away = true;
    await pass(0.8 * TTL_MS);
    keeper.away = false;
    await pass(TTL_MS);
    expect(lock.lost.aborted).toBe(false);
  });

  it('is given up when it could not be renewed before it lapsed', async () => {
    const lock = await take();
    keeper.away = true;
    await pass(0.99 * TTL_MS);
    expect(lock.lost.aborted).toBe(false);
    await pass(0.1 * TTL_MS);
    expect(lock.lost.aborted).toBe(true);
  });

  it('is given up when its renewal hangs until it has lapsed', async () => {
    const lock = await take();
    keeper.hangs = true;
    await pass(TTL_MS + 1);
    expect(lock.lost.reason).toBeInstanceOf(LockLostError);
    await lock.release();
  });

  it('lapses when it cannot be released', async () => {
    const lock = await take();
    keeper.away = true;
    await lock.release();
    await pass(TTL_MS);
    expect(await keeper.holder('sync')).toBeNull();
  });
});
