import type { Mirrored } from '@app/catalogue-mirror';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { CachedList } from './cached-list.js';

const MINUTE = 60_000;

function setUp() {
  const clock = new FakeClock();
  const asked: PromiseWithResolvers<readonly string[]>[] = [];
  const world = { clock, asked, mirrored: null as Mirrored<string> | null, reads: 0, keeps: true };
  const list = new CachedList<string>(
    {
      ask: () => {
        const answer = Promise.withResolvers<readonly string[]>();
        asked.push(answer);
        return answer.promise;
      },
      readMirror: async () => {
        world.reads += 1;
        return world.mirrored;
      },
      writeMirror: async (items, asOf) => {
        if (world.keeps) world.mirrored = { items, asOf };
      },
    },
    clock,
  );
  const ago = (ms: number): Timestamp => timestampFromMs(clock.now() - ms);
  return { ...world, world, list, ago };
}

/** Lets what is on its way get there. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('CachedList', () => {
  it('answers what the mirror has while it is younger than ten minutes, with its time', async () => {
    const { world, list, ago, asked } = setUp();
    world.mirrored = { items: ['a'], asOf: ago(10 * MINUTE) };
    expect(await list.read()).toBe(world.mirrored);
    expect(asked).toHaveLength(0);
  });

  it('asks the mirror once a second at most', async () => {
    const { world, list, ago, clock } = setUp();
    world.mirrored = { items: ['a'], asOf: ago(0) };
    await Promise.all([list.read(), list.read()]);
    clock.advance(999);
    world.mirrored = { items: ['b'], asOf: ago(0) };
    expect((await list.read()).items).toEqual(['a']);
    expect(world.reads).toBe(1);
    clock.advance(1);
    expect((await list.read()).items).toEqual(['b']);
    expect(world.reads).toBe(2);
  });

  it.each([
    ['nothing is mirrored', null],
    ['what is mirrored is older', 10 * MINUTE + 1],
    ['what is mirrored comes from a clock far ahead', -60 * MINUTE],
  ])('asks the provider once for all who want it when %s, and writes it down', async (_when, age) => {
    const { world, list, ago, clock, asked } = setUp();
    if (age !== null) world.mirrored = { items: ['old'], asOf: ago(age) };
    const both = Promise.all([list.read(), list.read()]);
    await settled();
    const asOf = clock.timestamp();
    clock.advance(700);
    asked[0]?.resolve(['new']);
    expect(await both).toEqual([
      { items: ['new'], asOf },
      { items: ['new'], asOf },
    ]);
    expect(asked).toHaveLength(1);
    expect(world.mirrored).toEqual({ items: ['new'], asOf });
    clock.advance(10 * MINUTE - 700);
    expect((await list.read()).items).toEqual(['new']);
    expect(asked).toHaveLength(1);
  });

  it('asks anew for somebody who wants it younger, and for nobody else', async () => {
    const { world, list, ago, asked } = setUp();
    world.mirrored = { items: ['a'], asOf: ago(5_001) };
    expect((await list.read()).items).toEqual(['a']);
    const anew = list.read({ maxAgeMs: 5_000 });
    await settled();
    asked[0]?.resolve(['b']);
    expect((await anew).items).toEqual(['b']);
    expect((await list.read({ maxAgeMs: 5_000 })).items).toEqual(['b']);
    expect(asked).toHaveLength(1);
  });

  it('keeps what the mirror does not take', async () => {
    const { world, list, ago, clock, asked } = setUp();
    world.keeps = false;
    world.mirrored = { items: ['old'], asOf: ago(20 * MINUTE) };
    const first = list.read();
    await settled();
    asked[0]?.resolve(['new']);
    await first;
    clock.advance(MINUTE);
    expect((await list.read()).items).toEqual(['new']);
    expect(asked).toHaveLength(1);
  });

  it('answers an old list while asking fails, and asks again only after a while; not for ever', async () => {
    const { world, list, ago, clock, asked } = setUp();
    const old = { items: ['old'], asOf: ago(24 * 60 * MINUTE - 6_000) };
    world.mirrored = old;
    const first = list.read();
    await settled();
    asked[0]?.reject(new Error('away'));
    expect(await first).toEqual(old);
    clock.advance(4_999);
    expect(await list.read()).toEqual(old);
    expect(asked).toHaveLength(1);

    const demanding = list.read({ maxAgeMs: 60 * MINUTE });
    await settled();
    asked[1]?.reject(new Error('away'));
    await expect(demanding).rejects.toThrow('away');

    clock.advance(1_001);
    const tooOld = list.read();
    await settled();
    asked[2]?.reject(new Error('away'));
    await expect(tooOld).rejects.toThrow('away');
  });
});
