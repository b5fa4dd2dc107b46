import { setTimeout as pause } from 'node:timers/promises';
import { type CuttingProxy, type RedisFixture, startCuttingProxy, startRedis } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobWorkers } from '../src/running/job-workers.port.js';
import { type BullMqHarness, openBullMq } from './bullmq-harness.js';
import { gate, Recorder, testJob, until } from './fixtures.js';

const JOB = testJob();
/** What BullMQ sends first over the connection on which it waits for jobs of `lifecycle`, and by which it waits. */
const WAITS_FOR_JOBS = new RegExp(`${Buffer.from('lifecycle').toString('base64')}|bzpopmin`, 'i');

describe('a worker that takes no jobs although some are due', { timeout: 30_000 }, () => {
  let redis: RedisFixture;
  let proxy: CuttingProxy;
  let harness: BullMqHarness;
  let workers: JobWorkers | null = null;
  let recorder: Recorder;

  beforeEach(async () => {
    redis = await startRedis();
    proxy = await startCuttingProxy(redis.port);
    harness = openBullMq(`redis://127.0.0.1:${proxy.port}`);
    recorder = new Recorder();
  });
  afterEach(async () => {
    await workers?.drain(1_000);
    workers = null;
    await harness.close();
    await proxy.close();
    await redis.stop();
  });

  async function start(...behaviour: Parameters<Recorder['handlers']> extends [unknown, ...infer Rest] ? Rest : never) {
    workers = harness.newWorkers();
    workers.attach(recorder.handlers([JOB], ...behaviour));
    await workers.start();
    await harness.queue.enqueue(JOB, { id: 'first' });
    await until(() => recorder.runs.length === 1);
  }

  async function steps(): Promise<Readonly<Record<string, number>>> {
    const metric = await harness.metrics.getSingleMetric('novita_fleet_worker_recoveries_total')?.get();
    const ofQueue = metric?.values.filter(({ labels }) => labels['queue'] === 'lifecycle') ?? [];
    return Object.fromEntries(ofQueue.map(({ labels, value }) => [String(labels['step']), value]));
  }

  async function consuming(): Promise<number | undefined> {
    const metric = await harness.metrics.getSingleMetric('novita_fleet_worker_consuming')?.get();
    return metric?.values.find(({ labels }) => labels['queue'] === 'lifecycle')?.value;
  }

  it('takes them again over a new connection, and what ran before goes on and runs once', async () => {
    const held = gate();
    await start(async ({ id }) => (id === 'first' ? held.passed : undefined));
    expect(await consuming()).toBe(1);
    let isWedged = true;
    proxy.silenceWhere((sent) => {
      if (sent.includes('job-worker-lifecycle')) isWedged = false;
      return isWedged && WAITS_FOR_JOBS.test(sent);
    });
    await pause(500);
    await harness.queue.enqueue(JOB, { id: 'second' });
    await until(() => recorder.runs.some(({ payload }) => payload.id === 'second'), 15_000);
    expect(await steps()).toEqual({ wake: 1, rebuild: 1, end: 0 });
    held.open();
    await until(async () => (await harness.queue.counts('lifecycle')).active === 0);
    expect(recorder.runs.map(({ payload }) => payload.id)).toEqual(['first', 'second']);
    await until(async () => (await consuming()) === 1);
    expect(harness.ends).toEqual([]);
  });

  it('asks for the end of its process when that does not help', async () => {
    await start();
    proxy.silenceWhere((sent) => WAITS_FOR_JOBS.test(sent));
    await pause(500);
    await harness.queue.enqueue(JOB, { id: 'second' });
    await until(async () => (await consuming()) === 0, 10_000);
    // The new worker asks once before it waits, and gets stuck like the old one.
    await until(() => recorder.runs.length === 2, 10_000);
    await pause(500);
    await harness.queue.enqueue(JOB, { id: 'third' });
    await until(() => harness.ends.length > 0, 15_000);
    expect(await steps()).toEqual({ wake: 1, rebuild: 1, end: 1 });
    expect(harness.ends).toEqual([expect.stringContaining('lifecycle')]);
  });

  it('does nothing while nothing is due', async () => {
    await start();
    proxy.silenceWhere((sent) => WAITS_FOR_JOBS.test(sent));
    await until(async () => (await consuming()) === 0, 10_000);
    await pause(1_500);
    expect(await steps()).toEqual({ wake: 0, rebuild: 0, end: 0 });
  });
});

