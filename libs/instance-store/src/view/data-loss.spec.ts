import { streamPosition } from '@app/redis';
import { expect, it } from 'vitest';
import { feedVerdict } from './data-loss.js';

const at = (id: string) => streamPosition(id) ?? expect.unreachable();

it.each([
  ['whole', 'a', '5-0', { incarnation: 'a', first: '1-0', latest: '9-0', holds: true }],
  ['whole', 'a', '0-0', { incarnation: 'a', first: '0-0', latest: '0-0', holds: false }],
  ['trimmed', 'a', '5-0', { incarnation: 'a', first: '6-0', latest: '9-0', holds: false }],
  ['trimmed', 'a', '0-0', { incarnation: 'a', first: '6-0', latest: '9-0', holds: false }],
  // The end of the append-only file is gone, and nobody has written since, or somebody has.
  ['lost', 'a', '5-0', { incarnation: 'a', first: '1-0', latest: '4-0', holds: false }],
  ['lost', 'a', '5-0', { incarnation: 'a', first: '1-0', latest: '9-0', holds: false }],
  // Emptied, and nobody or somebody has written since, at whatever time.
  ['lost', 'a', '5-0', { incarnation: null, first: '0-0', latest: '0-0', holds: false }],
  ['lost', 'a', '5-0', { incarnation: 'b', first: '6-0', latest: '9-0', holds: false }],
  ['lost', 'a', '0-0', { incarnation: 'b', first: '6-0', latest: '9-0', holds: false }],
  // Not read before: there is nothing to lose.
  ['trimmed', null, '0-0', { incarnation: null, first: '6-0', latest: '9-0', holds: false }],
] as const)('a feed is %s, known as %s up to %s, that is %j', (verdict, incarnation, position, state) => {
  expect(feedVerdict({ incarnation, position: at(position) }, state)).toBe(verdict);
});
