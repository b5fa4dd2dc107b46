import { inSpan } from '@app/platform';
import { type RedisFixture, SpanRecorder, startRedis } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openBullMq } from './bullmq-harness.js';
import { testJob } from './fixtures.js';
import { itIsAJobQueue } from './job-queue.conformance.js';

describe('BullMqJobQueue', () => {
  let redis: RedisFixture;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  itIsAJobQueue(async () => openBullMq(redis.url));

  it('keeps with a job whom it is for while traces are made, and not a byte while they are off', async () => {
    const harness = openBullMq(redis.url);
    onTestFinished(() => harness.close());
    const kept = async (): Promise<string> => {
      const [job] = await harness.raw.getJobs();
      return JSON.stringify(await harness.probe.hgetall(harness.raw.toKey(job?.id ?? '')));
    };
    const twice = async (): Promise<void> => {
      await harness.queue.enqueue(testJob(), { id: 'a' }, { delayMs: 60_000 });
      await harness.queue.enqueue(testJob(), { id: 'a' }, { delayMs: 60_000 });
    };
    await twice();
    expect(await kept()).not.toMatch(/"tm|wakers|-0[01]"/);
    await harness.raw.obliterate();
    const traces = SpanRecorder.start();
    onTestFinished(() => traces.stop());
    await inSpan('request', () => ({}), twice);
    const [request] = traces.spans.slice(-1);
    expect(await kept()).toMatch(new RegExp(`"wakers":"00-${request?.traceId}-\\w{16}-01"`));
  });
});
