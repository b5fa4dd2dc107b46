import { timestampFromMs } from '@app/platform';
import { afterEach, expect, it, vi } from 'vitest';
import { FleetId } from './fleet-id.js';
import { RedisReadiness } from './redis-readiness.js';

afterEach(() => void vi.useRealTimers());

it('says for how long Redis has answered, from the first success after a failure on', () => {
  vi.useFakeTimers({ now: 0 });
  const redis = RedisReadiness.proven(new FleetId('test'), timestampFromMs(0));
  expect(redis.answersForMs).toBe(Number.POSITIVE_INFINITY);
  redis.noteRound(true);
  vi.advanceTimersByTime(5_000);
  expect(redis.answersForMs).toBe(0);
  redis.noteRound(false);
  vi.advanceTimersByTime(3_000);
  redis.noteRound(false);
  expect(redis.answersForMs).toBe(3_000);
});
