import { expect, it } from 'vitest';
import { nextPlace } from './menu.js';

const LABELS = ['Start', 'Stop', 'Restart', 'Delete…'];

it.each(
  /** @type {const} */ ([
    ['ArrowDown', 0, 1],
    ['ArrowDown', 3, 0],
    ['ArrowUp', 0, 3],
    ['ArrowUp', -1, 2],
    ['Home', 2, 0],
    ['End', 0, 3],
    ['s', 0, 1],
    ['S', 1, 0],
    ['d', 0, 3],
    ['x', 0, null],
    ['Enter', 0, null],
    [' ', 0, null],
  ]),
)('%s in a menu goes from %i to %j', (key, place, next) => {
  expect(nextPlace(key, place, LABELS)).toBe(next);
});
