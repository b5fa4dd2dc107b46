import { type RedisFixture, startRedis } from '@app/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { openBullMq } from './bullmq-harness.js';
import { itIsAJobQueue } from './job-queue.conformance.js';

describe('BullMqJobQueue', () => {
  let redis: RedisFixture;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  itIsAJobQueue(async () => openBullMq(redis.url));
});
