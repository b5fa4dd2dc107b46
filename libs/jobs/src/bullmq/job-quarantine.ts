import { type QuarantineHandler, QuarantineHandlers, type RetryOutcome } from '@app/redis';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { JOB_DECLARATIONS } from '../catalogue/catalogue.js';
import { InvalidJobPayloadError, QUEUE_NAMES } from '../catalogue/job.js';
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
    const [queue, id] = this.placeOf(where);
    if (queue === null) return 'gone';
    const [name, data] = await failFast(read(queue, id));
    if (typeof name !== 'string' || typeof data !== 'string') return 'gone';
    const job = JOB_DECLARATIONS.find((declaration) => declaration.name === name);
    if (job === undefined) return 'unreadable';
    try {
      await this.jobs.enqueue(job, JSON.parse(data) as Parameters<JobQueue['enqueue']>[1]);
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof InvalidJobPayloadError) return 'unreadable';
      throw error;
    }
    await failFast(queue.remove(id));
    return 'readable';
  }

  /** @throws QueueUnavailableError */
  async discard(where: string): Promise<string | null> {
    const [queue, id] = this.placeOf(where);
    if (queue === null) return null;
    const removed = await failFast(queue.remove(id));
    const isThere = removed === 0 && (await failFast(read(queue, id)))[0] !== null;
    return isThere ? 'a worker runs it at present' : null;
  }

  private placeOf(where: string): readonly [Queue | null, string] {
    const colon = where.indexOf(':');
    const name = QUEUE_NAMES.find((one) => one === where.slice(0, colon));
    return [name === undefined ? null : (this.queues?.get(name) ?? null), where.slice(colon + 1)];
  }
}

/** Its name and its payload as they are stored: BullMQ would throw for a payload that is no JSON. */
async function read(queue: Queue, id: string): Promise<readonly (string | null)[]> {
  const redis = await queue.client;
  return redis.hmget(queue.toKey(id), 'name', 'data');
}
