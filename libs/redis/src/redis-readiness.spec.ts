import { timestampFromMs } from '@app/platform';
import { afterEach, expect, it, vi } from 'vitest';
import { FleetId } from './fleet-id.js';
import { RedisReadiness } from './redis-readiness.js';

afterEach(() => void vi.useRealTimers());

it('says for how long Redis has answered, from the first success after a failure on', () => {
  vi.useFakeTimers({ now: 0 });
  const redis = RedisReadiness.proven(new FleetId('test'), timestampFromMs(0));
  expect(redis.answersForMs).toBe(Number.POSITIVE_INFINITY);
  redis.noteRound(new Error('Connection is closed.'));
  vi.advanceTimersByTime(5_000);
  expect(redis.answersForMs).toBe(0);
  redis.noteRound(null);
  vi.advanceTimersByTime(3_000);
  redis.noteRound(null);
  expect(redis.answersForMs).toBe(3_000);
});

it('is settled ten seconds after Redis has come back, and from the start on', () => {
  vi.useFakeTimers({ now: 0 });
  const redis = RedisReadiness.proven(new FleetId('test'), timestampFromMs(0));
  expect(redis.settlesInMs).toBe(0);
  redis.noteRound(new Error('Connection is closed.'));
  vi.advanceTimersByTime(60_000);
  expect(redis.settlesInMs).toBe(10_000);
  redis.noteRound(null);
  vi.advanceTimersByTime(9_999);
  expect(redis.settlesInMs).toBe(1);
  vi.advanceTimersByTime(1);
  expect(redis.settlesInMs).toBe(0);
});

it('takes no other failure for one of Redis, and finds the one of Redis behind a typed error', () => {
  vi.useFakeTimers({ now: 0 });
  const redis = RedisReadiness.proven(new FleetId('test'), timestampFromMs(0));
  for (const error of [
    new TypeError('x is not a function'),
    new Error('the record cannot be read'),
    'text',
    undefined,
  ]) {
    redis.noteRound(error);
    expect(redis.answersForMs).toBe(Number.POSITIVE_INFINITY);
  }
  redis.noteRound(new Error('the store is away', { cause: new Error('OOM command not allowed') }));
  expect(redis.answersForMs).toBe(0);
});
