import { FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { describeIdempotencyStore, SHORT_TIMES } from '../../test/support/idempotency-conformance.js';
import { MemoryIdempotencyStore } from './memory-idempotency-store.js';

const clock = new FakeClock();

describeIdempotencyStore(
  'MemoryIdempotencyStore',
  async () => new MemoryIdempotencyStore(clock, SHORT_TIMES),
  async (ms) => clock.advance(ms),
);

describe('the bound of the memory store', () => {
  it('forgets the oldest key first, and what lapsed before that', async () => {
    const store = new MemoryIdempotencyStore(clock, SHORT_TIMES, 3);
    for (const key of ['a', 'b', 'c']) await store.claim(key, 'f');
    await store.claim('d', 'f');
    expect(await store.claim('b', 'f')).toEqual({ outcome: 'in-flight' });
    expect(await store.claim('a', 'f')).toMatchObject({ outcome: 'claimed' });
  });
});
