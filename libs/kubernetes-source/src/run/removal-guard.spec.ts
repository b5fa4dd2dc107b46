import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResourceKey } from '../model/resource.js';
import { type FullSet, massRemovalGuard } from './removal-guard.js';

const keys = (count: number, prefix = 'k') => Array.from({ length: count }, (_, n) => `${prefix}${n}` as ResourceKey);

const set = (missing: number, stored: number, more: Partial<FullSet> = {}): FullSet => ({
  missing: keys(missing),
  stored,
  listed: stored - missing,
  percent: 30,
  heldBefore: null,
  isForced: false,
  ...more,
});

describe('the guard against mass removals', () => {
  it.each([
    ['a few of a few', set(9, 20), 0],
    ['as much as may go', set(30, 100), 0],
    ['more than may go', set(31, 100), 31],
    ['everything, however little it is', set(1, 1), 1],
    ['more, but somebody forces it', set(100, 100, { isForced: true }), 0],
    ['nothing of nothing', set(0, 0), 0],
  ])('judges a set that lacks %s', (_what, given, held) => {
    const verdict = massRemovalGuard(given);
    expect(verdict.held).toHaveLength(held);
    expect(verdict.through).toHaveLength(given.missing.length - held);
    expect(verdict.reason === null).toBe(held === 0);
  });

  it('lets pass what a second set agrees with, and holds what is new', () => {
    const heldBefore = new Set(keys(40));
    expect(massRemovalGuard(set(40, 100, { heldBefore }))).toEqual({ through: keys(40), held: [], reason: null });
    const verdict = massRemovalGuard(set(60, 100, { heldBefore }));
    expect([verdict.through.length, verdict.held.length]).toEqual([40, 20]);
  });

  it('holds each missing object or lets it pass, never both', () => {
    const arbitrary = fc.record({
      missing: fc.nat(60),
      kept: fc.nat(60),
      before: fc.option(fc.nat(60)),
      percent: fc.integer({ min: 1, max: 100 }),
      isForced: fc.boolean(),
    });
    fc.assert(
      fc.property(arbitrary, ({ missing, kept, before, percent, isForced }) => {
        const heldBefore = before === null ? null : new Set(keys(before));
        const given = set(missing, missing + kept, { percent, isForced, heldBefore });
        const { through, held } = massRemovalGuard(given);
        expect([...through, ...held].toSorted()).toEqual(given.missing.toSorted());
        if (heldBefore !== null) expect(held.filter((key) => heldBefore.has(key))).toEqual([]);
      }),
    );
  });
});
