import type { InstanceId } from '@app/instance-store';
import { JobQueue, QueueUnavailableError, RECONCILE_INSTANCE } from '@app/jobs';
import { Injectable, Logger } from '@nestjs/common';

/** Calls the life cycle to records that are due. The deadline in the record is what counts; a job only saves the wait. */
@Injectable()
export class ReconcileCalls {
  private readonly logger = new Logger(ReconcileCalls.name);

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
      this.logger.warn('woken without a job; the sweep will find it', { count: ids.length, err: error });
    }
  }
}
