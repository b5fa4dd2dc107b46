import type { Clock } from '@app/platform';
import type { ReportUnreadable } from '@app/redis';
import { Logger } from '@nestjs/common';
import { type Job, UnrecoverableError, WaitingError } from 'bullmq';
import type { QueueSettings } from '../catalogue/catalogue.js';
import type { JobPayload } from '../catalogue/job.js';
import type { BoundHandler, JobHandlers } from '../running/job-handlers.js';
import { countedOutcome, type JobRunMetrics } from '../running/job-metrics.js';
import { mergedWakers, nextWakers, readWakers, runInSpan, type Waker } from '../running/job-spans.js';
import { type RunOutcome, runJob } from '../running/run-job.js';
import { storedJob, whereIsJob } from './bullmq-layout.js';
import { type CoalescingQueue, type HeldJob, JobLostError } from './coalescing-queue.js';

/** The reason with which a draining worker aborts its runs. */
export const DRAINING = 'the worker drains';

export interface JobRunParts {
  readonly handlers: JobHandlers;
  readonly coalescing: CoalescingQueue;
  readonly settings: QueueSettings;
  readonly metrics: JobRunMetrics;
  readonly clock: Clock;
  /** Gets each job that no run can do anything about. */
  readonly onUnreadable: ReportUnreadable;
}

/** What a BullMQ worker does with a job that it took. To BullMQ, returning is completion and throwing is failure. */
export class BullMqJobRun {
  private readonly logger = new Logger(BullMqJobRun.name);

  constructor(private readonly parts: JobRunParts) {}

  /** @param signal aborted with `DRAINING`, or with another reason when the job's lock is gone */
  async process(job: Job<JobPayload>, token: string, signal: AbortSignal): Promise<void> {
    const { coalescing, handlers, settings, metrics, clock } = this.parts;
    const bound = handlers.find(job.name);
    // A newer process may have enqueued it: retried by back-off, until a worker that knows it takes it.
    if (bound === undefined) {
      const reason = `this worker has no handler for job ${job.name}`;
      if (isLastAttempt(job)) this.setAside(job, reason);
      throw new Error(reason);
    }
    const held: HeldJob = { id: idOf(job), token, key: keyOf(bound, job) };

    // Before the claim, which takes a due request for fulfilled by the run to come: here none comes.
    if (job.stalledCounter > settings.maxStalledCount) {
      await coalescing.end(held, null);
      throw new UnrecoverableError(`given up: ${job.stalledCounter} workers died while they ran it`);
    }
    const own = readWakers(job.opts.telemetry?.metadata ?? '');
    const claim = await coalescing.claim(held);
    if (claim.kind === 'superseded') {
      // Either a crash came between the end of this job's run and its completion, or it is the tick of a schedule
      // while the key has a job already. That job does it, now.
      await coalescing.request([
        { key: held.key, dueMs: clock.now(), job: storedJob(bound.job, job.data), wakers: own },
      ]);
      return;
    }
    const startedAt = performance.now();
    const attempt = job.attemptsMade + 1;
    const wakers = mergedWakers(own, claim.wakers);
    const outcome = await runInSpan({ job: bound.job, key: held.key, jobId: held.id, attempt, wakers }, () =>
      runJob(bound, job.data, { jobId: held.id, attempt, stop: signal, abortGraceMs: settings.abortGraceMs }),
    );
    const lastAttempt = isLastAttempt(job);
    const ranMs = performance.now() - startedAt;
    metrics.count(bound.job.queue, job.name, countedOutcome(outcome, lastAttempt), ranMs);
    await this.conclude(outcome, lastAttempt, bound, held, { job, wakers });
  }

  /** Fails a job for good whose payload is no JSON; what was requested of it meanwhile becomes a job of its own. */
  async refuse(job: Job<JobPayload>, token: string): Promise<never> {
    const key = job.deduplicationId;
    if (key !== undefined) await this.parts.coalescing.end({ id: idOf(job), token, key }, null);
    throw new UnrecoverableError('its payload is not JSON');
  }

  private async conclude(
    outcome: RunOutcome,
    lastAttempt: boolean,
    bound: BoundHandler,
    held: HeldJob,
    { job, wakers }: { readonly job: Job<JobPayload>; readonly wakers: readonly Waker[] },
  ): Promise<void> {
    const { coalescing, clock } = this.parts;
    switch (outcome.kind) {
      case 'done':
        await coalescing.end(held, null);
        return;
      case 'run-again':
        // As a job of its own: its attempts begin anew, and an enqueue in the meantime brings it forward.
        await coalescing.end(held, {
          dueMs: clock.now() + outcome.inMs,
          job: storedJob(bound.job, job.data, outcome.urgent),
          wakers: nextWakers(wakers),
        });
        return;
      case 'error':
        if (lastAttempt) await coalescing.end(held, null);
        throw outcome.error;
      case 'invalid':
        this.setAside(job, outcome.error.message);
        await coalescing.end(held, null);
        throw new UnrecoverableError(outcome.error.message);
      case 'given-back':
        return this.giveBack(held, job);
    }
  }

  private setAside(job: Job<JobPayload>, reason: string): void {
    const where = whereIsJob(job.queueName, idOf(job));
    this.parts.onUnreadable({ kind: 'job', where, reason, text: JSON.stringify({ name: job.name, data: job.data }) });
  }

  private async giveBack(held: HeldJob, job: Job<JobPayload>): Promise<never> {
    this.logger.log('run aborted, job given back', { job: job.name, jobId: held.id });
    try {
      await job.moveToWait(held.token);
    } catch (cause) {
      throw new JobLostError(`job ${held.id} is no longer ours to give back`, { cause });
    }
    // With this BullMQ is informed that the job is neither completed nor failed.
    throw new WaitingError();
  }
}

const isLastAttempt = (job: Job<JobPayload>): boolean => job.attemptsMade + 1 >= (job.opts.attempts ?? 1);

function idOf(job: Job<JobPayload>): string {
  if (job.id === undefined) throw new Error('a job that was taken has an id');
  return job.id;
}

/** A scheduled job has no deduplication id; its key is that of its payload. */
const keyOf = (bound: BoundHandler, job: Job<JobPayload>): string =>
  job.deduplicationId ?? bound.job.coalescingKey(job.data);
