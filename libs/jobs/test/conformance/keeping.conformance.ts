import { timestampFromMs } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { gate, idle, testJob, until, untilAborted } from '../fixtures.js';
import type { Bench } from './bench.js';

/** What waits, and what is given back. */
export function itKeepsJobs(bench: Bench): void {
  describe('pendingKeys', () => {
    it('names those that wait, are delayed or run, and no others', async () => {
      const job = testJob();
      const held = gate();
      const workers = bench.attach(bench.recorder.handlers([job], () => held.passed));
      const ask = () => bench.queue.pendingKeys('lifecycle', ['test-run', 'test-delayed', 'test-never']);
      await bench.queue.enqueue(job, { id: 'run' });
      await bench.queue.enqueue(job, { id: 'delayed' }, { delayMs: 60_000 });
      expect(await ask()).toEqual(new Set(['test-run', 'test-delayed']));
      await bench.startNow(workers);
      await until(() => bench.recorder.runs.length === 1);
      expect(await ask()).toEqual(new Set(['test-run', 'test-delayed']));
      held.open();
      await until(async () => !(await ask()).has('test-run'));
      expect(await ask()).toEqual(new Set(['test-delayed']));
      expect(await bench.queue.pendingKeys('lifecycle', [])).toEqual(new Set());
    });

    it('leaves out those that are delayed beyond a time, and a new request brings them forward', async () => {
      const job = testJob();
      const workers = bench.attach(bench.recorder.handlers([job]));
      await bench.queue.enqueue(job, { id: 'soon' }, { delayMs: 60_000 });
      await bench.queue.enqueue(job, { id: 'later' }, { delayMs: 86_400_000 });
      await bench.queue.enqueue(job, { id: 'now' });
      const by = timestampFromMs(Date.now() + 120_000);
      const keys = ['test-soon', 'test-later', 'test-now'];
      expect(await bench.queue.pendingKeys('lifecycle', keys, by)).toEqual(new Set(['test-soon', 'test-now']));
      await bench.queue.enqueueMany(job, [{ id: 'later' }]);
      expect(await bench.queue.pendingKeys('lifecycle', keys, by)).toEqual(new Set(keys));
      await bench.startNow(workers);
      await until(() => bench.recorder.runs.length === 2);
    });

    it('answers for a thousand', async () => {
      const job = testJob();
      bench.attach(bench.recorder.handlers([job]));
      const ids = Array.from({ length: 1_000 }, (_, index) => `${index}`);
      await bench.queue.enqueueMany(
        job,
        ids.filter((_, index) => index % 2 === 0).map((id) => ({ id })),
      );
      const pending = await bench.queue.pendingKeys(
        'lifecycle',
        ids.map((id) => `test-${id}`),
      );
      expect(pending.size).toBe(500);
      expect(pending.has('test-0')).toBe(true);
      expect(pending.has('test-1')).toBe(false);
    });
  });

  it('enqueueMany runs each key once and brings forward what waits', async () => {
    const job = testJob();
    const workers = bench.attach(bench.recorder.handlers([job]));
    await bench.queue.enqueue(job, { id: 'b' }, { delayMs: 60_000 });
    await bench.queue.enqueueMany(job, [{ id: 'a' }, { id: 'b' }, { id: 'a' }, { id: 'c' }]);
    await bench.queue.enqueueMany(job, []);
    await bench.startNow(workers);
    await until(() => bench.recorder.runs.length === 3);
    await idle(bench.queue);
    expect(bench.recorder.runs.map((run) => run.payload.id).sort()).toEqual(['a', 'b', 'c']);
  });

  describe('a drain', () => {
    it('lets a short run end, and takes no more', async () => {
      const job = testJob();
      const held = gate();
      let ended = false;
      const workers = await bench.start(
        bench.recorder.handlers([job], async () => {
          await held.passed;
          ended = true;
        }),
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 1);
      const drained = workers.drain(3_000);
      await bench.queue.enqueue(job, { id: 'b' });
      held.open();
      await drained;
      expect(ended).toBe(true);
      expect(bench.recorder.runs).toHaveLength(1);
      expect(await bench.queue.pendingKeys('lifecycle', ['test-a', 'test-b'])).toEqual(new Set(['test-b']));
    });

    it('aborts a long run in time and gives its job back, to be run again as the same attempt', async () => {
      const job = testJob();
      const workers = await bench.start(bench.recorder.handlers([job], (_, { signal }) => untilAborted(signal)));
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 1);
      const began = Date.now();
      await workers.drain(1_500);
      expect(Date.now() - began).toBeLessThan(1_600);
      expect(await bench.queue.counts('lifecycle')).toMatchObject({ active: 0, failed: 0 });
      expect(await bench.queue.pendingKeys('lifecycle', ['test-a'])).toEqual(new Set(['test-a']));
      await bench.start(bench.recorder.handlers([job]));
      await until(() => bench.recorder.runs.length === 2, 1_000);
      await idle(bench.queue);
      expect(bench.recorder.runs.map((run) => run.attempt)).toEqual([1, 1]);
    });

    it('is not held up by a run that ignores its signal', async () => {
      const job = testJob();
      const held = gate();
      const workers = await bench.start(bench.recorder.handlers([job], () => held.passed));
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 1);
      await workers.drain(1_500);
      expect(await bench.queue.counts('lifecycle')).toMatchObject({ active: 0, failed: 0 });
      expect(await bench.queue.pendingKeys('lifecycle', ['test-a'])).toEqual(new Set(['test-a']));
      held.open();
    });
  });
}
