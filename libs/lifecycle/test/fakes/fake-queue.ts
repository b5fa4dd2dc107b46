import { type JobDeclaration, type JobPayload, JobQueue, type QueueCounts, QueueUnavailableError } from '@app/jobs';
import { msFromTimestamp, type Timestamp } from '@app/platform';

/** Notes what is enqueued and runs nothing. */
export class FakeQueue extends JobQueue {
  /** While false every call fails, as when Redis is away. */
  available = true;
  readonly enqueued: { readonly job: string; readonly payload: JobPayload; readonly delayMs: number }[] = [];
  readonly pending = new Set<string>();
  /** Of pending jobs, those that are delayed: when they run, in epoch milliseconds. */
  readonly delayedTo = new Map<string, number>();
  /** Payloads of those that were enqueued as urgent. */
  readonly urgent: JobPayload[] = [];

  override async enqueue<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payload: Payload,
    options: { readonly delayMs?: number; readonly urgent?: boolean } = {},
  ): Promise<void> {
    await this.reach();
    if (options.urgent === true) this.urgent.push(payload);
    this.enqueued.push({ job: job.name, payload, delayMs: options.delayMs ?? 0 });
  }

  override async enqueueMany<Payload extends JobPayload>(
    job: JobDeclaration<string, Payload>,
    payloads: readonly Payload[],
    options: { readonly urgent?: boolean } = {},
  ): Promise<void> {
    for (const payload of payloads) await this.enqueue(job, payload, options);
  }

  override async schedule(): Promise<void> {
    await this.reach();
  }

  override async nextRunOf(): Promise<null> {
    await this.reach();
    return null;
  }

  override async unschedule(): Promise<void> {
    await this.reach();
  }

  override async pendingKeys(
    _queue: string,
    keys: readonly string[],
    by: Timestamp | null = null,
  ): Promise<ReadonlySet<string>> {
    await this.reach();
    const byMs = by === null ? Number.POSITIVE_INFINITY : msFromTimestamp(by);
    return new Set(keys.filter((key) => this.pending.has(key) && (this.delayedTo.get(key) ?? 0) <= byMs));
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
