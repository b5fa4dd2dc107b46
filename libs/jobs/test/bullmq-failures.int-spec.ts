import { type RedisFixture, startRedis } from '@app/testing';
import { Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bullMqPrefix, storedJob } from '../src/bullmq/bullmq-layout.js';
import { type HeldJob } from '../src/bullmq/coalescing-queue.js';
import { QueueUnavailableError } from '../src/catalogue/job-queue.port.js';
import type { JobHandlers } from '../src/running/job-handlers.js';
import type { JobWorkers } from '../src/running/job-workers.port.js';
import { type BullMqHarness, openBullMq } from './bullmq-harness.js';
import { gate, idle, Recorder, testJob, until, untilAborted } from './fixtures.js';

describe('BullMqJobQueue on bad days', () => {
  let redis: RedisFixture;
  let harness: BullMqHarness;
  let recorder: Recorder;
  let started: JobWorkers[];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(() => {
    harness = openBullMq(redis.url);
    recorder = new Recorder();
    started = [];
  });
  afterEach(async () => {
    await Promise.all(started.map((workers) => workers.drain(1_000)));
    await harness.close();
  });

  const start = async (handlers: JobHandlers): Promise<JobWorkers> => {
    const workers = harness.newWorkers();
    workers.attach(handlers);
    await workers.start();
    started.push(workers);
    return workers;
  };

  /** Takes a job as a worker that is killed at once: it neither renews the lock nor ends the job. */
  const takeAndDie = async (key: string, times = 1): Promise<HeldJob> => {
    const connection = harness.probe.duplicate();
    const options = { connection, prefix: bullMqPrefix(harness.keyPrefix), lockDuration: 200, stalledInterval: 100 };
    const worker = new Worker('lifecycle', null, { ...options, maxStalledCount: 1_000 });
    worker.on('error', () => undefined);
    await worker.startStalledCheckTimer();
    let held: HeldJob | undefined;
    for (let death = 0; death < times; death += 1) {
      const token = `dead-${death}`;
      const job = await vi.waitUntil(() => worker.getNextJob(token, { block: false }), { timeout: 5_000 });
      if (!job?.id) throw new Error('nothing to take');
      held = { id: job.id, token, key };
    }
    await worker.close(true);
    connection.disconnect();
    if (held === undefined) throw new Error('never taken');
    return held;
  };

  it('does not wait at the shutdown for a Redis that hangs', { timeout: 60_000 }, async () => {
    const job = testJob();
    const run = gate();
    const workers = await start(recorder.handlers([job], () => run.passed));
    await harness.queue.enqueue(job, { id: 'a' });
    await until(() => recorder.runs.length === 1);
    await harness.probe.client('PAUSE', 30_000, 'ALL');
    const began = performance.now();
    try {
      await workers.drain(60_000);
      expect(performance.now() - began).toBeLessThan(15_000);
    } finally {
      run.open();
      await redis.kill();
      await redis.start();
    }
  });

  describe('a worker that is killed in mid-job', () => {
    it('has its job run again by another soon', async () => {
      const job = testJob();
      await harness.queue.enqueue(job, { id: 'a' });
      await takeAndDie('test-a');
      await start(recorder.handlers([job]));
      await until(() => recorder.runs.length === 1, 4_000);
      await idle(harness.queue);
      expect(recorder.runs[0]?.attempt).toBe(1);
    });

    it('swallows no enqueue of the key of its job', async () => {
      const job = testJob();
      await harness.queue.enqueue(job, { id: 'a' });
      await takeAndDie('test-a');
      await harness.queue.enqueue(job, { id: 'a' });
      await harness.queue.enqueue(job, { id: 'a' }, { delayMs: 60_000 });
      expect(await harness.queue.pendingKeys('lifecycle', ['test-a'])).toEqual(new Set(['test-a']));
      await start(recorder.handlers([job]));
      await until(() => recorder.runs.length === 1, 4_000);
      await idle(harness.queue);
      expect(recorder.runs).toHaveLength(1);
    });

    it('between the end of a run and its completion loses neither the next run nor a request', async () => {
      const job = testJob();
      await harness.queue.enqueue(job, { id: 'a' });
      const held = await takeAndDie('test-a');
      await harness.probe.set(`${harness.raw.toKey(held.id)}:lock`, held.token, 'PX', 1_000);
      expect(await harness.coalescing.claim(held)).toEqual({ kind: 'run', wakers: [] });
      await harness.queue.enqueue(job, { id: 'a' }, { delayMs: 2_000 });
      await harness.coalescing.end(held, {
        dueMs: Date.now() + 60_000,
        job: storedJob(job, { id: 'a' }),
        wakers: [],
      });
      expect(await harness.queue.counts('lifecycle')).toMatchObject({ active: 1, delayed: 1 });
      await start(recorder.handlers([job]));
      await until(() => recorder.runs.length === 1, 4_000);
      await idle(harness.queue);
      expect(recorder.mostOfOneKey).toBe(1);
    });

    it('between giving up the key and making the next job still has both run', async () => {
      const job = testJob();
      await harness.queue.enqueue(job, { id: 'a' });
      const held = await takeAndDie('test-a');
      await harness.probe.set(`${harness.raw.toKey(held.id)}:lock`, held.token, 'PX', 1_000);
      await harness.coalescing.claim(held);
      vi.spyOn(harness.coalescing, 'request').mockRejectedValueOnce(new Error('killed here'));
      const next = { dueMs: Date.now() + 1_800, job: storedJob(job, { id: 'a' }), wakers: [] };
      await expect(harness.coalescing.end(held, next)).rejects.toThrow('killed here');
      await start(recorder.handlers([job]));
      await until(() => recorder.runs.length === 2, 6_000);
      expect(recorder.runs[1]?.startedAt).toBeGreaterThanOrEqual(next.dueMs - 2);
      await idle(harness.queue);
    });

    it('again and again has its job given up, but not what was enqueued meanwhile', async () => {
      const job = testJob();
      await harness.queue.enqueue(job, { id: 'a' });
      await takeAndDie('test-a', 4);
      await harness.queue.enqueue(job, { id: 'a' });
      await start(recorder.handlers([job]));
      await until(() => recorder.runs.length === 1, 6_000);
      await idle(harness.queue);
      expect(await harness.queue.counts('lifecycle')).toMatchObject({ failed: 1 });
      expect(recorder.runs).toHaveLength(1);
    });
  });

  it('a run whose lock is gone is aborted, and another one takes over', async () => {
    const job = testJob();
    let aborted = false;
    await start(
      recorder.handlers([job], async (_, { signal }) => {
        if (recorder.runs.length > 1) return;
        await untilAborted(signal).finally(() => {
          aborted = true;
        });
      }),
    );
    await harness.queue.enqueue(job, { id: 'a' });
    await until(() => recorder.runs.length === 1);
    await harness.probe.del(`${harness.raw.toKey(recorder.runs[0]?.jobId ?? '')}:lock`);
    await until(() => recorder.runs.length === 2);
    expect(aborted).toBe(true);
    await idle(harness.queue);
  });

  it('a key left behind by a removed job swallows nothing', async () => {
    const job = testJob();
    await harness.queue.enqueue(job, { id: 'a' }, { delayMs: 60_000 });
    const id = await harness.raw.getDeduplicationJobId('test-a');
    await harness.probe
      .multi()
      .zrem(harness.raw.toKey('delayed'), `${id}`)
      .del(harness.raw.toKey(`${id}`))
      .exec();
    expect(await harness.queue.pendingKeys('lifecycle', ['test-a'])).toEqual(new Set());
    await start(recorder.handlers([job]));
    await harness.queue.enqueue(job, { id: 'a' });
    await until(() => recorder.runs.length === 1);
  });

  it('a payload that does not fit when taken fails without a retry', async () => {
    const job = testJob({ attempts: 5 });
    await start(recorder.handlers([job]));
    await harness.raw.add(job.name, { id: 7 }, { attempts: 5, deduplication: { id: 'test-7' } });
    await until(async () => (await harness.queue.counts('lifecycle')).failed === 1);
    const [failed] = await harness.raw.getFailed();
    expect(failed?.failedReason).toMatch(/TEST_JOB.*id must be a string/);
    expect(failed?.attemptsMade).toBe(1);
    expect(recorder.runs).toHaveLength(0);
    expect(await harness.queue.pendingKeys('lifecycle', ['test-7'])).toEqual(new Set());
  });

  it('a job that this worker does not know waits for one that does', async () => {
    const known = testJob();
    const unknown = testJob({ name: 'NEWER', attempts: 5 });
    await start(recorder.handlers([known]));
    await harness.queue.enqueue(unknown, { id: 'n' });
    await until(async () => (await harness.queue.counts('lifecycle')).delayed === 1);
    await harness.queue.enqueue(known, { id: 'k' });
    await until(() => recorder.runs.length === 1);
    expect(await harness.queue.counts('lifecycle')).toMatchObject({ delayed: 1, failed: 0 });
  });

  it('two workers run each job once', async () => {
    const job = testJob();
    const handlers = recorder.handlers([job], () => new Promise((resolve) => setTimeout(resolve, 2)));
    await start(handlers);
    await start(handlers);
    const ids = Array.from({ length: 100 }, (_, index) => `${index}`);
    await harness.queue.enqueueMany(
      job,
      ids.map((id) => ({ id })),
    );
    await idle(harness.queue);
    expect(recorder.runs.map((run) => run.payload.id).sort()).toEqual(ids.sort());
  });

  it('ended jobs are trimmed, waiting ones are not', async () => {
    const job = testJob();
    const held = gate();
    await start(recorder.handlers([job], ({ id }) => (id === 'held' ? held.passed : Promise.resolve())));
    await harness.queue.enqueue(job, { id: 'later' }, { delayMs: 60_000 });
    await harness.queue.enqueueMany(
      job,
      Array.from({ length: 30 }, (_, index) => ({ id: `${index}` })),
    );
    await until(() => recorder.runs.length === 30);
    await until(async () => (await harness.queue.counts('lifecycle')).active === 0);
    expect(await harness.raw.getCompletedCount()).toBe(10);
    expect(await harness.queue.pendingKeys('lifecycle', ['test-later'])).toEqual(new Set(['test-later']));
    held.open();
  });

  it('every key carries the hash tag of the fleet', async () => {
    const job = testJob();
    await start(recorder.handlers([job]));
    await harness.queue.schedule('tick', job, { id: 't' }, 60_000);
    await harness.queue.enqueue(job, { id: 'a' });
    await harness.queue.enqueue(job, { id: 'b' }, { delayMs: 60_000 });
    await until(() => recorder.runs.length === 2);
    const own = (await harness.probe.keys('*')).filter((key) => key.includes(harness.keyPrefix));
    expect(own.length).toBeGreaterThan(5);
    expect(own.filter((key) => !key.startsWith(`{${harness.keyPrefix}}:jobs:`))).toEqual([]);
  });

  it('enqueueMany and pendingKeys cost the same few calls for ten and for a thousand', async () => {
    const job = testJob();
    const evalsha = vi.spyOn(harness.commands, 'evalsha');
    const pipeline = vi.spyOn(harness.commands, 'pipeline');
    const payloads = Array.from({ length: 1_000 }, (_, index) => ({ id: `${index}` }));
    await harness.queue.enqueueMany(job, payloads.slice(0, 10));
    await harness.queue.pendingKeys('lifecycle', ['test-1']);
    expect([evalsha.mock.calls.length, pipeline.mock.calls.length]).toEqual([2, 1]);
    await harness.queue.enqueueMany(job, payloads);
    await harness.queue.pendingKeys(
      'lifecycle',
      payloads.map(({ id }) => `test-${id}`),
    );
    expect([evalsha.mock.calls.length, pipeline.mock.calls.length]).toEqual([4, 2]);
    expect(await harness.queue.counts('lifecycle')).toMatchObject({ waiting: 1_000 });
  });

  it('counts runs by how they ended', async () => {
    const job = testJob({ attempts: 2 });
    await start(
      recorder.handlers([job], async ({ id }, { attempt }) => {
        if (id === 'bad' || attempt === 1) throw new Error('fault');
      }),
    );
    await harness.queue.enqueueMany(job, [{ id: 'good' }, { id: 'bad' }]);
    await until(() => recorder.runs.length === 4);
    await idle(harness.queue);
    const text = await harness.metrics.metrics();
    for (const [outcome, count] of Object.entries({ retried: 2, failed: 1, completed: 1 })) {
      expect(text).toContain(
        `novita_fleet_job_runs_total{queue="lifecycle",job="TEST_JOB",outcome="${outcome}"} ${count}`,
      );
    }
    expect(text).toContain('novita_fleet_job_run_seconds_count{queue="lifecycle",job="TEST_JOB"} 4');
  });
});

