import { describe, expect, it } from 'vitest';
import { isPosition, JoinedPosition, positionsIn } from './joined-events.js';

describe('the id of a position in two sequences', () => {
  it.each(['5-0', '5-0~7-12', '0-0~0-0'])('%s is one', (id) => {
    expect(isPosition(id)).toBe(true);
  });

  it.each(['', '~', '5-0~', '~5-0', '5-0~6-0~7-0', '5-0 ~6-0', '5~6'])('%j is none', (id) => {
    expect(isPosition(id)).toBe(false);
  });

  it('leads back to both, and an id of the fleet to that alone', () => {
    expect(positionsIn('5-0~7-12')).toEqual({ fleet: '5-0', resources: '7-12' });
    expect(positionsIn('5-0')).toEqual({ fleet: '5-0', resources: null });
    expect(positionsIn(null)).toEqual({ fleet: null, resources: null });
  });

  it('moves in one and stays in the other', () => {
    const position = new JoinedPosition('1-0', '2-0');
    expect([position.ofResources('3-0'), position.ofFleet('4-0'), position.ofFleet('5-0')]).toEqual([
      '1-0~3-0',
      '4-0~3-0',
      '5-0~3-0',
    ]);
  });
});
