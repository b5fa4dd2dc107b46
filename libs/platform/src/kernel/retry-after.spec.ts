import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from './retry-after.js';

const LONGEST_PAUSE_MS = 60_000;
const NOW = Date.UTC(2026, 7, 3, 18, 0, 0);

describe('parseRetryAfter', () => {
  it.each([
    ['5', 5_000],
    [' 12 ', 12_000],
    ['0', 0],
    ['86400', LONGEST_PAUSE_MS],
    ['999999999999999', LONGEST_PAUSE_MS],
    ['1'.repeat(16), LONGEST_PAUSE_MS],
    ['9'.repeat(400), LONGEST_PAUSE_MS],
    [`${'0'.repeat(20)}5`, 5_000],
    ['Mon, 03 Aug 2026 18:00:20 GMT', 20_000],
    ['Mon, 03 Aug 2026 17:00:00 GMT', 0],
    ['Mon, 03 Aug 2099 17:00:00 GMT', LONGEST_PAUSE_MS],
  ])('reads %j as %d ms', (header, ms) => {
    expect(parseRetryAfter(header, NOW, LONGEST_PAUSE_MS)).toBe(ms);
  });

  it.each([null, '', 'soon', '-5', '1.5', '1e3', '2026-08-03', 'Mon, 99 Abc 2026 18:00:00 GMT', '5 s', '5, 6'])(
    'ignores %j',
    (header) => {
      expect(parseRetryAfter(header, NOW, LONGEST_PAUSE_MS)).toBeNull();
    },
  );
});