describe('a queue', { timeout: 30_000 }, () => {
  it('knows of a due job that no worker was woken for, and wakes one', async () => {
    const redis = await startRedis();
    const harness = openBullMq(redis.url);
    const recorder = new Recorder();
    const workers = harness.newWorkers({ drainDelayMs: 10_000, heartbeat: { everyMs: 5_000, lifeMs: 16_000 } });
    workers.attach(recorder.handlers([JOB]));
    await workers.start();
    await harness.queue.enqueue(JOB, { id: 'late' }, { delayMs: 60_000 });
    const waits = async (): Promise<boolean> => /cmd=bzpopmin/.test(String(await harness.probe.client('LIST')));
    await until(async () => (await waits()) && (await harness.probe.zcard(harness.raw.toKey('marker'))) === 0);
    expect(await harness.coalescing.hasDueJob()).toBe(false);

    const [id] = await harness.probe.zrange(harness.raw.toKey('delayed'), '0', '0');
    await harness.probe.zadd(harness.raw.toKey('delayed'), String(Date.now() * 4_096), id ?? '');
    expect(await harness.coalescing.hasDueJob()).toBe(true);
    // Not by BullMQ, whose resuming wakes a worker.
    await harness.probe.hset(harness.raw.toKey('meta'), 'paused', '1');
    expect(await harness.coalescing.hasDueJob()).toBe(false);
    await harness.probe.hdel(harness.raw.toKey('meta'), 'paused');
    expect(recorder.runs).toEqual([]);
    await harness.coalescing.wake();
    await until(() => recorder.runs.length === 1, 2_000);
    expect(await harness.coalescing.hasDueJob()).toBe(false);
    await workers.drain(2_000);
    await harness.close();
    await redis.stop();
  });
});

describe('a worker that works as it should', { timeout: 60_000 }, () => {
  it('is never looked after: idle, with long jobs, with all places taken, or with Redis away', async () => {
    const redis = await startRedis();
    const harness = openBullMq(redis.url);
    const recorder = new Recorder();
    // A busy machine may keep a worker from its turn for as long as three of the shorter drain delays of the other tests.
    const workers = harness.newWorkers({ drainDelayMs: 1_000, heartbeat: { everyMs: 300, lifeMs: 16_000 } });
    const held = gate();
    workers.attach(recorder.handlers([JOB], async ({ id }) => (id.startsWith('long') ? held.passed : undefined)));
    await workers.start();
    const enqueue = (id: string): Promise<void> => harness.queue.enqueue(JOB, { id });
    // Idle, for longer than three drain delays.
    await pause(3_500);
    // A long job and short ones beside it.
    await enqueue('long-0');
    for (let round = 0; round < 10; round += 1) {
      await enqueue(`short-${round}`);
      await pause(300);
    }
    // All places taken, and a job that is due.
    for (const id of ['long-1', 'long-2', 'long-3', 'long-4', 'long-5']) await enqueue(id);
    await pause(4_000);
    redis.signal('SIGSTOP');
    await pause(5_000);
    redis.signal('SIGCONT');
    held.open();
    await until(() => recorder.runs.length >= 16, 20_000);
    await enqueue('last');
    await until(() => recorder.runs.some(({ payload }) => payload.id === 'last'));
    const counted = await harness.metrics.getSingleMetric('novita_fleet_worker_recoveries_total')?.get();
    expect(counted?.values.reduce((sum, { value }) => sum + value, 0)).toBe(0);
    await workers.drain(2_000);
    await harness.close();
    await redis.stop();
  });
});
