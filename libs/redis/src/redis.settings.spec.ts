import { loadSection } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { RedisSettings } from './redis.settings.js';

describe('redisUrl', () => {
  const upstash = { UPSTASH_REDIS_REST_URL: 'https://eu1-fit.upstash.io', UPSTASH_REDIS_REST_TOKEN: 'AX/+=' };

  it('is the TLS address of an Upstash database', () => {
    expect(loadSection(RedisSettings, upstash).redisUrl).toBe('rediss://default:AX%2F%2B%3D@eu1-fit.upstash.io:6379');
  });

  it('is REDIS_URL when both are given', () => {
    expect(loadSection(RedisSettings, { ...upstash, REDIS_URL: 'redis://here:1' }).redisUrl).toBe('redis://here:1');
  });
});
