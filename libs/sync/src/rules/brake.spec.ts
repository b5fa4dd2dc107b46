import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { novitaId } from '../../test/fakes/a-listed-instance.js';
import { at } from '../../test/fakes/a-run.js';
import { type BrakeInput, brake } from './brake.js';

const idsFrom = (first: number, count: number) => Array.from({ length: count }, (_, n) => novitaId(first + n));

function input(overrides: Partial<BrakeInput> = {}): BrakeInput {
  return {
    missingOurs: [],
    missingDiscovered: [],
    liveOurs: 10,
    liveAll: 10,
    listedTotal: 10,
    percent: 30,
    heldBefore: null,
    force: false,
    at: at(1_000),
    ...overrides,
  };
}

describe('brake', () => {
  it.each([
    [1, 10, false],
    [2, 2, false],
    [3, 3, true],
    [3, 10, false],
    [4, 10, true],
    [3, 9, true],
    [30, 100, false],
    [31, 100, true],
  ])('%i of %i missing: held: %s', (missing, live, held) => {
    const missingOurs = idsFrom(1, missing);
    const { through, hold } = brake(input({ missingOurs, liveOurs: live, liveAll: live }));
    expect(hold !== null).toBe(held);
    expect(through).toEqual(held ? [] : missingOurs);
    if (hold !== null) {
      const reason = `the listing lacks ${missing} of ${live} live instances, more than 30 %`;
      expect(hold).toEqual({ summary: { since: at(1_000), reason, wouldRemove: missing }, ids: missingOurs });
    }
  });

  it('holds an empty listing whatever the part, the discovered ones too', () => {
    const empty = input({ listedTotal: 0, liveAll: 2, liveOurs: 1 });
    const { through, hold } = brake({ ...empty, missingOurs: idsFrom(1, 1), missingDiscovered: idsFrom(2, 1) });
    expect(through).toEqual([]);
    expect(hold?.ids).toEqual(idsFrom(1, 2));
    expect(hold?.summary.reason).toBe('the listing is empty while 2 live instances are on record');
    expect(brake(empty)).toEqual({ through: [], hold: null });
  });

  it('lets the discovered ones through, however many', () => {
    const missingDiscovered = idsFrom(50, 50);
    expect(brake(input({ missingDiscovered, liveAll: 60 }))).toEqual({ through: missingDiscovered, hold: null });
    const both = brake(input({ missingOurs: idsFrom(1, 5), missingDiscovered, liveAll: 60 }));
    expect([both.through, both.hold?.ids]).toEqual([missingDiscovered, idsFrom(1, 5)]);
  });

  it('lets through what an earlier listing lacked too, and holds the rest', () => {
    const heldBefore = { since: at(1), ids: new Set<string>(idsFrom(1, 4)) };
    const agreed = brake(input({ missingOurs: idsFrom(1, 4), heldBefore }));
    expect(agreed).toEqual({ through: idsFrom(1, 4), hold: null });
    const more = brake(input({ missingOurs: idsFrom(3, 5), heldBefore }));
    expect(more.through).toEqual(idsFrom(3, 2));
    expect(more.hold).toMatchObject({ ids: idsFrom(5, 3), summary: { since: at(1), wouldRemove: 3 } });
  });

  it('lets everything through when it is forced', () => {
    const missingOurs = idsFrom(1, 10);
    expect(brake(input({ missingOurs, listedTotal: 0, force: true }))).toEqual({ through: missingOurs, hold: null });
  });

  it('neither loses nor invents an id, and says why it holds', () => {
    const ids = fc.integer({ min: 0, max: 12 });
    fc.assert(
      fc.property(
        ids,
        ids,
        fc.array(fc.integer({ min: 1, max: 40 })),
        fc.nat({ max: 30 }),
        fc.boolean(),
        (ours, discovered, before, listedTotal, force) => {
          const missingOurs = idsFrom(1, ours);
          const missingDiscovered = idsFrom(20, discovered);
          const heldBefore = { since: at(1), ids: new Set<string>(before.map(novitaId)) };
          const { through, hold } = brake(
            input({ missingOurs, missingDiscovered, liveAll: 40, liveOurs: 20, listedTotal, heldBefore, force }),
          );
          const answered = [...through, ...(hold?.ids ?? [])];
          expect(answered.toSorted()).toEqual([...missingOurs, ...missingDiscovered].toSorted());
          expect(hold?.summary.wouldRemove).toBe(hold?.ids.length);
          for (const id of hold?.ids ?? []) expect(heldBefore.ids.has(id) || force).toBe(false);
        },
      ),
    );
  });
});
