import { FakeClock } from '@app/testing';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { NovitaSurprises } from './novita-surprises.js';

it('counts each, logs each name once an hour, and keeps the latest names only', async () => {
  const registry = new Registry();
  const clock = new FakeClock(0);
  const logged: string[] = [];
  const surprises = new NovitaSurprises(registry, clock, { warn: (line: string) => void logged.push(line) });
  const count = async (kind: string): Promise<number | undefined> =>
    (await registry.getSingleMetric('novita_answer_surprises_total')?.get())?.values.find(
      ({ labels }) => labels['kind'] === kind,
    )?.value;
  expect(await count('reason')).toBe(0);
  const thawing = [{ kind: 'status', name: 'instance.status thawing' }] as const;
  for (let answers = 0; answers < 3; answers += 1) surprises.note('GET /gpu/instance', thawing);
  expect(await count('status')).toBe(3);
  expect(logged).toHaveLength(1);
  clock.advance(3_600_000);
  surprises.note('GET /gpu/instance', thawing);
  expect(logged).toHaveLength(2);
  for (let made = 0; made < 60; made += 1) surprises.note('GET /gpu/instance', [{ kind: 'field', name: `f${made}` }]);
  expect(surprises.latest()).toHaveLength(10);
  expect(surprises.latest()[0]).toMatchObject({ kind: 'field', name: 'f59' });
  // It was forgotten, so it is logged again.
  surprises.note('GET /gpu/instance', thawing);
  expect(logged.at(-1)).toContain('thawing');
});
