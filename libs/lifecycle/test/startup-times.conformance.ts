import { describe, expect, it } from 'vitest';
import type { StartupTime } from '../src/startup/startup-time.js';
import type { StartupTimes } from '../src/startup/startup-times.js';

export const aStartup = (n: number, overrides: Partial<StartupTime> = {}): StartupTime => ({
  key: `ins_${n}@2026-03-01T10:00:00.000Z`,
  productId: '4090.hk',
  image: 'registry.example:5000/vllm/vllm-openai:v0.8.4',
  seconds: 200 + n,
  atMs: Date.UTC(2026, 2, 1) + n,
  ...overrides,
});

/** All that the port promises. Every adapter must pass it. */
export function startupTimesConformance(
  make: () => Promise<{ readonly times: StartupTimes; readonly other: StartupTimes }>,
): void {
  const upTo = (count: number): StartupTime[] => Array.from({ length: count }, (_, n) => aStartup(n));

  describe('how long start-ups took', () => {
    it('is unknown before the first', async () => {
      const { times } = await make();
      expect(await times.bookmark()).toBeNull();
      expect(await times.all()).toEqual([]);
    });

    it('is the same for every process, by product and image', async () => {
      const { times, other } = await make();
      const apart = [aStartup(2, { image: 'other' }), aStartup(3, { productId: 'h100' }), aStartup(4)];
      expect(await times.record([aStartup(1), ...apart], { from: null, to: '5-0' })).toBe(true);
      expect(await other.bookmark()).toBe('5-0');
      const { productId, image } = aStartup(0);
      const known = await other.all();
      expect(known).toHaveLength(3);
      expect(known).toEqual(
        expect.arrayContaining([
          { productId, image, seconds: [201, 204] },
          { productId, image: 'other', seconds: [202] },
          { productId: 'h100', image, seconds: [203] },
        ]),
      );
    });

    it('is kept by one of two that have read the same', async () => {
      const { times, other } = await make();
      const bookmarks = { from: null, to: '1-0' };
      const results = await Promise.all([
        times.record([aStartup(1)], bookmarks),
        other.record([aStartup(1)], bookmarks),
      ]);
      expect(results.toSorted()).toEqual([false, true]);
      expect(await times.record([aStartup(2)], { from: '0-9', to: '2-0' })).toBe(false);
      expect(await times.bookmark()).toBe('1-0');
      expect((await times.all()).map(({ seconds }) => seconds)).toEqual([[201]]);
    });

    it('counts each start-up once, also when it comes twice at once', async () => {
      const { times } = await make();
      await times.record([aStartup(1), aStartup(1, { seconds: 999 }), aStartup(10)], { from: null, to: '1-0' });
      await times.record([aStartup(10, { seconds: 999 }), aStartup(100)], { from: '1-0', to: '2-0' });
      expect((await times.all()).map(({ seconds }) => seconds)).toEqual([[201, 210, 300]]);
    });

    it('keeps a bookmark without any', async () => {
      const { times } = await make();
      expect(await times.record([], { from: null, to: '7-0' })).toBe(true);
      expect([await times.bookmark(), await times.all()]).toEqual(['7-0', []]);
    });

    it('is that of the latest 50 of a product and image', async () => {
      const { times } = await make();
      await times.record(upTo(60), { from: null, to: '1-0' });
      await times.record([aStartup(60)], { from: '1-0', to: '2-0' });
      const [known] = await times.all();
      expect(known?.seconds).toEqual(Array.from({ length: 50 }, (_, n) => 211 + n));
    });

    it('is that of the 200 products and images that were started last', async () => {
      const { times } = await make();
      const many = upTo(230).map((startup, n) => ({ ...startup, image: `image-${n}` }));
      await times.record(many.slice(0, 210), { from: null, to: '1-0' });
      await times.record(many.slice(210), { from: '1-0', to: '2-0' });
      const images = (await times.all()).map(({ image }) => image);
      expect(new Set(images)).toEqual(new Set(many.slice(30).map(({ image }) => image)));
    });
  });
}
