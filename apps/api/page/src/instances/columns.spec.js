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
  expect(widthsOf(USUAL).least * 16).toBeLessThanOrEqual(1280 - 84 - 48);
});
