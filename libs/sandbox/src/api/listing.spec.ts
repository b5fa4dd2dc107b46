import { describe, expect, it } from 'vitest';
import { UNDISTORTED } from '../faults/fault-board.js';
import { listingOf, renderListing, wholeListing } from './listing.js';

const page = (offset: number) => listingOf('items', ['a', 'b', 'c', 'd', 'e'], { offset, size: 2 });
const render = (offset: number, change = {}): unknown =>
  JSON.parse(renderListing(page(offset), { ...UNDISTORTED, ...change }));

describe('renderListing', () => {
  it('writes the part that was asked for, and the total', () => {
    expect(render(2)).toEqual({ items: ['c', 'd'], total: 5 });
    expect(render(4)).toEqual({ items: ['e'], total: 5 });
    expect(render(6)).toEqual({ items: [], total: 5 });
  });

  it('skips an item when an earlier one has gone, and repeats one when a new one has come', () => {
    expect(render(2, { drift: -1 })).toEqual({ items: ['d', 'e'], total: 4 });
    expect(render(2, { drift: 1 })).toEqual({ items: ['b', 'c'], total: 6 });
  });

  it('puts the last item of the page before in the first place', () => {
    expect(render(2, { repeatLast: true })).toEqual({ items: ['b', 'd'], total: 5 });
  });

  it('says nothing is there, with any total', () => {
    expect(render(0, { emptyWithTotal: 0 })).toEqual({ items: [], total: 0 });
    expect(render(0, { emptyWithTotal: 5 })).toEqual({ items: [], total: 5 });
  });

  it('keeps the envelope of the resource', () => {
    expect(renderListing(wholeListing('data', [1, 2]), UNDISTORTED)).toBe('{"data":[1,2]}');
  });
});
