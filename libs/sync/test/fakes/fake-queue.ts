import {
  type JobDeclaration,
  type JobPayload,
  JobQueue,
  type QueueCounts,
  QueueUnavailableError,
  SYNC_FLEET,
} from '@app/jobs';
import type { Timestamp } from '@app/platform';

/** Notes what is enqueued and runs nothing, or what the test makes of it. */
export class FakeQueue extends JobQueue {
  /** While false every call fails, as when Redis is away. */
  available = true;
  nextRun: Timestamp | null = null;
  readonly enqueued: { readonly job: string; readonly payload: JobPayload; readonly delayMs: number }[] = [];
  /** Called with the payload of each sync, after it was noted. */
  onEnqueue: (payload: JobPayload) => void = () => undefined;

  override async enqueue<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    options?: { readonly delayMs?: number },
  ): Promise<void> {
    await this.reach();
    this.enqueued.push({ job: job.name, payload, delayMs: options?.delayMs ?? 0 });
    if (job.name === SYNC_FLEET.name) this.onEnqueue(payload);
  }

  override async enqueueMany<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payloads: readonly Payload[],
  ): Promise<void> {
    for (const payload of payloads) await this.enqueue(job, payload);
  }

  override async schedule(): Promise<void> {
    await this.reach();
  }

  override async unschedule(): Promise<void> {
    await this.reach();
  }

  override async nextRunOf(): Promise<Timestamp | null> {
    await this.reach();
    return this.nextRun;
  }

  override async pendingKeys(): Promise<ReadonlySet<string>> {
    await this.reach();
    return new Set();
  }

  override async counts(): Promise<QueueCounts> {
    await this.reach();
    return { waiting: 0, delayed: 0, active: 0, failed: 0 };
  }

  private async reach(): Promise<void> {
    await Promise.resolve();
    if (!this.available) throw new QueueUnavailableError('the queue is away');
  }
}
