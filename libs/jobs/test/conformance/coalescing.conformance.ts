import { describe, expect, it } from 'vitest';
import { gate, idle, testJob, until } from '../fixtures.js';
import type { Bench } from './bench.js';

/** Jobs of one key are one job. */
export function itCoalesces(bench: Bench): void {
  describe('a job whose key waits already', () => {
    it('brings it forward', async () => {
      const job = testJob();
      await bench.start(bench.recorder.handlers([job]));
      await bench.queue.enqueue(job, { id: 'a' }, { delayMs: 60_000 });
      await bench.queue.enqueue(job, { id: 'a' }, { delayMs: 150 });
      await until(() => bench.recorder.runs.length === 1, 2_000);
      await idle(bench.queue);
      expect(bench.recorder.runs).toHaveLength(1);
    });

    it('brings it forward to now', async () => {
      const job = testJob();
      await bench.start(bench.recorder.handlers([job]));
      await bench.queue.enqueue(job, { id: 'a' }, { delayMs: 60_000 });
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 1, 2_000);
      await idle(bench.queue);
      expect(bench.recorder.runs).toHaveLength(1);
    });

    it('never puts it off', async () => {
      const job = testJob();
      await bench.start(bench.recorder.handlers([job]));
      await bench.queue.enqueue(job, { id: 'a' }, { delayMs: 150 });
      await bench.queue.enqueue(job, { id: 'a' }, { delayMs: 60_000 });
      await until(() => bench.recorder.runs.length === 1, 2_000);
      await idle(bench.queue);
      expect(bench.recorder.runs).toHaveLength(1);
    });

    it('is no second one, while no worker takes any', async () => {
      const job = testJob();
      const workers = bench.attach(bench.recorder.handlers([job]));
      await bench.queue.enqueue(job, { id: 'a' });
      await bench.queue.enqueue(job, { id: 'a' });
      await bench.queue.enqueue(job, { id: 'a' }, { delayMs: 50 });
      await bench.startNow(workers);
      await until(() => bench.recorder.runs.length === 1);
      await idle(bench.queue);
      expect(bench.recorder.runs).toHaveLength(1);
    });

    it('may have another name', async () => {
      const one = testJob({ name: 'ONE' });
      const other = testJob({ name: 'OTHER' });
      await bench.start(bench.recorder.handlers([one, other]));
      await bench.queue.enqueue(one, { id: 'a' }, { delayMs: 60_000 });
      await bench.queue.enqueue(other, { id: 'a' });
      await until(() => bench.recorder.runs.length === 1, 2_000);
      await idle(bench.queue);
      expect(bench.recorder.runs.map((run) => run.name)).toEqual(['ONE']);
    });
  });

  describe('a job whose key runs', () => {
    it('runs once more after it, however often it was asked for', async () => {
      const job = testJob();
      const held = gate();
      await bench.start(bench.recorder.handlers([job], () => held.passed));
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 1);
      await Promise.all([1, 2, 3].map(() => bench.queue.enqueue(job, { id: 'a' })));
      held.open();
      await until(() => bench.recorder.runs.length === 2);
      await idle(bench.queue);
      expect(bench.recorder.runs).toHaveLength(2);
      expect(bench.recorder.mostOfOneKey).toBe(1);
    });

    it('runs once more at the earliest delay that was asked for', async () => {
      const job = testJob();
      const held = gate();
      await bench.start(bench.recorder.handlers([job], () => held.passed));
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 1);
      const asked = Date.now();
      await bench.queue.enqueue(job, { id: 'a' }, { delayMs: 250 });
      await bench.queue.enqueue(job, { id: 'a' }, { delayMs: 60_000 });
      held.open();
      await until(() => bench.recorder.runs.length === 2, 2_000);
      expect(bench.recorder.runs[1]?.startedAt).toBeGreaterThanOrEqual(asked + 248);
      await idle(bench.queue);
    });

    it('may have another name', async () => {
      const one = testJob({ name: 'ONE' });
      const other = testJob({ name: 'OTHER' });
      const held = gate();
      await bench.start(bench.recorder.handlers([one, other], () => held.passed));
      await bench.queue.enqueue(one, { id: 'a' });
      await until(() => bench.recorder.runs.length === 1);
      await bench.queue.enqueue(other, { id: 'a' });
      held.open();
      await until(() => bench.recorder.runs.length === 2);
      await idle(bench.queue);
      expect(bench.recorder.runs.map((run) => run.name)).toEqual(['ONE', 'OTHER']);
      expect(bench.recorder.mostOfOneKey).toBe(1);
    });

    it('may be asked for by that run itself', async () => {
      const job = testJob();
      await bench.start(
        bench.recorder.handlers([job], async () => {
          if (bench.recorder.runs.length < 3) await bench.queue.enqueue(job, { id: 'a' });
        }),
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 3);
      await idle(bench.queue);
      expect(bench.recorder.runs).toHaveLength(3);
    });
  });

  describe('many at once', () => {
    it('never overlap in one key, and the last request is always followed by a run', async () => {
      const job = testJob();
      const wanted = new Map<string, number>();
      const seen = new Map<string, number>();
      const handlers = bench.recorder.handlers([job], async ({ id }) => {
        seen.set(id, wanted.get(id) ?? 0);
        // From nothing to a little, so that ends meet enqueues at every point.
        if (Math.random() < 0.7) await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      });
      await bench.start(handlers);
      await bench.start(handlers);
      const keys = ['a', 'b', 'c'];
      for (let round = 0; round < 12; round += 1) {
        await Promise.all(
          keys.flatMap((id) =>
            Array.from({ length: 50 }, async (_, index) => {
              await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
              wanted.set(id, (wanted.get(id) ?? 0) + 1);
              await bench.queue.enqueue(
                job,
                { id },
                index % 3 === 0 ? { delayMs: Math.floor(Math.random() * 10) } : {},
              );
            }),
          ),
        );
        await idle(bench.queue);
        for (const id of keys) expect(seen.get(id), `round ${round}`).toBe(wanted.get(id));
      }
      expect(bench.recorder.mostOfOneKey).toBe(1);
    });

    it('lose no request against a run that asks to run again', async () => {
      const job = testJob();
      let wanted = 0;
      let seen = 0;
      await bench.start(
        bench.recorder.handlers([job], async () => {
          const askedAgain = seen !== wanted;
          seen = wanted;
          if (Math.random() < 0.5) await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
          return askedAgain ? { runAgainInMs: 60_000 } : undefined;
        }),
      );
      for (let round = 0; round < 60; round += 1) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
        wanted += 1;
        await bench.queue.enqueue(job, { id: 'a' });
      }
      await until(() => seen === wanted);
      expect(bench.recorder.mostOfOneKey).toBe(1);
    });
  });
}
