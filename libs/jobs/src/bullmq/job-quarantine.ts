import { type QuarantineHandler, QuarantineHandlers, type RetryOutcome } from '@app/redis';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { JOB_DECLARATIONS } from '../catalogue/catalogue.js';
import { InvalidJobPayloadError, type JobPayload, QUEUE_NAMES, type QueueName } from '../catalogue/job.js';
import { JobQueue } from '../catalogue/job-queue.port.js';
import { failFast } from './bullmq-job-queue.js';
import { BullMqQueues } from './bullmq-queues.js';

/** Reads failed jobs again that were set aside: what a release that knows them can read is enqueued anew. */
@Injectable()
export class JobQuarantine implements QuarantineHandler, OnModuleInit {
  constructor(
    /** Null without Redis: what is enqueued in this process was read before. */
    @Inject(BullMqQueues) private readonly queues: BullMqQueues | null,
    private readonly jobs: JobQueue,
    private readonly handlers: QuarantineHandlers,
  ) {}

  onModuleInit(): void {
    if (this.queues !== null) this.handlers.register('job', this);
  }

  /** @throws QueueUnavailableError */
  async retry(where: string): Promise<RetryOutcome> {
    const place = placeOf(where);
    if (this.queues === null || place === null) return 'gone';
    const { queue, id } = place;
    const [name, data] = await failFast(this.queues.stored(queue, id));
    if (typeof name !== 'string' || typeof data !== 'string') return 'gone';
    const job = JOB_DECLARATIONS.find((declaration) => declaration.name === name);
    if (job === undefined) return 'unreadable';
    try {
      await this.jobs.enqueue(job, JSON.parse(data) as JobPayload);
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof InvalidJobPayloadError) return 'unreadable';
      throw error;
    }
    await failFast(this.queues.get(queue).remove(id));
    return 'readable';
  }

  /** @throws QueueUnavailableError */
  async discard(where: string): Promise<string | null> {
    const place = placeOf(where);
    if (this.queues === null || place === null) return null;
    const { queue, id } = place;
    if ((await failFast(this.queues.get(queue).remove(id))) === 1) return null;
    const [name] = await failFast(this.queues.stored(queue, id));
    return typeof name === 'string' ? 'a worker runs it at present' : null;
  }
}

/** @param where as `whereIsJob` writes it */
function placeOf(where: string): { readonly queue: QueueName; readonly id: string } | null {
  const colon = where.indexOf(':');
  const queue = QUEUE_NAMES.find((name) => name === where.slice(0, colon));
  return queue === undefined ? null : { queue, id: where.slice(colon + 1) };
}
