import { expect, it } from 'vitest';
import { SORTS } from '../fleet/table-query.js';
import { COLUMNS, chosenColumns, USUAL, widthsOf } from './columns.js';

it('shows the usual columns until somebody chooses, and the name always', () => {
  expect(chosenColumns(null)).toBe(USUAL);
  expect(chosenColumns('')).toEqual(['name']);
  expect(chosenColumns('created,nonsense,status')).toEqual(['name', 'status', 'created']);
});

it('sorts each column both ways, in an order that the service knows', () => {
  for (const { sorts } of Object.values(COLUMNS)) {
    expect(sorts[0].replace('-', '')).toBe(sorts[1].replace('-', ''));
    for (const sort of sorts) expect(SORTS).toContain(sort);
  }
});

it('leaves the name room beside the usual columns on a laptop', () => {
  expect(widthsOf(USUAL, true).least * 16).toBeLessThanOrEqual(1280 - 84 - 48);
});

it('gives the name what the others leave, with a box before it for whoever may choose', () => {
  expect(widthsOf(['name', 'price'], false)).toEqual({ template: 'minmax(11rem, 1fr) 5.75rem 8rem', least: 24.75 });
  expect(widthsOf(['name', 'price'], true)).toEqual({
    template: '2.5rem minmax(11rem, 1fr) 5.75rem 8rem',
    least: 27.25,
  });
});
