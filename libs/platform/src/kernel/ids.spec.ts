import { expect, it } from 'vitest';
import { UlidGenerator } from './ids.js';

it('makes ids that differ, over more than one stock of random bytes, and uses every character', () => {
  const ids = new UlidGenerator();
  const made = Array.from({ length: 2_000 }, () => ids.ulid());
  expect(new Set(made).size).toBe(made.length);
  for (const id of made) expect(id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  expect(new Set(made.flatMap((id) => id.slice(10).split(''))).size).toBe(32);
});

it('puts the time in front', () => {
  const before = Date.now();
  const [time] = [new UlidGenerator().ulid().slice(0, 10)];
  const ms = [...time].reduce((sum, character) => sum * 32 + '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(character), 0);
  expect(ms).toBeGreaterThanOrEqual(before);
  expect(ms).toBeLessThanOrEqual(Date.now());
});
