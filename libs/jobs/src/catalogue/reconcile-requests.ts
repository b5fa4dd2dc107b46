import { Injectable, Logger } from '@nestjs/common';
import { RECONCILE_INSTANCE } from './catalogue.js';
import { JobQueue, QueueUnavailableError } from './job-queue.port.js';

/**
 * Asks the workers to look after records that are due. The deadline in the record is what counts; without a queue the
 * sweep finds it, only later, so a desired state that is written counts whatever happens here.
 */
@Injectable()
export class ReconcileRequests {
  private readonly logger = new Logger(ReconcileRequests.name);

  constructor(private readonly queue: JobQueue) {}

  /**
   * @param instanceIds our ids
   * @param options `urgent`: they are to end a bill
   */
  async now(instanceIds: readonly string[], options: { readonly urgent?: boolean } = {}): Promise<void> {
    if (instanceIds.length === 0) return;
    try {
      await this.queue.enqueueMany(
        RECONCILE_INSTANCE,
        instanceIds.map((instanceId) => ({ instanceId })),
        options,
      );
    } catch (error) {
      if (!(error instanceof QueueUnavailableError)) throw error;
      this.logger.warn('due without a job; the sweep will find it', { count: instanceIds.length, err: error });
    }
  }
}
