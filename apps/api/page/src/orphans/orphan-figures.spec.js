import { describe, expect, it } from 'vitest';
import { commandTarget, orphanFigure, selectedSum } from './orphan-figures.js';

/** @param {string} id @param {number} [pricePerHour] */
const anOrphan = (id, pricePerHour) => ({
  id,
  novitaInstanceId: `n-${id}`,
  name: id,
  class: /** @type {const} */ ('unknown'),
  status: /** @type {const} */ ('running'),
  product: { id: 'p', name: 'RTX 4090' },
  gpuNum: 1,
  since: '2026-03-01T10:00:00.000Z',
  ...(pricePerHour === undefined ? {} : { pricePerHour }),
});

const orphans = ['a', 'b', 'c'].map((id) => anOrphan(id, 0.5));
const none = new Set();

describe('whom a command goes to', () => {
  it('is the selected ones', () => {
    const target = commandTarget({ orphans, selected: new Set(['b', 'gone']), total: 3, ignored: 0 });
    expect(target).toEqual({ target: { ids: ['b'] }, count: 1, isAll: false });
  });

  it('is all of them when none is selected', () => {
    const target = commandTarget({ orphans, selected: none, total: 3, ignored: 7 });
    expect(target).toEqual({ target: { ids: ['a', 'b', 'c'] }, count: 3, isAll: true });
  });

  it('is never one that is ignored: what is not shown is reached only while none is', () => {
    const many = { orphans, selected: none, total: 900 };
    expect(commandTarget({ ...many, ignored: 0 })).toEqual({
      target: { filter: { origin: 'discovered' } },
      count: 900,
      isAll: true,
    });
    const shown = { target: { ids: ['a', 'b', 'c'] }, count: 3, isAll: false };
    expect(commandTarget({ ...many, ignored: 1 })).toEqual(shown);
    expect(commandTarget({ ...many, ignored: null })).toEqual(shown);
  });
});

describe('the figure of the orphans', () => {
  it('is what all of them cost, and not known is not 0', () => {
    expect(orphanFigure({ total: 20, allUsdPerHour: 7 })).toEqual({ text: '20', note: '$7.00/h, $168.00 a day' });
    expect(orphanFigure({ total: 0, allUsdPerHour: 0 })).toEqual({ text: '0', note: '' });
    expect(orphanFigure({ total: null, allUsdPerHour: null })).toEqual({ text: null, note: '' });
    expect(orphanFigure(null)).toEqual({ text: null, note: '' });
  });

  it('says of how many of the selected ones the price is not known', () => {
    expect(selectedSum([anOrphan('a', 0.5), anOrphan('b')])).toBe(
      '$0.50/h, which is $12.00 a day (1 instance has no known price)',
    );
  });
});
