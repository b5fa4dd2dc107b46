import { describe, expect, it } from 'vitest';
import { eventPosition } from './event-position.js';
import { InvalidEventIdError } from './sync-status-store.port.js';

describe('the position of an event', () => {
  it('is what its id says', () => {
    expect(eventPosition('1767225600000-12')).toEqual([1_767_225_600_000, 12]);
  });

  it.each(['', '0', '$', '5-', 'a-b', '5-0-0', '9999999999999999-0'])('is not %j', (id) => {
    expect(() => eventPosition(id)).toThrow(InvalidEventIdError);
  });
});
