import { StoreUnavailableError } from '@app/instance-store';
import { MINUTE_MS } from '@app/platform';
import { FakeClock } from '@app/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { StartupEstimates } from './startup-estimates.js';
import { type MeasuredStartups, MemoryStartupTimes } from './startup-times.js';

class CountedTimes extends MemoryStartupTimes {
  reads = 0;
  failure: Error | null = null;

  override async all(): Promise<readonly MeasuredStartups[]> {
    this.reads += 1;
    if (this.failure !== null) throw this.failure;
    return super.all();
  }
}

describe('StartupEstimates', () => {
  let clock: FakeClock;
  let times: CountedTimes;
  let estimates: StartupEstimates;
  let kept = 0;

  beforeEach(() => {
    clock = new FakeClock();
    times = new CountedTimes();
    estimates = new StartupEstimates(times, clock);
  });

  async function keep(productId: string, image: string, ...seconds: readonly number[]): Promise<void> {
    const startups = seconds.map((time) => ({ key: `${kept++}`, productId, image, seconds: time, atMs: kept }));
    await times.record(startups, { from: await times.bookmark(), to: `${kept}-0` });
  }

  it('are of a product with an image, and of a product with any', async () => {
    await keep('4090', 'small', 100, 110, 120);
    await keep('4090', 'large', 900);
    const byProduct = await estimates.byProduct();
    expect([...byProduct]).toEqual([['4090', { medianSeconds: 110, p95Seconds: 900, basedOn: 4 }]]);
    expect(estimates.of({ productId: '4090', image: 'small' })?.medianSeconds).toBe(110);
    expect(estimates.of({ productId: '4090', image: 'large' })).toEqual({
      medianSeconds: 900,
      p95Seconds: 900,
      basedOn: 1,
    });
  });

  it('are nothing of what was never started', async () => {
    await keep('4090', 'small', 100);
    await estimates.byProduct();
    expect(estimates.of({ productId: '4090', image: 'new' })).toBeNull();
    expect(estimates.of({ productId: 'h100', image: 'small' })).toBeNull();
  });

  it('are read once a minute, however often they are asked for', async () => {
    await keep('4090', 'small', 100);
    for (const known of await Promise.all([estimates.byProduct(), estimates.byProduct()])) {
      expect(known.get('4090')?.basedOn).toBe(1);
    }
    const { version } = estimates;
    await keep('4090', 'small', 300, 300);
    clock.advance(MINUTE_MS - 1);
    for (let n = 0; n < 100; n++) estimates.of({ productId: '4090', image: 'small' });
    expect((await estimates.byProduct()).get('4090')?.basedOn).toBe(1);
    expect([times.reads, estimates.version]).toEqual([1, version]);
    clock.advance(1);
    expect((await estimates.byProduct()).get('4090')?.basedOn).toBe(3);
    expect([times.reads, estimates.version]).toEqual([2, version + 1]);
  });

  it('come to readers that cannot wait with the next question', async () => {
    await keep('4090', 'small', 100);
    const one = { productId: '4090', image: 'small' };
    expect(estimates.of(one)).toBeNull();
    await estimates.byProduct();
    expect(estimates.of(one)?.basedOn).toBe(1);
    expect(times.reads).toBe(1);
  });

  it('stay as they were while the store is away, which is asked once a minute', async () => {
    await keep('4090', 'small', 100);
    await estimates.byProduct();
    times.failure = new StoreUnavailableError('away');
    clock.advance(MINUTE_MS);
    for (let n = 0; n < 10; n++) expect((await estimates.byProduct()).get('4090')?.basedOn).toBe(1);
    expect(times.reads).toBe(2);
    times.failure = null;
    clock.advance(MINUTE_MS);
    await estimates.byProduct();
    expect(times.reads).toBe(3);
  });
});
