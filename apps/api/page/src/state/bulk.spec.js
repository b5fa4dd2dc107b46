import { describe, expect, it } from 'vitest';
import { counted, eachSideBySide, planBulk, sumPerHour } from './bulk.js';

/** @param {Partial<import('../http/api-types.js').Instance>} members */
const instance = (members) =>
  /** @type {import('../http/api-types.js').Instance} */ ({
    status: 'ready',
    origin: 'managed',
    desired: 'running',
    novitaInstanceId: 'n1',
    autoStop: {},
    ...members,
  });

it('leaves out whom a command does not fit, and says why', () => {
  const ready = instance({ id: 'a' });
  const stopped = instance({ id: 'b', status: 'stopped', desired: 'stopped' });
  const foreign = instance({ id: 'c', origin: 'discovered' });
  const { fitting, leftOut } = planBulk('stop', [ready, stopped, foreign]);
  expect(fitting).toEqual([ready]);
  expect(leftOut).toEqual([
    { instance: stopped, reason: 'it is stopped or stopping already' },
    { instance: foreign, reason: 'it was made elsewhere; adopt it first' },
  ]);
});

it('sums what is known and counts what is not', () => {
  expect(sumPerHour([{ pricePerHour: 0.35 }, {}, { pricePerHour: 0.4 }])).toEqual({ usd: 0.75, unpriced: 1 });
  expect(sumPerHour([])).toEqual({ usd: 0, unpriced: 0 });
});

describe('side by side', () => {
  it('has no more under way than it may, and does each once', async () => {
    let underWay = 0;
    let most = 0;
    /** @type {number[]} */
    const done = [];
    const items = Array.from({ length: 25 }, (_, index) => index);
    await eachSideBySide(
      items,
      4,
      async (item) => {
        underWay += 1;
        most = Math.max(most, underWay);
        for (let turn = 0; turn <= item % 3; turn += 1) await Promise.resolve();
        underWay -= 1;
        done.push(item);
      },
      () => undefined,
    );
    expect(most).toBe(4);
    expect(done.toSorted((a, b) => a - b)).toEqual(items);
  });

  it('goes on after a failure and hands over all of them', async () => {
    /** @type {number[]} */
    const progress = [];
    const failures = await eachSideBySide(
      [1, 2, 3, 4],
      2,
      async (item) => {
        if (item % 2 === 0) throw new Error(`no ${item}`);
      },
      (done) => progress.push(done),
    );
    expect(failures.map(({ item, error }) => [item, error instanceof Error && error.message])).toEqual([
      [2, 'no 2'],
      [4, 'no 4'],
    ]);
    expect(progress).toEqual([1, 2, 3, 4]);
  });

  it('is done at once with nothing', async () => {
    expect(
      await eachSideBySide(
        [],
        4,
        async () => undefined,
        () => undefined,
      ),
    ).toEqual([]);
  });
});

it('counts in words', () => {
  expect(counted(1)).toBe('1 instance');
  expect(counted(12_000)).toBe('12,000 instances');
  expect(counted(2, 'value')).toBe('2 values');
});
