import { describe, expect, it } from 'vitest';
import { eventPosition, isAfter } from './event-position.js';
import { InvalidEventIdError } from './sync-status-store.port.js';

describe('the position of an event', () => {
  it('is ordered by time, then by count, as numbers', () => {
    expect(isAfter(eventPosition('10-0'), eventPosition('9-5'))).toBe(true);
    expect(isAfter(eventPosition('9-10'), eventPosition('9-9'))).toBe(true);
    expect(isAfter(eventPosition('9-9'), eventPosition('9-9'))).toBe(false);
    expect(isAfter(eventPosition('9-9'), eventPosition('10-0'))).toBe(false);
  });

  it.each(['', '0', '$', '-', '5-', 'a-b', '5-0 ', '5-0-0', '-5-0', '9999999999999999-0'])('is not %j', (id) => {
    expect(() => eventPosition(id)).toThrow(InvalidEventIdError);
  });
});
