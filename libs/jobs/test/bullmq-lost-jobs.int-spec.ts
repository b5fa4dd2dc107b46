import { type RedisFixture, startRedis } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobWorkers } from '../src/job-workers.port.js';
import { type BullMqHarness, openBullMq } from './bullmq-harness.js';
import { idle, Recorder, testJob, until } from './fixtures.js';

describe('delayed jobs that somebody deleted in Redis', () => {
  let redis: RedisFixture;
  let harness: BullMqHarness;
  let workers: JobWorkers;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(() => {
    harness = openBullMq(redis.url);
    workers = harness.newWorkers();
  });
  afterEach(async () => {
    await workers.drain(1_000);
    await harness.close();
  });

  it.each([
    { what: 'with what they hold', withJobs: true },
    { what: 'as a list only', withJobs: false },
  ])('$what, are not pending and hold up none that are asked for anew', async ({ withJobs }) => {
    const job = testJob();
    const keys = ['a', 'b', 'c'];
    for (const id of keys) await harness.queue.enqueue(job, { id }, { delayMs: 60_000 });
    const ids = await harness.probe.zrange(harness.raw.toKey('delayed'), '0', '-1');
    expect(ids).toHaveLength(3);
    await harness.probe.del(harness.raw.toKey('delayed'), ...(withJobs ? ids.map((id) => harness.raw.toKey(id)) : []));
    expect(await harness.queue.pendingKeys('lifecycle', ['test-a', 'test-b', 'test-c'])).toEqual(new Set());

    await harness.queue.enqueueMany(job, [{ id: 'a' }, { id: 'b' }]);
    await harness.queue.enqueue(job, { id: 'c' }, { delayMs: 50 });
    expect(await harness.queue.pendingKeys('lifecycle', ['test-a', 'test-b', 'test-c'])).toEqual(
      new Set(['test-a', 'test-b', 'test-c']),
    );
    for (const id of ids) expect(await harness.probe.exists(harness.raw.toKey(id))).toBe(0);
    const recorder = new Recorder();
    workers.attach(recorder.handlers([job]));
    await workers.start();
    await until(() => recorder.runs.length === 3);
    await idle(harness.queue);
    expect(recorder.runs).toHaveLength(3);
  });
});
