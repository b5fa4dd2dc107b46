import { type JobDeclaration, type JobPayload, JobQueue, type QueueCounts, QueueUnavailableError } from '@app/jobs';
import type { Timestamp } from '@app/platform';

/** Records what is enqueued and runs nothing. */
export class FakeQueue extends JobQueue {
  /** While false every call fails, as when Redis is away. */
  available = true;
  nextRun: Timestamp | null = null;
  readonly pending = new Set<string>();
  readonly enqueued: { readonly job: string; readonly payload: JobPayload }[] = [];
  /** How often somebody enqueued, whatever the number. */
  calls = 0;

  override async enqueue<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payload: Payload,
  ): Promise<void> {
    await this.enqueueMany(job, [payload]);
  }

  override async enqueueMany<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payloads: readonly Payload[],
  ): Promise<void> {
    await this.reach();
    this.calls += 1;
    for (const payload of payloads) this.enqueued.push({ job: job.name, payload });
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

  override async pendingKeys(_queue: string, keys: readonly string[]): Promise<ReadonlySet<string>> {
    await this.reach();
    return new Set(keys.filter((key) => this.pending.has(key)));
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
