import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChangeTimes, type TimedEntry } from './change-times.js';

interface Named extends TimedEntry {
  readonly name: string;
}
const NAMES = ['a', 'b', 'c', 'd'];

const step = fc.oneof(
  fc.record({
    kind: fc.constant('set' as const),
    name: fc.constantFrom(...NAMES),
    atMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: null }),
  }),
  fc.record({ kind: fc.constant('delete' as const), name: fc.constantFrom(...NAMES) }),
  fc.record({ kind: fc.constant('take' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
);

it('takes out what changes in some hours at the beginning of its hour, to be set anew', () => {
  const times = new ChangeTimes<Named>();
  const entry = { name: 'far', changesInSecond: null };
  const atMs = 5.5 * 3_600_000;
  times.set(entry, atMs);
  expect(times.take(5 * 3_600_000 - 1)).toEqual([]);
  expect(times.take(5 * 3_600_000)).toEqual([entry]);
  times.set(entry, atMs);
  expect(times.take(atMs - 1)).toEqual([]);
  expect(times.take(atMs)).toEqual([entry]);
});

it('takes out each entry once, in the second of its latest time or at the first chance after it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const times = new ChangeTimes<Named>();
      const entries = new Map(NAMES.map((name) => [name, { name, changesInSecond: null as number | null }]));
      const expected = new Map<string, number>();
      let nowMs = 0;
      for (const one of steps) {
        const entry = 'name' in one ? entries.get(one.name) : undefined;
        if (one.kind === 'take') {
          nowMs += one.ms;
          const due = [...expected].filter(([, atMs]) => Math.floor(atMs / 1_000) <= Math.floor(nowMs / 1_000));
          for (const [name] of due) expected.delete(name);
          expect(new Set(times.take(nowMs).map(({ name }) => name))).toEqual(new Set(due.map(([name]) => name)));
        } else if (entry !== undefined) {
          expected.delete(entry.name);
          if (one.kind === 'delete') times.delete(entry);
          else {
            times.set(entry, one.atMs);
            if (one.atMs !== null) expected.set(entry.name, one.atMs);
          }
        }
      }
      times.clear();
      expect([...entries.values()].map(({ changesInSecond }) => changesInSecond)).toEqual(NAMES.map(() => null));
    }),
  );
});
