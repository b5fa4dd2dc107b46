import { type RedisFixture, startRedis } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobWorkers } from '../src/running/job-workers.port.js';
import { type BullMqHarness, openBullMq } from './bullmq-harness.js';
import { gate, idle, Recorder, testJob, until } from './fixtures.js';

describe('jobs that somebody deleted in Redis', () => {
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

  it('while they run, lose nothing that is asked for meanwhile', async () => {
    const job = testJob();
    const recorder = new Recorder();
    const held = gate();
    workers.attach(recorder.handlers([job], async () => held.passed));
    await workers.start();
    await harness.queue.enqueue(job, { id: 'a' });
    await until(() => recorder.runs.length === 1);
    await harness.probe.del(harness.raw.toKey('active'));
    await harness.queue.enqueue(job, { id: 'a' });
    expect(recorder.runs).toHaveLength(1);
    held.open();
    await until(() => recorder.runs.length === 2);
    expect(recorder.mostOfOneKey).toBe(1);
  });

  it('are not searched for in a list so long that Redis would be held up', async () => {
    const job = testJob();
    await harness.queue.enqueue(job, { id: 'a' });
    const wait = harness.raw.toKey('wait');
    await harness.probe.del(wait);
    const pending = () => harness.queue.pendingKeys('lifecycle', ['test-a']);
    const others = Array.from({ length: 10_000 }, (_, n) => `other-${n}`);
    await harness.probe.rpush(wait, ...others);
    expect(await pending()).toEqual(new Set());
    await harness.probe.rpush(wait, 'one-more');
    expect(await pending()).toEqual(new Set(['test-a']));
    await harness.probe.del(wait);
    expect(await pending()).toEqual(new Set());
  });

  it.each([
    { list: 'wait', priority: undefined, paused: false },
    { list: 'prioritized', priority: 3, paused: false },
    { list: 'wait', priority: undefined, paused: true },
  ])(
    'in $list (queue paused: $paused), are not pending and are put anew, alone or with many',
    async ({ list, priority, paused }) => {
      const job = testJob();
      if (paused) await harness.raw.pause();
      const many = Array.from({ length: 40 }, (_, n) => `k${n}`);
      await harness.queue.enqueueMany(
        job,
        many.map((id) => ({ id })),
      );
      if (priority !== undefined) {
        for (const waiting of await harness.raw.getWaiting()) await waiting.changePriority({ priority });
      }
      const pending = () =>
        harness.queue.pendingKeys(
          'lifecycle',
          many.map((id) => `test-${id}`),
        );
      expect((await pending()).size).toBe(40);
      expect(await harness.probe.exists(harness.raw.toKey(list))).toBe(1);
      await harness.probe.del(harness.raw.toKey(list));
      expect((await pending()).size).toBe(0);
      expect(await harness.queue.pendingKeys('lifecycle', ['test-k0'])).toEqual(new Set());

      await harness.queue.enqueue(job, { id: 'k0' });
      await harness.queue.enqueueMany(
        job,
        many.map((id) => ({ id })),
      );
      expect((await pending()).size).toBe(40);
      if (paused) await harness.raw.resume();
      const recorder = new Recorder();
      workers.attach(recorder.handlers([job]));
      await workers.start();
      await until(() => recorder.runs.length === 40);
      await idle(harness.queue);
      expect(recorder.runs).toHaveLength(40);
    },
  );
});
