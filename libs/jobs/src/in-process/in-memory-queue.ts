import type { Clock } from '@app/platform';
import { Logger } from '@nestjs/common';
import type { QueueSettings } from '../catalogue/catalogue.js';
import type { JobDeclaration, JobPayload } from '../catalogue/job.js';
import { type QueueName } from '../catalogue/job.js';
import type { QueueCounts } from '../catalogue/job-queue.port.js';
import { rankMs } from '../catalogue/job-queue.port.js';
import type { JobHandlers } from '../running/job-handlers.js';
import { countedOutcome, type JobRunMetrics } from '../running/job-metrics.js';
import { mergedWakers, nextWakers, runInSpan, type Waker } from '../running/job-spans.js';
import { backoffDelayMs, type RunOutcome, runJob } from '../running/run-job.js';
import type { Timers } from './in-process-schedules.js';

/** Asks that a job runs at a time. */
export interface JobRequest {
  readonly key: string;
  readonly dueMs: number;
  readonly job: JobDeclaration;
  readonly payload: JobPayload;
  readonly urgent: boolean;
  readonly wakers: readonly Waker[];
}

interface WaitingJob extends JobRequest {
  readonly id: string;
  /** Runs that failed so far. */
  readonly errors: number;
}

/** A run in progress, with what was requested for its key meanwhile. */
interface Run {
  request: JobRequest | null;
}

export interface InMemoryQueueParts {
  readonly queue: QueueName;
  readonly settings: QueueSettings;
  readonly timers: Timers;
  readonly metrics: JobRunMetrics;
  readonly clock: Clock;
}

/** One queue in this process's memory. A key has one job at most, which waits or runs. */
export class InMemoryQueue {
  private readonly logger = new Logger(InMemoryQueue.name);
  private readonly waiting = new Map<string, WaitingJob>();
  /** Keys of waiting jobs that are due, oldest first; the urgent ones apart. */
  private readonly ready = { urgent: new Set<string>(), other: new Set<string>() };
  private readonly running = new Map<string, Run>();
  private readonly ends = new Set<Promise<void>>();
  private started: { readonly handlers: JobHandlers; readonly stop: AbortController } | null = null;
  private closing = false;
  private failed = 0;
  private lastId = 0;

  constructor(private readonly parts: InMemoryQueueParts) {}

  /** Makes the request come true at its time or earlier, once jobs are taken. */
  request(request: JobRequest): void {
    const run = this.running.get(request.key);
    const waiting = this.waiting.get(request.key);
    if (run !== undefined) run.request = earlier(run.request, request);
    else if (waiting === undefined) this.wait({ ...request, id: this.nextId(), errors: 0 });
    else if (request.dueMs < waiting.dueMs || (request.urgent && !waiting.urgent)) {
      const dueMs = Math.min(request.dueMs, waiting.dueMs);
      const wakers = mergedWakers(waiting.wakers, request.wakers);
      this.wait({ ...waiting, dueMs, urgent: request.urgent || waiting.urgent, wakers });
    } else if (request.wakers.length > 0) {
      this.waiting.set(request.key, { ...waiting, wakers: mergedWakers(waiting.wakers, request.wakers) });
    }
  }

  start(handlers: JobHandlers): void {
    this.started = { handlers, stop: new AbortController() };
    this.closing = false;
    for (const job of this.waiting.values()) this.arm(job);
  }

  /** Takes no more jobs; resolves when the running ones have ended. Waiting jobs go on waiting. */
  async close(): Promise<void> {
    this.closing = true;
    this.ready.urgent.clear();
    this.ready.other.clear();
    for (const key of this.waiting.keys()) this.parts.timers.cancel(this.timerName(key));
    await Promise.all(this.ends);
  }

  /** Aborts the running jobs, which then wait again. */
  abortRuns(): void {
    this.started?.stop.abort();
  }

  /** @param byMs a job that waits for a later time is not pending */
  isPending(key: string, byMs: number): boolean {
    const waiting = this.waiting.get(key);
    return this.running.has(key) || (waiting !== undefined && waiting.dueMs <= byMs);
  }

  /** `failed` counts since the process began: ended jobs are not kept. */
  counts(): QueueCounts {
    const waiting = this.ready.urgent.size + this.ready.other.size;
    return { waiting, delayed: this.waiting.size - waiting, active: this.running.size, failed: this.failed };
  }

  private nextId(): string {
    this.lastId += 1;
    return `${this.parts.queue}-${this.lastId}`;
  }

  private timerName(key: string): string {
    return `jobs:${this.parts.queue}:${key}`;
  }

  private wait(job: WaitingJob): void {
    this.waiting.set(job.key, job);
    const wasReady = this.ready.other.delete(job.key);
    if (wasReady && job.urgent) this.ready.urgent.add(job.key);
    else this.arm(job);
  }

