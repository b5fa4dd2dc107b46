import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { InvalidJobPayloadError } from '../../src/catalogue/job.js';
import { URGENT_LEAD_MS } from '../../src/catalogue/job-queue.port.js';
import { gate, idle, type TestPayload, testJob, until, untilAborted } from '../fixtures.js';
import type { Bench } from './bench.js';

/** What a run can come to. */
export function itRunsJobs(bench: Bench): void {
  describe('an urgent job', () => {
    const ranked = testJob({ ranked: true });
    const idsRun = () => bench.recorder.runs.map(({ payload }) => payload.id);

    /**
     * All five places are taken when `enqueue` is called. Then one of them is given free, so that what waits runs one by
     * one, until nothing waits.
     */
    async function orderBehindOthers(enqueue: () => Promise<void>): Promise<readonly string[]> {
      const [first, others] = [gate(), gate()];
      const handlers = bench.recorder.handlers([ranked], async ({ id }) => {
        if (id === 'running-0') await first.passed;
        else if (id.startsWith('running-')) await others.passed;
        else await sleep(5);
      });
      await bench.start(handlers);
      await bench.queue.enqueueMany(ranked, named('running', 5));
      await until(() => bench.recorder.runs.length === 5);
      await enqueue();
      first.open();
      await until(async () => {
        const { waiting, delayed, active } = await bench.queue.counts('lifecycle');
        return waiting + delayed === 0 && active === 4;
      }, 10_000);
      others.open();
      await idle(bench.queue);
      return idsRun().slice(5);
    }
    const named = (name: string, count: number) => Array.from({ length: count }, (_, n) => ({ id: `${name}-${n}` }));
    const waitingIs = (count: number) => until(async () => (await bench.queue.counts('lifecycle')).waiting === count);
    async function orderBehindTenOthers(enqueue: () => Promise<void>): Promise<readonly string[]> {
      return orderBehindOthers(async () => {
        await bench.queue.enqueueMany(ranked, named('waiting', 10));
        await waitingIs(10);
        await enqueue();
      });
    }

    it('runs before those that wait already', async () => {
      const order = await orderBehindTenOthers(async () => {
        await bench.queue.enqueue(ranked, { id: 'stop' }, { urgent: true });
        await waitingIs(11);
      });
      expect(order).toHaveLength(11);
      expect(order[0]).toBe('stop');
    });

    it('passes what became due within the lead, and nothing older', async () => {
      const minute = 60_000;
      const order = await orderBehindOthers(async () => {
        await bench.queue.enqueue(ranked, { id: 'older' }, { delayMs: -(URGENT_LEAD_MS + 2 * minute) });
        await bench.queue.enqueue(ranked, { id: 'old' }, { delayMs: -(URGENT_LEAD_MS - 2 * minute) });
        await waitingIs(2);
        await bench.queue.enqueue(ranked, { id: 'stop' }, { urgent: true });
        await waitingIs(3);
      });
      expect(order).toEqual(['older', 'stop', 'old']);
    });

    it('takes the one that waits under its key along', async () => {
      const order = await orderBehindTenOthers(() =>
        bench.queue.enqueueMany(ranked, [{ id: 'waiting-9' }], { urgent: true }),
      );
      expect(order).toHaveLength(10);
      expect(order[0]).toBe('waiting-9');
    });

    it('comes forward and goes first although it was postponed and not urgent', async () => {
      const order = await orderBehindTenOthers(async () => {
        await bench.queue.enqueue(ranked, { id: 'poll' }, { delayMs: 60_000 });
        await bench.queue.enqueue(ranked, { id: 'poll' }, { urgent: true });
      });
      expect(order.indexOf('poll')).toBeGreaterThanOrEqual(0);
      // What is taken in the moment in which it becomes due may come before it.
      expect(order.indexOf('poll')).toBeLessThanOrEqual(2);
    });

    it('runs after the run of its key that is under way, before others', async () => {
      const order = await orderBehindTenOthers(() =>
        bench.queue.enqueue(ranked, { id: 'running-0' }, { urgent: true }),
      );
      expect(order).toHaveLength(11);
      expect(order.indexOf('running-0')).toBeLessThanOrEqual(2);
    });

    it('stays urgent when the run under way fails: its retry goes before others', async () => {
      const release = gate();
      const retried = testJob({ ranked: true, attempts: 2 });
      await bench.start(
        bench.recorder.handlers([retried], async ({ id }, { attempt }) => {
          await release.passed;
          if (id === 'stop' && attempt === 1) throw new Error('not yet');
          await sleep(50);
        }),
      );
      await bench.queue.enqueue(retried, { id: 'stop' });
      await until(() => bench.recorder.runs.length === 1);
      const many = Array.from({ length: 40 }, (_, n) => ({ id: `waiting-${n}` }));
      await bench.queue.enqueueMany(retried, many);
      await bench.queue.enqueue(retried, { id: 'stop' }, { urgent: true });
      release.open();
      await idle(bench.queue);
      expect(idsRun().slice(1)).toHaveLength(41);
      expect(idsRun().slice(1).indexOf('stop')).toBeLessThanOrEqual(20);
    });
  });

  describe('an enqueued job', () => {
    it('runs with its payload and an id, as attempt 1', async () => {
      const job = testJob();
      await bench.start(bench.recorder.handlers([job]));
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 1);
      expect(bench.recorder.runs[0]).toMatchObject({ name: 'TEST_JOB', payload: { id: 'a' }, attempt: 1 });
      expect(bench.recorder.runs[0]?.payload).toBeInstanceOf(job.payload);
      expect(bench.recorder.runs[0]?.jobId).not.toBe('');
    });

    it('runs after its delay, not before', async () => {
      const job = testJob();
      await bench.start(bench.recorder.handlers([job]));
      const due = Date.now() + 300;
      await bench.queue.enqueue(job, { id: 'a' }, { delayMs: 300 });
      expect(await bench.queue.counts('lifecycle')).toMatchObject({ delayed: 1, active: 0 });
      await until(() => bench.recorder.runs.length === 1);
      // Node's timers may fire a millisecond early.
      expect(bench.recorder.runs[0]?.startedAt).toBeGreaterThanOrEqual(due - 2);
    });

    it('is refused at the caller when its payload does not fit', async () => {
      const job = testJob();
      bench.attach(bench.recorder.handlers([job]));
      const misfits = [{ id: 7 }, {}, { id: 'a', other: 'b' }] as unknown as TestPayload[];
      for (const misfit of misfits) {
        await expect(bench.queue.enqueue(job, misfit)).rejects.toThrow(InvalidJobPayloadError);
        await expect(bench.queue.schedule('key', job, misfit, 1_000)).rejects.toThrow(InvalidJobPayloadError);
      }
      await expect(bench.queue.enqueueMany(job, [{ id: 'good' }, ...misfits])).rejects.toThrow(InvalidJobPayloadError);
      expect(await bench.queue.counts('lifecycle')).toMatchObject({ waiting: 0, delayed: 0 });
    });

    it('runs beside others up to the concurrency of its bench.queue, and no further', async () => {
      const job = testJob();
      const held = gate();
      await bench.start(bench.recorder.handlers([job], () => held.passed));
      await bench.queue.enqueueMany(
        job,
        Array.from({ length: 12 }, (_, index) => ({ id: `${index}` })),
      );
      await until(() => bench.recorder.runs.length === 5);
      expect(await bench.queue.counts('lifecycle')).toMatchObject({ active: 5 });
      held.open();
      await until(() => bench.recorder.runs.length === 12);
      await idle(bench.queue);
      expect(bench.recorder.mostOfAll).toBe(5);
    });
  });

  describe('a run that fails', () => {
    it('is retried by the back-off until it succeeds', async () => {
      const job = testJob({ attempts: 5 });
      await bench.start(
        bench.recorder.handlers([job], async (_, { attempt }) => {
          if (attempt < 3) throw new Error('not yet');
        }),
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 3);
      await idle(bench.queue);
      expect(bench.recorder.runs.map((run) => run.attempt)).toEqual([1, 2, 3]);
      expect(await bench.queue.counts('lifecycle')).toMatchObject({ failed: 0 });
    });

    it('is given up after its attempts, and its key is free again', async () => {
      const job = testJob({ attempts: 3 });
      await bench.start(bench.recorder.handlers([job], () => Promise.reject(new Error('never'))));
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 3);
      await idle(bench.queue);
      expect(await bench.queue.counts('lifecycle')).toMatchObject({ failed: 1 });
      expect(await bench.queue.pendingKeys('lifecycle', ['test-a'])).toEqual(new Set());
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 6);
      expect(bench.recorder.runs.map((run) => run.attempt)).toEqual([1, 2, 3, 1, 2, 3]);
      await idle(bench.queue);
    });

    it('may throw before it returns a promise', async () => {
      const job = testJob();
      await bench.start(
        bench.recorder.handlers([job], () => {
          throw new Error('at once');
        }),
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 1);
      await idle(bench.queue);
      expect(await bench.queue.counts('lifecycle')).toMatchObject({ failed: 1 });
    });

    it('has its retry brought forward by an enqueue', async () => {
      const job = testJob({ attempts: 2, backoff: { firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 } });
      await bench.start(
        bench.recorder.handlers([job], async (_, { attempt }) => {
          if (attempt === 1) throw new Error('not yet');
        }),
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(
        async () => bench.recorder.runs.length === 1 && (await bench.queue.counts('lifecycle')).delayed === 1,
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 2, 2_000);
      await idle(bench.queue);
      expect(bench.recorder.runs.map((run) => run.attempt)).toEqual([1, 2]);
    });

    it('has its retry brought forward by what was enqueued while it ran', async () => {
      const job = testJob({ attempts: 2, backoff: { firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 } });
      await bench.start(
        bench.recorder.handlers([job], async (_, { attempt }) => {
          if (attempt > 1) return;
          await bench.queue.enqueue(job, { id: 'a' }, { delayMs: 100 });
          throw new Error('not yet');
        }),
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 2, 2_000);
      await idle(bench.queue);
      expect(bench.recorder.runs.map((run) => run.attempt)).toEqual([1, 2]);
    });

    it('for the last time still runs again for what was enqueued while it ran', async () => {
      const job = testJob();
      await bench.start(
        bench.recorder.handlers([job], async () => {
          if (bench.recorder.runs.length > 1) return;
          await bench.queue.enqueue(job, { id: 'a' });
          throw new Error('never');
        }),
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 2);
      await idle(bench.queue);
      expect(bench.recorder.runs.map((run) => run.attempt)).toEqual([1, 1]);
    });
  });

  describe('a run that asks to run again', () => {
    it('does so at its time and not as another attempt', async () => {
      const job = testJob({ attempts: 1 });
      await bench.start(
        bench.recorder.handlers([job], async () =>
          bench.recorder.runs.length < 3 ? { runAgainInMs: 120 } : undefined,
        ),
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 3);
      await idle(bench.queue);
      const [first, second, third] = bench.recorder.runs.map((run) => run.startedAt);
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(118);
      expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(118);
      expect(bench.recorder.runs.map((run) => run.attempt)).toEqual([1, 1, 1]);
      expect(await bench.queue.counts('lifecycle')).toMatchObject({ failed: 0 });
    });

    it('is brought forward by an enqueue', async () => {
      const job = testJob();
      await bench.start(
        bench.recorder.handlers([job], async () =>
          bench.recorder.runs.length < 2 ? { runAgainInMs: 60_000 } : undefined,
        ),
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(
        async () => bench.recorder.runs.length === 1 && (await bench.queue.counts('lifecycle')).delayed === 1,
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 2, 2_000);
      await idle(bench.queue);
      expect(bench.recorder.runs).toHaveLength(2);
    });

    it('does so earlier when that was asked for while it ran', async () => {
      const job = testJob();
      await bench.start(
        bench.recorder.handlers([job], async () => {
          if (bench.recorder.runs.length > 1) return undefined;
          await bench.queue.enqueue(job, { id: 'a' }, { delayMs: 50 });
          return { runAgainInMs: 60_000 };
        }),
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 2, 2_000);
      await idle(bench.queue);
      expect(bench.recorder.runs).toHaveLength(2);
    });
  });

  describe('a run beyond its time limit', () => {
    it('is aborted and counts as an error', async () => {
      const job = testJob({ attempts: 2, timeoutMs: 60 });
      await bench.start(
        bench.recorder.handlers([job], async (_, { attempt, signal }) => {
          if (attempt === 1) await untilAborted(signal);
        }),
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 2);
      await idle(bench.queue);
      expect(bench.recorder.runs.map((run) => run.attempt)).toEqual([1, 2]);
    });

    it('counts as an error too when it ignores its signal', async () => {
      const job = testJob({ attempts: 2, timeoutMs: 60 });
      const held = gate();
      await bench.start(
        bench.recorder.handlers([job], async (_, { attempt }) => {
          if (attempt === 1) await held.passed;
        }),
      );
      await bench.queue.enqueue(job, { id: 'a' });
      await until(() => bench.recorder.runs.length === 2);
      held.open();
      await idle(bench.queue);
      expect(bench.recorder.runs.map((run) => run.attempt)).toEqual([1, 2]);
    });
  });
}
