import { type JobSchedule, JobSchedules } from '@app/jobs';
import { timestampFromMs } from '@app/platform';
import { FleetId, RedisReadiness } from '@app/redis';
import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeQueue } from '../../test/fakes/fake-queue.js';
import { SyncBoot } from './sync-boot.js';

Logger.overrideLogger(false);

class Schedules extends JobSchedules {
  readonly added: JobSchedule[] = [];

  override add(schedule: JobSchedule): void {
    this.added.push(schedule);
  }
}

describe('the start of a worker', () => {
  let queue: FakeQueue;
  let schedules: Schedules;
  let clock: FakeClock;

  beforeEach(() => {
    vi.useFakeTimers();
    queue = new FakeQueue();
    schedules = new Schedules();
    clock = new FakeClock();
  });
  afterEach(() => void vi.useRealTimers());

  const start = (automatic = true): SyncBoot => {
    const boot = new SyncBoot(
      schedules,
      queue,
      clock,
      { lockTtlMs: 1, intervalMs: 60_000, automatic },
      RedisReadiness.proven(new FleetId('test'), timestampFromMs(0)),
    );
    boot.onModuleInit();
    void boot.onApplicationBootstrap();
    return boot;
  };

  it('asks for one sync and for the schedule, and waits for neither', async () => {
    await start().beforeApplicationShutdown();
    expect(schedules.added).toMatchObject([
      { key: 'sync', everyMs: 60_000, payload: { trigger: 'schedule', runId: '' } },
    ]);
    expect(queue.enqueued).toMatchObject([
      { job: 'SYNC_FLEET', payload: { trigger: 'startup', unlessRunSince: clock.now() - 10_000 } },
    ]);
  });

  it('asks for the one sync, and takes the schedule away, when it is not automatic', async () => {
    await start(false).beforeApplicationShutdown();
    expect(schedules.added).toMatchObject([{ everyMs: null }]);
    expect(queue.enqueued).toHaveLength(1);
  });

  it('asks again when the queue is away, until the process ends', async () => {
    queue.available = false;
    const boot = start();
    await vi.advanceTimersByTimeAsync(12_000);
    queue.available = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(queue.enqueued).toHaveLength(1);

    queue.available = false;
    const other = start();
    await vi.advanceTimersByTimeAsync(1);
    await other.beforeApplicationShutdown();
    queue.available = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(queue.enqueued).toHaveLength(1);
    await boot.beforeApplicationShutdown();
  });
});