  private arm(job: WaitingJob): void {
    if (this.started === null || this.closing) return;
    this.parts.timers.once(this.timerName(job.key), job.dueMs - this.parts.clock.now(), () => this.onTimer(job.key));
  }

  private onTimer(key: string): void {
    const job = this.waiting.get(key);
    if (job === undefined) return;
    if (job.dueMs > this.parts.clock.now()) {
      this.arm(job);
      return;
    }
    this.readyOf(job).add(key);
    this.takeReady();
  }

  private takeReady(): void {
    if (this.started === null || this.closing) return;
    const { handlers, stop } = this.started;
    while (this.running.size < this.parts.settings.concurrency) {
      const job = this.nextReady();
      if (job === undefined) return;
      this.readyOf(job).delete(job.key);
      this.waiting.delete(job.key);
      const end = this.run(job, handlers, stop.signal).finally(() => this.ends.delete(end));
      this.ends.add(end);
    }
  }

  private readyOf({ urgent }: WaitingJob): Set<string> {
    return urgent ? this.ready.urgent : this.ready.other;
  }

  private nextReady(): WaitingJob | undefined {
    const [urgent, other] = [this.ready.urgent, this.ready.other].map((keys) => {
      const [key] = keys;
      return key === undefined ? undefined : this.waiting.get(key);
    });
    if (urgent === undefined || other === undefined) return urgent ?? other;
    return rankMs(urgent.dueMs, true) <= rankMs(other.dueMs, false) ? urgent : other;
  }

  private async run(job: WaitingJob, handlers: JobHandlers, stop: AbortSignal): Promise<void> {
    const run: Run = { request: null };
    this.running.set(job.key, run);
    const startedAt = performance.now();
    const bound = handlers.find(job.job.name);
    const attempt = job.errors + 1;
    const abortGraceMs = this.parts.settings.abortGraceMs;
    const outcome: RunOutcome =
      bound === undefined
        ? { kind: 'error', error: new Error(`no handler for job ${job.job.name}`) }
        : await runInSpan({ job: bound.job, key: job.key, jobId: job.id, attempt, wakers: job.wakers }, () =>
            runJob(bound, job.payload, { jobId: job.id, attempt, stop, abortGraceMs }),
          );
    const lastAttempt = attempt >= job.job.attempts;
    const ranMs = performance.now() - startedAt;
    this.parts.metrics.count(this.parts.queue, job.job.name, countedOutcome(outcome, lastAttempt), ranMs);
    this.running.delete(job.key);
    this.conclude(job, outcome, lastAttempt, run.request);
    this.takeReady();
  }

  private conclude(job: WaitingJob, outcome: RunOutcome, lastAttempt: boolean, request: JobRequest | null): void {
    const now = this.parts.clock.now();
    switch (outcome.kind) {
      case 'done':
        if (request !== null) this.request(request);
        return;
      case 'run-again': {
        const { key, job: declaration, payload } = job;
        const { inMs, urgent } = outcome;
        const wakers = nextWakers(job.wakers);
        this.request(earlier(request, { key, job: declaration, payload, dueMs: now + inMs, urgent, wakers }));
        return;
      }
      case 'given-back':
        this.wait({
          ...job,
          dueMs: now,
          urgent: job.urgent || request?.urgent === true,
          wakers: mergedWakers(job.wakers, request?.wakers ?? []),
        });
        return;
      case 'error':
        if (lastAttempt) {
          this.giveUp(job, outcome.error, request);
          return;
        }
        this.logger.warn('job failed, will be retried', { ...this.idsOf(job), err: outcome.error });
        this.wait({
          ...job,
          urgent: job.urgent || request?.urgent === true,
          wakers: mergedWakers(job.wakers, request?.wakers ?? []),
          errors: job.errors + 1,
          dueMs: Math.min(
            now + backoffDelayMs(job.job.backoff, job.errors + 1, Math.random()),
            request?.dueMs ?? Number.POSITIVE_INFINITY,
          ),
        });
        return;
      case 'invalid':
        this.giveUp(job, outcome.error, request);
    }
  }

  private giveUp(job: WaitingJob, error: Error, request: JobRequest | null): void {
    this.failed += 1;
    this.logger.error('job failed, no attempt left', { ...this.idsOf(job), err: error });
    if (request !== null) this.request(request);
  }

  private idsOf(job: WaitingJob): Record<string, unknown> {
    return { queue: this.parts.queue, job: job.job.name, jobId: job.id, attempt: job.errors + 1 };
  }
}

/** A request that is urgent in one of them stays so. */
function earlier(one: JobRequest | null, other: JobRequest): JobRequest {
  if (one === null) return other;
  const first = other.dueMs < one.dueMs ? other : one;
  return { ...first, urgent: one.urgent || other.urgent, wakers: mergedWakers(one.wakers, other.wakers) };
}
