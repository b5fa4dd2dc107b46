import { timestampFromMs } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { upToNow } from './up-to-now.js';

const sample = (minute: number) => ({ at: timestampFromMs(minute * 60_000), running: minute, usdPerHour: 1 });
const samples = (count: number) => Array.from({ length: count }, (_, i) => sample(i));

describe('upToNow', () => {
  it('ends with the present', () => {
    expect(upToNow([], sample(5))).toEqual([sample(5)]);
    expect(upToNow(samples(3), sample(5))).toEqual([...samples(3), sample(5)]);
  });

  it('leaves a history alone that reaches further', () => {
    expect(upToNow(samples(3), { ...sample(2), running: 9 })).toEqual(samples(3));
  });

  it('has at most 144 points', () => {
    expect(upToNow(samples(143), sample(500))).toHaveLength(144);
    const full = upToNow(samples(144), sample(500));
    expect([full.length, full[0], full.at(-1)]).toEqual([144, sample(1), sample(500)]);
  });
});
