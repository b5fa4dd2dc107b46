import { msFromTimestamp } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { idle, testJob, until } from '../fixtures.js';
import type { Bench } from './bench.js';

/** What comes by the clock. */
export function itKeepsSchedules(bench: Bench): void {
  describe('a schedule', () => {
    it('runs the job once per period however many processes ask, until it is taken back', async () => {
      const job = testJob();
      await bench.start(bench.recorder.handlers([job]));
      await bench.start(bench.recorder.handlers([job]));
      const periodMs = 200;
      const began = Date.now();
      await Promise.all([1, 2, 3].map(() => bench.queue.schedule('tick', job, { id: 'a' }, periodMs)));
      await until(() => bench.recorder.runs.length >= 3);
      await bench.queue.schedule('tick', job, { id: 'a' }, periodMs);
      await until(() => bench.recorder.runs.length >= 6);
      const periods = (Date.now() - began) / periodMs;
      expect(bench.recorder.runs.length).toBeLessThanOrEqual(Math.ceil(periods) + 1);
      await bench.queue.unschedule('tick', job);
      await idle(bench.queue);
      const before = bench.recorder.runs.length;
      await new Promise((resolve) => setTimeout(resolve, 3 * periodMs));
      expect(bench.recorder.runs).toHaveLength(before);
    });

    it('takes over a new period', async () => {
      const job = testJob();
      await bench.start(bench.recorder.handlers([job]));
      await bench.queue.schedule('tick', job, { id: 'a' }, 3_600_000);
      await until(() => bench.recorder.runs.length === 1);
      await bench.queue.schedule('tick', job, { id: 'a' }, 100);
      await until(() => bench.recorder.runs.length >= 4, 3_000);
      await bench.queue.unschedule('tick', job);
      expect(bench.recorder.mostOfOneKey).toBe(1);
    });

    it('does not overlap with an enqueued job of its key', async () => {
      const job = testJob();
      await bench.start(bench.recorder.handlers([job], () => new Promise((resolve) => setTimeout(resolve, 30))));
      await bench.queue.schedule('tick', job, { id: 'a' }, 50);
      for (let round = 0; round < 10; round += 1) {
        await bench.queue.enqueue(job, { id: 'a' });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await until(() => bench.recorder.runs.length >= 8);
      await bench.queue.unschedule('tick', job);
      expect(bench.recorder.mostOfOneKey).toBe(1);
    });

    it('runs again with what it was last given', async () => {
      const job = testJob();
      await bench.start(bench.recorder.handlers([job]));
      await bench.queue.schedule('tick', job, { id: 'a' }, 100);
      await until(() => bench.recorder.runs.length >= 1);
      await bench.queue.schedule('tick', job, { id: 'b' }, 100);
      await until(() => bench.recorder.runs.some((run) => run.payload.id === 'b'), 3_000);
      await bench.queue.unschedule('tick', job);
    });

    describe('asked for its next run', () => {
      const next = async (key = 'tick'): Promise<number | null> => {
        const answer = await bench.queue.nextRunOf(key, testJob());
        return answer === null ? null : msFromTimestamp(answer);
      };
      const firstRun = async (periodMs: number): Promise<number> => {
        const job = testJob();
        await bench.start(bench.recorder.handlers([job]));
        await bench.queue.schedule('tick', job, { id: 'a' }, periodMs);
        await until(() => bench.recorder.runs.length === 1);
        await idle(bench.queue, 1);
        return bench.recorder.runs[0]?.startedAt ?? Number.NaN;
      };

      it('names it as long as there is one', async () => {
        expect(await next()).toBeNull();
        const before = Date.now();
        const ran = await firstRun(60_000);
        expect(await next()).toBeGreaterThanOrEqual(before + 60_000 - 2);
        expect(await next()).toBeLessThanOrEqual(ran + 60_000 + 2);
        expect(await next('other')).toBeNull();
        expect(await bench.queue.nextRunOf('tick', testJob({ queue: 'sync' }))).toBeNull();
        await bench.queue.unschedule('tick', testJob());
        expect(await next()).toBeNull();
      });

      it('moves on with every run', async () => {
        const ran = await firstRun(150);
        // A busy machine may have gone further by the time it is asked.
        await until(() => bench.recorder.runs.length >= 3, 2_000);
        expect(await next()).toBeGreaterThan(ran + 300);
        await bench.queue.unschedule('tick', testJob());
      });

      it('keeps it, and runs no more often, however often it is asserted', async () => {
        await firstRun(60_000);
        const due = await next();
        for (let round = 0; round < 5; round += 1) {
          await Promise.all([1, 2, 3].map(() => bench.queue.schedule('tick', testJob(), { id: 'a' }, 60_000)));
        }
        expect(await next()).toBe(due);
        await idle(bench.queue, 1);
        expect(bench.recorder.runs).toHaveLength(1);
      });

      it('keeps the earlier one, and runs no more often, while two disagree about the period', async () => {
        await firstRun(60_000);
        const due = (await next()) ?? Number.NaN;
        const asserted = Date.now();
        for (let round = 0; round < 5; round += 1) {
          await bench.queue.schedule('tick', testJob(), { id: 'a' }, 30_000);
          await bench.queue.schedule('tick', testJob(), { id: 'a' }, 60_000);
        }
        expect(await next()).toBeGreaterThanOrEqual(asserted + 30_000);
        expect(await next()).toBeLessThan(due - 20_000);
        await bench.queue.schedule('tick', testJob(), { id: 'a' }, 3_600_000);
        expect(await next()).toBeLessThan(due - 20_000);
        await idle(bench.queue, 1);
        expect(bench.recorder.runs).toHaveLength(1);
      });
    });
  });
}
