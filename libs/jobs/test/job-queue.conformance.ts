import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobHandlers } from '../src/job-handlers.js';
import { InvalidJobPayloadError, type JobQueue } from '../src/job-queue.port.js';
import type { JobWorkers } from '../src/job-workers.port.js';
import { gate, idle, Recorder, type TestPayload, testJob, until, untilAborted } from './fixtures.js';

export interface JobQueueHarness {
  readonly queue: JobQueue;
  /** The workers of one more process; where there can only be one process, the same again. */
  newWorkers(): JobWorkers;
  close(): Promise<void>;
}

/** What every adapter of `JobQueue` does. */
export function itIsAJobQueue(open: () => Promise<JobQueueHarness>): void {
  let harness: JobQueueHarness;
  let queue: JobQueue;
  let recorder: Recorder;
  let started: JobWorkers[];

  beforeEach(async () => {
    harness = await open();
    queue = harness.queue;
    recorder = new Recorder();
    started = [];
  });

  afterEach(async () => {
    await Promise.all(started.map((workers) => workers.drain(1_000)));
    await harness.close();
  });

  const attach = (handlers: JobHandlers): JobWorkers => {
    const workers = harness.newWorkers();
    workers.attach(handlers);
    return workers;
  };
  const start = async (handlers: JobHandlers): Promise<JobWorkers> => {
    const workers = attach(handlers);
    await workers.start();
    started.push(workers);
    return workers;
  };
  const startNow = async (workers: JobWorkers): Promise<void> => {
    await workers.start();
    started.push(workers);
  };

  describe('an enqueued job', () => {
    it('runs with its payload and an id, as attempt 1', async () => {
      const job = testJob();
      await start(recorder.handlers([job]));
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 1);
      expect(recorder.runs[0]).toMatchObject({ name: 'TEST_JOB', payload: { id: 'a' }, attempt: 1 });
      expect(recorder.runs[0]?.payload).toBeInstanceOf(job.payload);
      expect(recorder.runs[0]?.jobId).not.toBe('');
    });

    it('runs after its delay, not before', async () => {
      const job = testJob();
      await start(recorder.handlers([job]));
      const due = Date.now() + 300;
      await queue.enqueue(job, { id: 'a' }, { delayMs: 300 });
      expect(await queue.counts('lifecycle')).toMatchObject({ delayed: 1, active: 0 });
      await until(() => recorder.runs.length === 1);
      // Node's timers may fire a millisecond early.
      expect(recorder.runs[0]?.startedAt).toBeGreaterThanOrEqual(due - 2);
    });

    it('is refused at the caller when its payload does not fit', async () => {
      const job = testJob();
      attach(recorder.handlers([job]));
      const misfits = [{ id: 7 }, {}, { id: 'a', other: 'b' }] as unknown as TestPayload[];
      for (const misfit of misfits) {
        await expect(queue.enqueue(job, misfit)).rejects.toThrow(InvalidJobPayloadError);
        await expect(queue.schedule('key', job, misfit, 1_000)).rejects.toThrow(InvalidJobPayloadError);
      }
      await expect(queue.enqueueMany(job, [{ id: 'good' }, ...misfits])).rejects.toThrow(InvalidJobPayloadError);
      expect(await queue.counts('lifecycle')).toMatchObject({ waiting: 0, delayed: 0 });
    });

    it('runs beside others up to the concurrency of its queue, and no further', async () => {
      const job = testJob();
      const held = gate();
      await start(recorder.handlers([job], () => held.passed));
      await queue.enqueueMany(
        job,
        Array.from({ length: 12 }, (_, index) => ({ id: `${index}` })),
      );
      await until(() => recorder.runs.length === 5);
      expect(await queue.counts('lifecycle')).toMatchObject({ active: 5 });
      held.open();
      await until(() => recorder.runs.length === 12);
      await idle(queue);
      expect(recorder.mostOfAll).toBe(5);
    });
  });

  describe('a job whose key waits already', () => {
    it('brings it forward', async () => {
      const job = testJob();
      await start(recorder.handlers([job]));
      await queue.enqueue(job, { id: 'a' }, { delayMs: 60_000 });
      await queue.enqueue(job, { id: 'a' }, { delayMs: 150 });
      await until(() => recorder.runs.length === 1, 2_000);
      await idle(queue);
      expect(recorder.runs).toHaveLength(1);
    });

    it('brings it forward to now', async () => {
      const job = testJob();
      await start(recorder.handlers([job]));
      await queue.enqueue(job, { id: 'a' }, { delayMs: 60_000 });
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 1, 2_000);
      await idle(queue);
      expect(recorder.runs).toHaveLength(1);
    });

    it('never puts it off', async () => {
      const job = testJob();
      await start(recorder.handlers([job]));
      await queue.enqueue(job, { id: 'a' }, { delayMs: 150 });
      await queue.enqueue(job, { id: 'a' }, { delayMs: 60_000 });
      await until(() => recorder.runs.length === 1, 2_000);
      await idle(queue);
      expect(recorder.runs).toHaveLength(1);
    });

    it('is no second one, while no worker takes any', async () => {
      const job = testJob();
      const workers = attach(recorder.handlers([job]));
      await queue.enqueue(job, { id: 'a' });
      await queue.enqueue(job, { id: 'a' });
      await queue.enqueue(job, { id: 'a' }, { delayMs: 50 });
      await startNow(workers);
      await until(() => recorder.runs.length === 1);
      await idle(queue);
      expect(recorder.runs).toHaveLength(1);
    });

    it('may have another name', async () => {
      const one = testJob({ name: 'ONE' });
      const other = testJob({ name: 'OTHER' });
      await start(recorder.handlers([one, other]));
      await queue.enqueue(one, { id: 'a' }, { delayMs: 60_000 });
      await queue.enqueue(other, { id: 'a' });
      await until(() => recorder.runs.length === 1, 2_000);
      await idle(queue);
      expect(recorder.runs.map((run) => run.name)).toEqual(['ONE']);
    });
  });

  describe('a job whose key runs', () => {
    it('runs once more after it, however often it was asked for', async () => {
      const job = testJob();
      const held = gate();
      await start(recorder.handlers([job], () => held.passed));
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 1);
      await Promise.all([1, 2, 3].map(() => queue.enqueue(job, { id: 'a' })));
      held.open();
      await until(() => recorder.runs.length === 2);
      await idle(queue);
      expect(recorder.runs).toHaveLength(2);
      expect(recorder.mostOfOneKey).toBe(1);
    });

    it('runs once more at the earliest delay that was asked for', async () => {
      const job = testJob();
      const held = gate();
      await start(recorder.handlers([job], () => held.passed));
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 1);
      const asked = Date.now();
      await queue.enqueue(job, { id: 'a' }, { delayMs: 250 });
      await queue.enqueue(job, { id: 'a' }, { delayMs: 60_000 });
      held.open();
      await until(() => recorder.runs.length === 2, 2_000);
      expect(recorder.runs[1]?.startedAt).toBeGreaterThanOrEqual(asked + 248);
      await idle(queue);
    });

    it('may have another name', async () => {
      const one = testJob({ name: 'ONE' });
      const other = testJob({ name: 'OTHER' });
      const held = gate();
      await start(recorder.handlers([one, other], () => held.passed));
      await queue.enqueue(one, { id: 'a' });
      await until(() => recorder.runs.length === 1);
      await queue.enqueue(other, { id: 'a' });
      held.open();
      await until(() => recorder.runs.length === 2);
      await idle(queue);
      expect(recorder.runs.map((run) => run.name)).toEqual(['ONE', 'OTHER']);
      expect(recorder.mostOfOneKey).toBe(1);
    });

    it('may be asked for by that run itself', async () => {
      const job = testJob();
      await start(
        recorder.handlers([job], async () => {
          if (recorder.runs.length < 3) await queue.enqueue(job, { id: 'a' });
        }),
      );
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 3);
      await idle(queue);
      expect(recorder.runs).toHaveLength(3);
    });
  });

  describe('many at once', () => {
    it('never overlap in one key, and the last wish is always followed by a run', async () => {
      const job = testJob();
      const wanted = new Map<string, number>();
      const seen = new Map<string, number>();
      const handlers = recorder.handlers([job], async ({ id }) => {
        seen.set(id, wanted.get(id) ?? 0);
        // From nothing to a little, so that ends meet enqueues at every point.
        if (Math.random() < 0.7) await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      });
      await start(handlers);
      await start(handlers);
      const keys = ['a', 'b', 'c'];
      for (let round = 0; round < 12; round += 1) {
        await Promise.all(
          keys.flatMap((id) =>
            Array.from({ length: 50 }, async (_, index) => {
              await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
              wanted.set(id, (wanted.get(id) ?? 0) + 1);
              await queue.enqueue(job, { id }, index % 3 === 0 ? { delayMs: Math.floor(Math.random() * 10) } : {});
            }),
          ),
        );
        await idle(queue);
        for (const id of keys) expect(seen.get(id), `round ${round}`).toBe(wanted.get(id));
      }
      expect(recorder.mostOfOneKey).toBe(1);
    });

    it('lose no wish against a run that asks to run again', async () => {
      const job = testJob();
      let wanted = 0;
      let seen = 0;
      await start(
        recorder.handlers([job], async () => {
          const askedAgain = seen !== wanted;
          seen = wanted;
          if (Math.random() < 0.5) await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
          return askedAgain ? { runAgainInMs: 60_000 } : undefined;
        }),
      );
      for (let round = 0; round < 60; round += 1) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
        wanted += 1;
        await queue.enqueue(job, { id: 'a' });
      }
      await until(() => seen === wanted);
      expect(recorder.mostOfOneKey).toBe(1);
    });
  });

  describe('a run that fails', () => {
    it('is retried by the back-off until it succeeds', async () => {
      const job = testJob({ attempts: 5 });
      await start(
        recorder.handlers([job], async (_, { attempt }) => {
          if (attempt < 3) throw new Error('not yet');
        }),
      );
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 3);
      await idle(queue);
      expect(recorder.runs.map((run) => run.attempt)).toEqual([1, 2, 3]);
      expect(await queue.counts('lifecycle')).toMatchObject({ failed: 0 });
    });

    it('is given up after its attempts, and its key is free again', async () => {
      const job = testJob({ attempts: 3 });
      await start(recorder.handlers([job], () => Promise.reject(new Error('never'))));
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 3);
      await idle(queue);
      expect(await queue.counts('lifecycle')).toMatchObject({ failed: 1 });
      expect(await queue.pendingKeys('lifecycle', ['test-a'])).toEqual(new Set());
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 6);
      expect(recorder.runs.map((run) => run.attempt)).toEqual([1, 2, 3, 1, 2, 3]);
      await idle(queue);
    });

    it('may throw before it returns a promise', async () => {
      const job = testJob();
      await start(
        recorder.handlers([job], () => {
          throw new Error('at once');
        }),
      );
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 1);
      await idle(queue);
      expect(await queue.counts('lifecycle')).toMatchObject({ failed: 1 });
    });

    it('has its retry brought forward by an enqueue', async () => {
      const job = testJob({ attempts: 2, backoff: { firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 } });
      await start(
        recorder.handlers([job], async (_, { attempt }) => {
          if (attempt === 1) throw new Error('not yet');
        }),
      );
      await queue.enqueue(job, { id: 'a' });
      await until(async () => recorder.runs.length === 1 && (await queue.counts('lifecycle')).delayed === 1);
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 2, 2_000);
      await idle(queue);
      expect(recorder.runs.map((run) => run.attempt)).toEqual([1, 2]);
    });

    it('has its retry brought forward by what was enqueued while it ran', async () => {
      const job = testJob({ attempts: 2, backoff: { firstDelayMs: 3_600_000, maxDelayMs: 3_600_000 } });
      await start(
        recorder.handlers([job], async (_, { attempt }) => {
          if (attempt > 1) return;
          await queue.enqueue(job, { id: 'a' }, { delayMs: 100 });
          throw new Error('not yet');
        }),
      );
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 2, 2_000);
      await idle(queue);
      expect(recorder.runs.map((run) => run.attempt)).toEqual([1, 2]);
    });

    it('for the last time still runs again for what was enqueued while it ran', async () => {
      const job = testJob();
      await start(
        recorder.handlers([job], async () => {
          if (recorder.runs.length > 1) return;
          await queue.enqueue(job, { id: 'a' });
          throw new Error('never');
        }),
      );
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 2);
      await idle(queue);
      expect(recorder.runs.map((run) => run.attempt)).toEqual([1, 1]);
    });
  });

  describe('a run that asks to run again', () => {
    it('does so at its time and not as another attempt', async () => {
      const job = testJob({ attempts: 1 });
      await start(recorder.handlers([job], async () => (recorder.runs.length < 3 ? { runAgainInMs: 120 } : undefined)));
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 3);
      await idle(queue);
      const [first, second, third] = recorder.runs.map((run) => run.startedAt);
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(118);
      expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(118);
      expect(recorder.runs.map((run) => run.attempt)).toEqual([1, 1, 1]);
      expect(await queue.counts('lifecycle')).toMatchObject({ failed: 0 });
    });

    it('is brought forward by an enqueue', async () => {
      const job = testJob();
      await start(
        recorder.handlers([job], async () => (recorder.runs.length < 2 ? { runAgainInMs: 60_000 } : undefined)),
      );
      await queue.enqueue(job, { id: 'a' });
      await until(async () => recorder.runs.length === 1 && (await queue.counts('lifecycle')).delayed === 1);
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 2, 2_000);
      await idle(queue);
      expect(recorder.runs).toHaveLength(2);
    });

    it('does so earlier when that was asked for while it ran', async () => {
      const job = testJob();
      await start(
        recorder.handlers([job], async () => {
          if (recorder.runs.length > 1) return undefined;
          await queue.enqueue(job, { id: 'a' }, { delayMs: 50 });
          return { runAgainInMs: 60_000 };
        }),
      );
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 2, 2_000);
      await idle(queue);
      expect(recorder.runs).toHaveLength(2);
    });
  });

  describe('a run beyond its time limit', () => {
    it('is aborted and counts as a fault', async () => {
      const job = testJob({ attempts: 2, timeoutMs: 60 });
      await start(
        recorder.handlers([job], async (_, { attempt, signal }) => {
          if (attempt === 1) await untilAborted(signal);
        }),
      );
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 2);
      await idle(queue);
      expect(recorder.runs.map((run) => run.attempt)).toEqual([1, 2]);
    });

    it('counts as a fault too when it ignores its signal', async () => {
      const job = testJob({ attempts: 2, timeoutMs: 60 });
      const held = gate();
      await start(
        recorder.handlers([job], async (_, { attempt }) => {
          if (attempt === 1) await held.passed;
        }),
      );
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 2);
      held.open();
      await idle(queue);
      expect(recorder.runs.map((run) => run.attempt)).toEqual([1, 2]);
    });
  });

  describe('pendingKeys', () => {
    it('names those that wait, are delayed or run, and no others', async () => {
      const job = testJob();
      const held = gate();
      const workers = attach(recorder.handlers([job], () => held.passed));
      const ask = () => queue.pendingKeys('lifecycle', ['test-run', 'test-delayed', 'test-never']);
      await queue.enqueue(job, { id: 'run' });
      await queue.enqueue(job, { id: 'delayed' }, { delayMs: 60_000 });
      expect(await ask()).toEqual(new Set(['test-run', 'test-delayed']));
      await startNow(workers);
      await until(() => recorder.runs.length === 1);
      expect(await ask()).toEqual(new Set(['test-run', 'test-delayed']));
      held.open();
      await until(async () => !(await ask()).has('test-run'));
      expect(await ask()).toEqual(new Set(['test-delayed']));
      expect(await queue.pendingKeys('lifecycle', [])).toEqual(new Set());
    });

    it('answers for a thousand', async () => {
      const job = testJob();
      attach(recorder.handlers([job]));
      const ids = Array.from({ length: 1_000 }, (_, index) => `${index}`);
      await queue.enqueueMany(
        job,
        ids.filter((_, index) => index % 2 === 0).map((id) => ({ id })),
      );
      const pending = await queue.pendingKeys(
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
    const workers = attach(recorder.handlers([job]));
    await queue.enqueue(job, { id: 'b' }, { delayMs: 60_000 });
    await queue.enqueueMany(job, [{ id: 'a' }, { id: 'b' }, { id: 'a' }, { id: 'c' }]);
    await queue.enqueueMany(job, []);
    await startNow(workers);
    await until(() => recorder.runs.length === 3);
    await idle(queue);
    expect(recorder.runs.map((run) => run.payload.id).sort()).toEqual(['a', 'b', 'c']);
  });

  describe('a schedule', () => {
    it('runs the job once per period however many processes ask, until it is taken back', async () => {
      const job = testJob();
      await start(recorder.handlers([job]));
      await start(recorder.handlers([job]));
      const periodMs = 200;
      const began = Date.now();
      await Promise.all([1, 2, 3].map(() => queue.schedule('tick', job, { id: 'a' }, periodMs)));
      await until(() => recorder.runs.length >= 3);
      await queue.schedule('tick', job, { id: 'a' }, periodMs);
      await until(() => recorder.runs.length >= 6);
      const periods = (Date.now() - began) / periodMs;
      expect(recorder.runs.length).toBeLessThanOrEqual(Math.ceil(periods) + 1);
      await queue.unschedule('tick', job);
      await idle(queue);
      const before = recorder.runs.length;
      await new Promise((resolve) => setTimeout(resolve, 3 * periodMs));
      expect(recorder.runs).toHaveLength(before);
    });

    it('takes over a new period', async () => {
      const job = testJob();
      await start(recorder.handlers([job]));
      await queue.schedule('tick', job, { id: 'a' }, 3_600_000);
      await until(() => recorder.runs.length === 1);
      await queue.schedule('tick', job, { id: 'a' }, 100);
      await until(() => recorder.runs.length >= 4, 3_000);
      await queue.unschedule('tick', job);
      expect(recorder.mostOfOneKey).toBe(1);
    });

    it('does not overlap with an enqueued job of its key', async () => {
      const job = testJob();
      await start(recorder.handlers([job], () => new Promise((resolve) => setTimeout(resolve, 30))));
      await queue.schedule('tick', job, { id: 'a' }, 50);
      for (let round = 0; round < 10; round += 1) {
        await queue.enqueue(job, { id: 'a' });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await until(() => recorder.runs.length >= 8);
      await queue.unschedule('tick', job);
      expect(recorder.mostOfOneKey).toBe(1);
    });
  });

  describe('a drain', () => {
    it('lets a short run end, and takes no more', async () => {
      const job = testJob();
      const held = gate();
      let ended = false;
      const workers = await start(
        recorder.handlers([job], async () => {
          await held.passed;
          ended = true;
        }),
      );
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 1);
      const drained = workers.drain(3_000);
      await queue.enqueue(job, { id: 'b' });
      held.open();
      await drained;
      expect(ended).toBe(true);
      expect(recorder.runs).toHaveLength(1);
      expect(await queue.pendingKeys('lifecycle', ['test-a', 'test-b'])).toEqual(new Set(['test-b']));
    });

    it('aborts a long run in time and gives its job back, to be run again as the same attempt', async () => {
      const job = testJob();
      const workers = await start(recorder.handlers([job], (_, { signal }) => untilAborted(signal)));
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 1);
      const began = Date.now();
      await workers.drain(1_500);
      expect(Date.now() - began).toBeLessThan(1_600);
      expect(await queue.counts('lifecycle')).toMatchObject({ active: 0, failed: 0 });
      expect(await queue.pendingKeys('lifecycle', ['test-a'])).toEqual(new Set(['test-a']));
      await start(recorder.handlers([job]));
      await until(() => recorder.runs.length === 2, 1_000);
      await idle(queue);
      expect(recorder.runs.map((run) => run.attempt)).toEqual([1, 1]);
    });

    it('is not held up by a run that ignores its signal', async () => {
      const job = testJob();
      const held = gate();
      const workers = await start(recorder.handlers([job], () => held.passed));
      await queue.enqueue(job, { id: 'a' });
      await until(() => recorder.runs.length === 1);
      await workers.drain(1_500);
      expect(await queue.counts('lifecycle')).toMatchObject({ active: 0, failed: 0 });
      expect(await queue.pendingKeys('lifecycle', ['test-a'])).toEqual(new Set(['test-a']));
      held.open();
    });
  });
}
