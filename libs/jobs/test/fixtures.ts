import { Logger } from '@nestjs/common';
import { IsString } from 'class-validator';
import { vi } from 'vitest';
import type { QueueSettings } from '../src/catalogue/catalogue.js';
import type { JobContext, JobDeclaration, JobHandler, RunAgain } from '../src/catalogue/job.js';
import { type QueueName } from '../src/catalogue/job.js';
import type { JobQueue } from '../src/catalogue/job-queue.port.js';
import { JobHandlers } from '../src/running/job-handlers.js';

// Faults are what many of these tests are about.
Logger.overrideLogger(false);

export class TestPayload {
  [key: string]: string;

  @IsString()
  id!: string;
}

/** Short times, so that what waits for a lock to lapse is quick. */
const QUICK: QueueSettings = {
  concurrency: 5,
  lockDurationMs: 1_000,
  stalledIntervalMs: 500,
  maxStalledCount: 2,
  keepCompleted: 10,
  keepFailed: 10,
  abortGraceMs: 100,
};

export const TEST_SETTINGS: Readonly<Record<QueueName, QueueSettings>> = {
  lifecycle: QUICK,
  sync: QUICK,
  'auto-stop': QUICK,
  webhooks: QUICK,
};

export type TestJob = JobDeclaration<string, TestPayload>;

/** A job of the queue that most of these tests use, due to be run once unless said otherwise. */
export const testJob = (overrides: Partial<TestJob> = {}): TestJob => ({
  name: 'TEST_JOB',
  purpose: { does: 'what the test says', oneJobPer: 'per id' },
  queue: 'lifecycle',
  payload: TestPayload,
  attempts: 1,
  backoff: { firstDelayMs: 5, maxDelayMs: 20 },
  timeoutMs: 10_000,
  coalescingKey: (payload) => `test-${payload.id}`,
  ...overrides,
});

export interface RecordedRun {
  readonly name: string;
  readonly payload: TestPayload;
  readonly attempt: number;
  readonly jobId: string;
  readonly startedAt: number;
}

type Behaviour = (payload: TestPayload, context: JobContext) => Promise<RunAgain | void>;

/** Handlers that write down every run, and what went on at the same time. */
export class Recorder {
  readonly runs: RecordedRun[] = [];
  /** The most runs at a time, of one key and of all. */
  mostOfOneKey = 0;
  mostOfAll = 0;
  private readonly runningByKey = new Map<string, number>();
  private runningNow = 0;

  handlers(jobs: readonly TestJob[], behaviour: Behaviour = async () => undefined): JobHandlers {
    return new JobHandlers(jobs.map((job) => ({ job, handler: this.handlerOf(job, behaviour) })));
  }

  private handlerOf(job: TestJob, behaviour: Behaviour): JobHandler<TestPayload> {
    return {
      handle: async (payload, context) => {
        const { attempt, jobId } = context;
        this.runs.push({ name: job.name, payload, attempt, jobId, startedAt: Date.now() });
        const key = job.coalescingKey(payload);
        const ofKey = (this.runningByKey.get(key) ?? 0) + 1;
        this.runningByKey.set(key, ofKey);
        this.runningNow += 1;
        this.mostOfOneKey = Math.max(this.mostOfOneKey, ofKey);
        this.mostOfAll = Math.max(this.mostOfAll, this.runningNow);
        try {
          return await behaviour(payload, context);
        } finally {
          this.runningByKey.set(key, ofKey - 1);
          this.runningNow -= 1;
        }
      },
    };
  }
}

/** A gate that a run waits at until the test opens it. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

/** @param timeoutMs where it comes late by design; no shorter one than the usual counts, as a machine may be busy */
export const until = (condition: () => unknown, timeoutMs = 5_000): Promise<unknown> =>
  vi.waitUntil(condition, { timeout: timeoutMs, interval: 5 });

/**
 * Resolves when nothing waits or runs.
 * @param schedules how many there are, each of which may have one job that waits for its time
 */
export async function idle(queue: JobQueue, schedules = 0, name: QueueName = 'lifecycle'): Promise<void> {
  await vi.waitUntil(
    async () => {
      const { waiting, delayed, active } = await queue.counts(name);
      return waiting + active === 0 && delayed <= schedules;
    },
    { timeout: 10_000, interval: 10 },
  );
}

/** Never ends until aborted, as a run that waits for something outside. */
export const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }));
