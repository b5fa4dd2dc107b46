import { CorruptRecordError, type InstanceId, isInstanceId } from '@app/instance-store';
import {
  type JobContext,
  type JobHandler,
  JobQueue,
  QueueUnavailableError,
  RECONCILE_INSTANCE,
  type ReconcilePayload,
  type RunAgain,
  STARTUP_MONITOR,
} from '@app/jobs';
import { Injectable } from '@nestjs/common';
import { type NextPass, Reconciler } from './reconciler.js';

/**
 * Runs the passes; the entry of every reconcile. Both jobs are the same work and share one coalescing key per instance: a
 * pass that leaves an instance on its way to ready enqueues `STARTUP_MONITOR`, any other `RECONCILE_INSTANCE`, so that
 * operators can distinguish the two in the queue. The queue keeps what is enqueued during the run for after it.
 */
@Injectable()
export class ReconcileProcessor implements JobHandler<ReconcilePayload> {
  constructor(
    private readonly reconciler: Reconciler,
    private readonly queue: JobQueue,
  ) {}

  async handle(payload: ReconcilePayload, { signal }: JobContext): Promise<RunAgain | void> {
    const { instanceId } = payload;
    if (!isInstanceId(instanceId)) throw new Error(`not an instance id: ${instanceId}`);
    const next = await this.reconcileReadable(instanceId, signal);
    if (next === null) return;
    try {
      const job = next.startingUp ? STARTUP_MONITOR : RECONCILE_INSTANCE;
      await this.queue.enqueue(job, { instanceId }, { delayMs: next.inMs, urgent: next.urgent });
    } catch (error) {
      if (!(error instanceof QueueUnavailableError)) throw error;
      return { runAgainInMs: next.inMs, urgent: next.urgent };
    }
  }

  /** A record that cannot be read was set aside, and no repetition helps: the sweep comes back to its deadline. */
  private async reconcileReadable(id: InstanceId, signal: AbortSignal): Promise<NextPass | null> {
    try {
      return await this.reconciler.reconcile(id, signal);
    } catch (error) {
      if (error instanceof CorruptRecordError) return null;
      throw error;
    }
  }
}
