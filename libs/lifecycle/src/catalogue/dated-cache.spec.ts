import { FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { DatedCache } from './dated-cache.js';

function setUp() {
  const clock = new FakeClock();
  const asked: PromiseWithResolvers<number>[] = [];
  const ask = (): Promise<number> => {
    const answer = Promise.withResolvers<number>();
    asked.push(answer);
    return answer.promise;
  };
  return { clock, asked, cache: new DatedCache(ask, clock, { freshMs: 60_000, staleMs: 600_000 }) };
}

describe('DatedCache', () => {
  it('asks once for all who want it at the same time, and then not for a while', async () => {
    const { clock, asked, cache } = setUp();
    const both = Promise.all([cache.get(), cache.get()]);
    const asOf = clock.timestamp();
    clock.advance(10);
    asked[0]?.resolve(1);
    expect(await both).toEqual([
      { value: 1, asOf },
      { value: 1, asOf },
    ]);
    clock.advance(59_989);
    expect((await cache.get()).value).toBe(1);
    expect(asked).toHaveLength(1);
    clock.advance(1);
    const again = cache.get();
    asked[1]?.resolve(2);
    expect((await again).value).toBe(2);
  });

  it('answers an old value, and tells its age, while asking fails; not for ever', async () => {
    const { clock, asked, cache } = setUp();
    const asOf = clock.timestamp();
    const first = cache.get();
    asked[0]?.resolve(1);
    await first;
    clock.advance(599_999);
    const old = cache.get();
    asked[1]?.reject(new Error('away'));
    expect(await old).toEqual({ value: 1, asOf });
    clock.advance(1);
    const tooOld = cache.get();
    asked[2]?.reject(new Error('away'));
    await expect(tooOld).rejects.toThrow('away');
  });
});
