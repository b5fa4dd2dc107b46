import { describe, expect, it, vi } from 'vitest';
import { moneyMessage, sendInPieces, skippedLines } from './bulk-plan.js';

describe('what it means in dollars', () => {
  const plan = { endsUsdPerHour: 0, beginsUsdPerHour: 0, unpriced: 0 };

  it('is what ends or what begins, and nothing when neither does', () => {
    expect(moneyMessage({ ...plan, endsUsdPerHour: 0.7 })).toMatch(/^This ends \$0\.70\/h/);
    expect(moneyMessage({ ...plan, beginsUsdPerHour: 1 })).toMatch(/^This will cost \$1\.00\/h/);
    expect(moneyMessage(plan)).toBe('');
    expect(moneyMessage({ ...plan, unpriced: 2 })).toBe('The price of 2 instances is not known.');
  });
});

it('says who is left out, and why', () => {
  expect(
    skippedLines([
      { code: 'already', reason: 'It is so already.', instances: 1 },
      { code: 'no-match', reason: 'x', instances: 0 },
    ]),
  ).toEqual(['1 instance: It is so already.']);
});

describe('sending to many', () => {
  const ids = Array.from({ length: 250 }, (_, n) => `i${n}`);
  /** @param {readonly string[]} piece @param {(id: string) => import('./bulk-plan.js').BulkItem['outcome']} [outcome] */
  const items = (piece, outcome = () => 'accepted') =>
    piece.map((instanceId) => ({ instanceId, name: instanceId, outcome: outcome(instanceId) }));

  it('goes piece by piece, and counts what was accepted, skipped and failed', async () => {
    /** @type {number[]} */
    const done = [];
    /** @returns {import('./bulk-plan.js').BulkItem['outcome']} */
    const outcome = (/** @type {string} */ id) => (id === 'i7' ? 'failed' : id === 'i8' ? 'skipped' : 'accepted');
    const send = vi.fn(async (/** @type {readonly string[]} */ piece) => items(piece, outcome));
    const { accepted, failed, error } = await sendInPieces(ids, send, (count) => done.push(count));
    expect(send.mock.calls.map(([piece]) => piece.length)).toEqual([100, 100, 50]);
    expect({ accepted, failed: failed.map(({ instanceId }) => instanceId), error, done }).toEqual({
      accepted: 248,
      failed: ['i7'],
      error: null,
      done: [100, 200, 250],
    });
  });

  it('says why it broke off, and what was not sent', async () => {
    const broken = new Error('away');
    const send = vi.fn(async (/** @type {readonly string[]} */ piece) => {
      if (piece[0] === 'i100') throw broken;
      return items(piece);
    });
    const { accepted, failed, error } = await sendInPieces(ids, send, () => undefined);
    expect(send).toHaveBeenCalledTimes(2);
    expect([accepted, failed.length, error]).toEqual([100, 150, broken]);
  });
});
