import { describe, expect, it } from 'vitest';
import { backOffMs } from './event-stream.js';

describe('the wait before a new try', () => {
  it.each([
    [1, null, 250, 500],
    [2, null, 500, 1_000],
    [5, null, 4_000, 8_000],
    [50, null, 7_500, 15_000],
    [1, 2_000, 1_000, 1_250],
    [2, 2_000, 500, 1_000],
  ])('after %i failures, asked for %s ms, is from %i to %i ms', (failures, retryMs, least, most) => {
    expect(backOffMs(failures, retryMs, 0)).toBe(least);
    expect(backOffMs(failures, retryMs, 1)).toBe(most);
  });
});
