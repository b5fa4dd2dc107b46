import { describe, expect, it } from 'vitest';
import { isAfter, type StreamPosition, streamPosition } from './stream-position.js';

const position = (entryId: string): StreamPosition => streamPosition(entryId) ?? expect.unreachable();

describe('the position of an entry', () => {
  it('is ordered by time, then by count, as numbers', () => {
    expect(isAfter(position('10-0'), position('9-5'))).toBe(true);
    expect(isAfter(position('9-10'), position('9-9'))).toBe(true);
    expect(isAfter(position('9-9'), position('9-9'))).toBe(false);
    expect(isAfter(position('9-9'), position('10-0'))).toBe(false);
  });

  it.each(['', '0', '$', '-', '5-', 'a-b', '5-0 ', '5-0-0', '-5-0', '9999999999999999-0'])('is not %j', (id) => {
    expect(streamPosition(id)).toBeNull();
  });
});
