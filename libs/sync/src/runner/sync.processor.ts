import { type JobContext, type JobHandler, type RunAgain, type SyncPayload } from '@app/jobs';
import { Clock } from '@app/platform';
import type { LockHolder } from '@app/redis';
import { SyncStatusStore } from '@app/sync-status';
import { Injectable, Logger } from '@nestjs/common';
import { RunOptions } from '../model/run-options.js';
import type { SyncOrder } from '../model/sync-run.js';
import { RunNotes } from '../notes/run-notes.js';
import { busyPolicy, newStorePatienceMs, orderOf, skipReason } from '../schedule/sync-jobs.js';
import { SyncRunner } from './sync-runner.js';

/** The pause after a lock was lost: the next holder, if there is one, has begun by then. */
const AFTER_LOSS_MS = 1_000;

/**
 * Runs the jobs of the sync. A run that fails has published so itself and has asked for its retry. An error that is
 * thrown here is one of the process or of its Redis, and the queue retries the job.
 */
@Injectable()
export class SyncProcessor implements JobHandler<SyncPayload> {
  private readonly logger = new Logger(SyncProcessor.name);
  /** When a scheduled run found that the store knows of no run; null while it knows of one. */
  private newStoreSinceMs: number | null = null;

  constructor(
    private readonly runner: SyncRunner,
    private readonly status: SyncStatusStore,
    private readonly notes: RunNotes,
    private readonly clock: Clock,
    private readonly options: RunOptions,
  ) {}

  async handle(payload: SyncPayload, { signal, jobId }: JobContext): Promise<RunAgain | void> {
    const order = orderOf(payload, jobId);
    const [snapshot, result] = await Promise.all([this.status.read(), this.notes.result(order.runId)]);
    const reason = skipReason({ order, unlessRunSince: payload.unlessRunSince }, snapshot, result, {
      nowMs: this.clock.now(),
      intervalMs: this.options.intervalMs,
    });
    if (reason !== null) {
      this.logger.log('Sync skipped', { runId: order.runId, trigger: order.trigger, reason });
      return;
    }
    const patienceMs = newStorePatienceMs(order, snapshot, this.options.intervalMs);
    if (patienceMs === 0) this.newStoreSinceMs = null;
    else {
      this.newStoreSinceMs ??= this.clock.now();
      const restMs = this.newStoreSinceMs + patienceMs - this.clock.now();
      if (restMs > 0) return { runAgainInMs: restMs };
    }
    const outcome = await this.runner.run(order, signal);
    switch (outcome.kind) {
      case 'ended':
        return;
      case 'busy':
        return this.busy(order, outcome.holder);
      case 'interrupted':
        // At the end of the process nobody reads this answer: the job is given back, and another worker takes it.
        this.logger.warn('Sync interrupted', { runId: order.runId, by: outcome.by });
        return { runAgainInMs: outcome.by === 'lost-lock' ? AFTER_LOSS_MS : 0 };
    }
  }

  private async busy(order: SyncOrder, holder: LockHolder): Promise<RunAgain | void> {
    const then = busyPolicy(order, holder, this.options.lockTtlMs);
    const { owner, purpose } = holder;
    this.logger.log('Another sync is under way', { runId: order.runId, trigger: order.trigger, owner, purpose });
    switch (then.kind) {
      case 'run-again':
        return { runAgainInMs: then.inMs };
      case 'leave':
        return;
      case 'reject':
        await this.notes.putResult(order.runId, { kind: 'busy', holder });
    }
  }
}
