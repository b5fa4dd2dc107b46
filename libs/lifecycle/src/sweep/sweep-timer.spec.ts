import { timestampFromMs } from '@app/platform';
import { FleetId, RedisReadiness } from '@app/redis';
import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadlineSweeper } from './deadline-sweeper.js';
import { SweepTimer } from './sweep-timer.js';

beforeEach(() => {
  vi.useFakeTimers();
  Logger.overrideLogger(false);
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(sweep: () => Promise<null>) {
  const sweeper: DeadlineSweeper = Object.create(DeadlineSweeper.prototype, { sweep: { value: sweep } });
  return new SweepTimer(
    sweeper,
    new SchedulerRegistry(),
    { intervalMs: 1_000 },
    RedisReadiness.proven(new FleetId('test'), timestampFromMs(0)),
  );
}

describe('SweepTimer', () => {
  it('sweeps about once in an interval, after a failure too, until it is stopped', async () => {
    let sweeps = 0;
    const timer = setUp(() => {
      sweeps += 1;
      return sweeps === 2 ? Promise.reject(new Error('Redis is away')) : Promise.resolve(null);
    });
    void timer.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(12_000);
    expect(sweeps).toBeGreaterThanOrEqual(10);
    expect(sweeps).toBeLessThanOrEqual(15);
    await timer.beforeApplicationShutdown();
    const before = sweeps;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(sweeps).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets a sweep that is under way end before the store goes', async () => {
    let end: (() => void) | undefined;
    const timer = setUp(() => new Promise<null>((resolve) => (end = () => resolve(null))));
    void timer.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(1_200);
    let stopped = false;
    const stopping = timer.beforeApplicationShutdown().then(() => (stopped = true));
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped).toBe(false);
    end?.();
    await stopping;
    expect(vi.getTimerCount()).toBe(0);
  });
});
