import type { InstanceId } from '@app/instance-store';
import { JobQueue, QueueUnavailableError, RECONCILE_INSTANCE } from '@app/jobs';
import { Injectable, Logger } from '@nestjs/common';

/**
 * Asks the workers to look after records that are due. The deadline in the record is what counts; without a queue the
 * sweep finds it, only later, so a wish that is written is accepted whatever happens here.
 */
@Injectable()
export class ReconcileRequests {
  private readonly logger = new Logger(ReconcileRequests.name);

  constructor(private readonly queue: JobQueue) {}

  async now(ids: readonly InstanceId[]): Promise<void> {
    if (ids.length === 0) return;
    try {
      await this.queue.enqueueMany(
        RECONCILE_INSTANCE,
        ids.map((instanceId) => ({ instanceId })),
      );
    } catch (error) {
      if (!(error instanceof QueueUnavailableError)) throw error;
      this.logger.warn('accepted without a job; the sweep will find it', { count: ids.length, err: error });
    }
  }
}
