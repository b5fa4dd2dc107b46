import { QuarantineHandlers } from '@app/redis';
import { type RedisFixture, startRedis } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { whereIsJob } from '../src/bullmq/bullmq-layout.js';
import { JobQuarantine } from '../src/bullmq/job-quarantine.js';
import { RECONCILE_INSTANCE } from '../src/catalogue/catalogue.js';
import type { JobWorkers } from '../src/running/job-workers.port.js';
import { type BullMqHarness, openBullMq } from './bullmq-harness.js';
import { idle, Recorder, testJob, until } from './fixtures.js';

const JOB = testJob({ attempts: 2 });

describe('a job that cannot be read', () => {
  let redis: RedisFixture;
  let harness: BullMqHarness;
  let workers: JobWorkers;
  let recorder: Recorder;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(() => {
    harness = openBullMq(redis.url);
    recorder = new Recorder();
    workers = harness.newWorkers();
  });
  afterEach(async () => {
    await workers.drain(1_000);
    await harness.close();
  });

  /** Enqueues a job, and spoils it before any worker is there. */
  async function poisoned(id: string, ...fields: string[]): Promise<string> {
    await harness.queue.enqueue(JOB, { id });
    const jobId = (await harness.commands.get(harness.raw.toKey(`de:test-${id}`))) ?? '';
    await harness.commands.hset(harness.raw.toKey(jobId), ...fields);
    return jobId;
  }

  async function begin(): Promise<void> {
    workers.attach(recorder.handlers([JOB]));
    await workers.start();
  }

  it('is failed once, as it is, and its neighbours and its key go on', async () => {
    const jobId = await poisoned('bad', 'data', '{"id":"ba');
    await harness.queue.enqueue(JOB, { id: 'good' });
    await begin();
    await until(async () => (await harness.raw.getFailedCount()) === 1 && recorder.runs.length === 1);
    await harness.queue.enqueue(JOB, { id: 'bad' });
    await until(() => recorder.runs.length === 2);
    await idle(harness.queue);
    expect(recorder.runs.map(({ payload }) => payload.id)).toEqual(['good', 'bad']);
    expect(harness.setAside).toEqual([
      { kind: 'job', where: whereIsJob('lifecycle', jobId), reason: 'its payload is not JSON', text: '{"id":"ba' },
    ]);
    expect(await harness.commands.hget(harness.raw.toKey(jobId), 'data')).toBe('{"id":"ba');
    expect(Number(await harness.commands.hget(harness.raw.toKey(jobId), 'atm'))).toBe(1);
  });

  it('for its options runs all the same, without them', async () => {
    await poisoned('bad', 'opts', '{"attempts":');
    await harness.queue.enqueue(JOB, { id: 'good' });
    await begin();
    await until(() => recorder.runs.length === 2, 20_000);
    await idle(harness.queue);
    expect(recorder.runs.map(({ payload }) => payload.id).toSorted()).toEqual(['bad', 'good']);
    expect(harness.setAside.map(({ reason, text }) => [reason, text])).toEqual([
      ['its options are not JSON', '{"attempts":'],
    ]);
  });

  it('since its payload does not fit, or nobody knows its name, is set aside when it fails for good', async () => {
    await poisoned('wrong', 'data', '{"id":7}');
    await harness.queue.enqueue(testJob({ name: 'OF_LATER', attempts: 2 }), { id: 'x' });
    await begin();
    await until(async () => (await harness.raw.getFailedCount()) === 1);
    expect(harness.setAside.map(({ reason }) => reason)).toEqual([expect.stringContaining('id must be a string')]);
    // As if its back-off of some seconds were over.
    const later = (await harness.raw.getDelayed())[0];
    await later?.promote();
    await until(() => harness.setAside.length === 2);
    expect(harness.setAside[1]).toMatchObject({ reason: 'this worker has no handler for job OF_LATER' });
    expect(recorder.runs).toEqual([]);
  });

  it('is enqueued anew once it can be read, and discarded when that is asked for', async () => {
    const handler = new JobQuarantine(harness.queues, harness.queue, new QuarantineHandlers());
    const instanceId = 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE';
    const stored = (name: string, data: string) => {
      const key = harness.raw.toKey(`bad-${name}`);
      return harness.commands.hset(key, 'name', name, 'data', data, 'timestamp', 1, 'finishedOn', 2);
    };
    const where = (name: string) => whereIsJob('lifecycle', `bad-${name}`);
    expect(await handler.retry(where('RECONCILE_INSTANCE'))).toBe('gone');
    expect(await handler.retry('nowhere:1')).toBe('gone');
    await stored('OF_LATER', '{}');
    expect(await handler.retry(where('OF_LATER'))).toBe('unreadable');
    await stored('RECONCILE_INSTANCE', `{"instanceId":"${instanceId}"`);
    expect(await handler.retry(where('RECONCILE_INSTANCE'))).toBe('unreadable');
    await stored('RECONCILE_INSTANCE', `{"instanceId":"${instanceId}"}`);
    expect(await handler.retry(where('RECONCILE_INSTANCE'))).toBe('readable');
    const key = RECONCILE_INSTANCE.coalescingKey({ instanceId });
    expect(await harness.queue.pendingKeys('lifecycle', [key])).toEqual(new Set([key]));
    expect(await harness.commands.exists(harness.raw.toKey('bad-RECONCILE_INSTANCE'))).toBe(0);
    expect(await handler.discard(where('OF_LATER'))).toBeNull();
    expect(await harness.commands.exists(harness.raw.toKey('bad-OF_LATER'))).toBe(0);
  });
});