describe('BullMqJobQueue without Redis', () => {
  it('fails fast, and its workers take up again when Redis is back', async () => {
    const redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    const harness = openBullMq(redis.url);
    const recorder = new Recorder();
    const job = testJob();
    const workers = harness.newWorkers();
    try {
      workers.attach(recorder.handlers([job]));
      await workers.start();
      await harness.queue.enqueue(job, { id: 'before' });
      await until(() => recorder.runs.length === 1);
      await harness.queue.enqueue(job, { id: 'delayed' }, { delayMs: 500 });
      await redis.kill();
      const began = Date.now();
      const calls = [
        harness.queue.enqueue(job, { id: 'a' }),
        harness.queue.enqueueMany(job, [{ id: 'a' }]),
        harness.queue.schedule('tick', job, { id: 'a' }, 1_000),
        harness.queue.pendingKeys('lifecycle', ['test-a']),
        harness.queue.counts('lifecycle'),
      ];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: expect.any(QueueUnavailableError) as Error });
      }
      expect(Date.now() - began).toBeLessThan(20_000);
      await redis.start();
      // A worker that has waited through the outage looks again after its drain delay of 10 s at the latest.
      await until(() => recorder.runs.some((run) => run.payload.id === 'delayed'), 25_000);
      await harness.queue.enqueue(job, { id: 'after' });
      await until(() => recorder.runs.some((run) => run.payload.id === 'after'), 10_000);
    } finally {
      await workers.drain(1_000);
      await harness.close();
      await redis.stop();
    }
  });

  it('drains workers that never saw Redis, in time', async () => {
    const redis = await startRedis();
    await redis.kill();
    const harness = openBullMq(redis.url);
    const workers = harness.newWorkers();
    workers.attach(new Recorder().handlers([testJob()]));
    await workers.start();
    const began = Date.now();
    await workers.drain(1_000);
    expect(Date.now() - began).toBeLessThan(8_000);
    await harness.close();
    await redis.stop();
  });

  it('starts all the same, enqueues when Redis comes up, and drains in time while it is away', async () => {
    const redis = await startRedis();
    await redis.kill();
    const harness = openBullMq(redis.url);
    const recorder = new Recorder();
    const job = testJob();
    const workers = harness.newWorkers();
    try {
      workers.attach(recorder.handlers([job], (_, { signal }) => untilAborted(signal)));
      await workers.start();
      await expect(harness.queue.enqueue(job, { id: 'a' })).rejects.toThrow(QueueUnavailableError);
      await redis.start();
      await vi.waitFor(() => harness.queue.enqueue(job, { id: 'a' }), { timeout: 5_000 });
      await until(() => recorder.runs.length === 1, 10_000);
      await redis.kill();
      const began = Date.now();
      await workers.drain(1_500);
      expect(Date.now() - began).toBeLessThan(8_000);
    } finally {
      await harness.close();
      await redis.stop();
    }
  });
});

describe('a Redis that is full', () => {
  it('is asked for jobs about once a second by each queue, and they run when it has room', async () => {
    const redis = await startRedis();
    const harness = openBullMq(redis.url);
    const workers = harness.newWorkers();
    const recorder = new Recorder();
    const job = testJob();
    workers.attach(recorder.handlers([job]));
    try {
      await harness.queue.enqueue(job, { id: 'a' });
      await harness.probe.config('SET', 'maxmemory', '1');
      await workers.start();
      const refused = async (): Promise<number> =>
        Number(/errorstat_OOM:count=(\d+)/.exec(await harness.probe.info('errorstats'))?.[1] ?? 0);
      await until(async () => (await refused()) > 0);
      const before = await refused();
      const began = performance.now();
      await until(async () => (await refused()) >= before + 6);
      // Three queues ask; one that does not pause asks some hundred times a second.
      const perSecond = 6_000 / (performance.now() - began);
      expect(perSecond).toBeLessThan(20);
      expect(recorder.runs).toHaveLength(0);
      await harness.probe.config('SET', 'maxmemory', '0');
      await until(() => recorder.runs.length === 1);
    } finally {
      await workers.drain(1_000);
      await harness.close();
      await redis.stop();
    }
  });
});
