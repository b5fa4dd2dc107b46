import { expect, it } from 'vitest';
import { describeStep, isHazard, planOf } from './plan.js';

it('is the same for the same seed and length, and in the order of time', () => {
  expect(planOf(3, 60_000)).toEqual(planOf(3, 60_000));
  expect(planOf(4, 60_000)).not.toEqual(planOf(3, 60_000));
  const times = planOf(3, 60_000).steps.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

it('has every kind of step within ten minutes, and ten that go wrong in twenty seconds', () => {
  expect(new Set(planOf(1, 600_000).steps.map(({ kind }) => kind)).size).toBe(29);
  for (let seed = 1; seed <= 20; seed++) {
    const hazards = planOf(seed, 20_000).steps.filter(isHazard);
    expect(hazards.length).toBeGreaterThanOrEqual(10);
  }
});

it('is read in one line a step', () => {
  expect(describeStep({ atMs: 5, kind: 'kill', process: 'api-1', downMs: 700 })).toBe('kill process=api-1 downMs=700');
});

it('leaves processes and Redis alone in the second half of each minute', () => {
  const inLull = planOf(1, 600_000).steps.filter((step) => isHazard(step) && step.atMs % 60_000 >= 30_000);
  expect(inLull.length).toBeGreaterThan(50);
  expect(inLull.filter((step) => 'process' in step || step.kind.startsWith('redis'))).toEqual([]);
});
