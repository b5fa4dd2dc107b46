import { expect, it } from 'vitest';
import { figureOf } from './figures-line.js';
import { choicesOf } from './fleet-summary.js';

const sum = (/** @type {number} */ usdPerHour, /** @type {number} */ instances) => ({ usdPerHour, instances });

it('offers the most frequent first, and what is chosen always', () => {
  const sums = { 'EU-01': sum(1, 2), 'CN-HK-01': sum(9, 7), 'US-01': sum(0, 2), '': sum(0, 1) };
  expect(choicesOf(sums, ['US-01', 'gone'])).toEqual([
    { value: 'CN-HK-01', count: 7 },
    { value: 'EU-01', count: 2 },
    { value: 'US-01', count: 2 },
    { value: 'gone', count: null },
  ]);
  expect(choicesOf(undefined, [])).toEqual([]);
});

it('says each figure as it stands above the table', () => {
  const figures = {
    total: 9,
    costUsdPerHour: 4.25,
    running: sum(4, 7),
    billedThoughStopped: sum(0.25, 1),
    unpriced: 1,
    idle: {
      ...sum(2, 3),
      asOf: '2026-01-01T00:00:00.000Z',
      unpriced: 0,
      byReason: {
        due: sum(2, 3),
        notYetDue: sum(0, 0),
        autoStopOff: sum(0, 0),
        monthly: sum(0, 0),
        useNotKnown: sum(0, 0),
      },
    },
    attention: { instances: 2, byReason: {} },
    byStatus: {},
    byRegion: {},
    byProduct: {},
    byOwner: {},
    byBilling: {},
    byOrigin: {},
  };
  expect(figureOf('running', figures)).toMatchObject({ text: '7', tone: null });
  expect(figureOf('billed', figures)).toMatchObject({ text: '$4.25/h', note: 'and 1 of unknown price' });
  expect(figureOf('idle', figures).text).toBe('$2.00/h');
  expect(figureOf('billed-though-stopped', figures)).toMatchObject({ text: '$0.25/h', tone: 'warn' });
  expect(figureOf('attention', figures)).toMatchObject({ text: '2', tone: 'warn' });
  const quiet = { ...figures, attention: { instances: 0 }, billedThoughStopped: sum(0, 0) };
  expect([figureOf('attention', quiet).tone, figureOf('billed-though-stopped', quiet).tone]).toEqual([null, null]);
});
