import { expect, it } from 'vitest';
import { planOf, describe as textOf } from './plan.js';

it('is the same for the same seed, and in the order of time', () => {
  expect(planOf(17, null)).toEqual(planOf(17, null));
  expect(planOf(18, null)).not.toEqual(planOf(17, null));
  const times = planOf(17, null).steps.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

it('has every kind of step within a hundred seeds', () => {
  const kinds = new Set(
    Array.from({ length: 100 }, (_, seed) => planOf(seed + 1, null).steps.map(({ kind }) => kind)).flat(),
  );
  expect(kinds.size).toBe(30);
});

it('is read in one line a step', () => {
  expect(textOf({ atMs: 5, kind: 'kill', process: 'api-1', downMs: 61_000 })).toBe('kill process=api-1 down=61s');
});
