import { describe, expect, it } from 'vitest';
import { eachSideBySide, planBulk } from './bulk-dialog.js';

/** @param {Partial<import('../net/api-types.js').Instance>} members */
const instance = (members) =>
  /** @type {import('../net/api-types.js').Instance} */ ({
    status: 'ready',
    origin: 'managed',
    desired: 'running',
    novitaInstanceId: 'n1',
    autoStop: {},
    ...members,
  });

/** Stops what is to run and was made here. */
const STOP = {
  /** @param {import('../net/api-types.js').Instance} instance */
  objection: ({ origin, desired }) =>
    origin === 'discovered' ? 'it was made elsewhere' : desired === 'stopped' ? 'it is stopped already' : '',
};

it('leaves out whom a command does not fit, and says why', () => {
  const ready = instance({ id: 'a' });
  const stopped = instance({ id: 'b', status: 'stopped', desired: 'stopped' });
  const foreign = instance({ id: 'c', origin: 'discovered' });
  const { fitting, leftOut } = planBulk(STOP, [ready, stopped, foreign]);
  expect(fitting).toEqual([ready]);
  expect(leftOut).toEqual([
    { instance: stopped, reason: 'it is stopped already' },
    { instance: foreign, reason: 'it was made elsewhere' },
  ]);
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
