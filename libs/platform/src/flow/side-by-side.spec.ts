import { describe, expect, it } from 'vitest';
import { inBatches, sideBySide } from './side-by-side.js';

function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('sideBySide', () => {
  it('keeps no more than so many under way and holds its source back', async () => {
    const gates = Array.from({ length: 6 }, deferred);
    let pulled = 0;
    async function* source() {
      for (const gate of gates) {
        pulled += 1;
        yield gate;
      }
    }
    let underWay = 0;
    let most = 0;
    const done = sideBySide(source(), 2, async (gate) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await gate.promise;
      underWay -= 1;
    });
    await expect.poll(() => underWay).toBe(2);
    expect(pulled).toBe(2);
    for (const gate of gates) gate.resolve();
    await done;
    expect([most, pulled]).toEqual([2, 6]);
  });

  it('begins nothing after a failure, waits for the others, closes the source and throws the first', async () => {
    const slow = deferred();
    const begun: number[] = [];
    let closed = false;
    let slowEnded = false;
    async function* source() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        closed = true;
      }
    }
    const done = sideBySide(source(), 2, async (n) => {
      begun.push(n);
      if (n === 1) throw new Error('second');
      await slow.promise;
      slowEnded = true;
    });
    slow.resolve();
    await expect(done).rejects.toThrow('second');
    expect([begun, closed, slowEnded]).toEqual([[0, 1], true, true]);
  });
});

it('cuts into batches', () => {
  expect([...inBatches([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
  expect([...inBatches([], 2)]).toEqual([]);
});
