import { loadSection, timestampFromMs } from '@app/platform';
import { FleetId, RedisReadiness } from '@app/redis';
import { Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RECONCILE_INSTANCE, ReconcilePayload } from '../catalogue/catalogue.js';
import { JobQueue } from '../catalogue/job-queue.port.js';
import { ScheduleList } from './job-schedules.js';
import { ScheduleSettings } from './schedule.settings.js';
import { ScheduleKeeper } from './schedule-keeper.js';

const payload: ReconcilePayload = Object.assign(new ReconcilePayload(), {
  instanceId: 'ins_01JABCDEFGHJKMNPQRSTVWXYZ0',
});
const job = RECONCILE_INSTANCE;

beforeEach(() => {
  vi.useFakeTimers();
  Logger.overrideLogger(false);
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(everyMs: Readonly<Record<string, number | null>>, fails: (call: string) => boolean = () => false) {
  const calls: string[] = [];
  const note = (call: string): Promise<void> => {
    calls.push(call);
    return fails(call) ? Promise.reject(new Error('Redis is away')) : Promise.resolve();
  };
  const queue: JobQueue = Object.create(JobQueue.prototype, {
    schedule: { value: (key: string, _job: unknown, _payload: unknown, every: number) => note(`${key} ${every}`) },
    unschedule: { value: (key: string) => note(`${key} off`) },
  });
  const list = new ScheduleList();
  for (const [key, every] of Object.entries(everyMs)) list.add({ key, job, payload, everyMs: every });
  const settings = loadSection(ScheduleSettings, { DEADLINE_SWEEP_INTERVAL: '1s' });
  return {
    calls,
    keeper: new ScheduleKeeper(
      list,
      queue,
      new SchedulerRegistry(),
      settings,
      RedisReadiness.proven(new FleetId('test'), timestampFromMs(0)),
    ),
  };
}

describe('ScheduleKeeper', () => {
  it('has applied every schedule when the process is up, and takes away what is not to run', async () => {
    const { calls, keeper } = setUp({ sync: 60_000, check: null });
    await keeper.onApplicationBootstrap();
    expect(calls).toEqual(['sync 60000', 'check off']);
    await keeper.beforeApplicationShutdown();
  });

  it('asserts them again about once in an interval, until the process ends', async () => {
    const { calls, keeper } = setUp({ sync: 60_000 });
    await keeper.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(12_000);
    expect(calls.length).toBeGreaterThanOrEqual(11);
    expect(calls.length).toBeLessThanOrEqual(16);
    await keeper.beforeApplicationShutdown();
    const before = calls.length;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(calls).toHaveLength(before);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('starts without Redis, tries again, and lets one failure not hinder another', async () => {
    let away = true;
    const { calls, keeper } = setUp({ one: 1_000, two: 2_000 }, (call) => away && call.startsWith('one'));
    await expect(keeper.onApplicationBootstrap()).resolves.toBeUndefined();
    away = false;
    await vi.advanceTimersByTimeAsync(1_200);
    expect(calls).toEqual(['one 1000', 'two 2000', 'one 1000', 'two 2000']);
    await keeper.beforeApplicationShutdown();
  });

  it('has no timer when there is nothing to keep', async () => {
    const { keeper } = setUp({});
    await keeper.onApplicationBootstrap();
    expect(vi.getTimerCount()).toBe(0);
    await keeper.beforeApplicationShutdown();
  });
});

describe('ScheduleList', () => {
  it('refuses a key that its queue has already', () => {
    const list = new ScheduleList();
    list.add({ key: 'tick', job, payload, everyMs: 1_000 });
    expect(() => list.add({ key: 'tick', job, payload, everyMs: null })).toThrow(/lifecycle\/tick/);
  });
});
