import { DELIVER_WEBHOOKS, JobQueue, QueueUnavailableError } from '@app/jobs';
import { Injectable, Logger } from '@nestjs/common';
import type { EndpointId } from '../model/endpoint.js';

/**
 * Has deliveries made that are due. Their times in the store are what counts: without a queue the sweep finds them, only
 * later.
 */
@Injectable()
export class DeliveryHints {
  private readonly logger = new Logger(DeliveryHints.name);

  constructor(private readonly queue: JobQueue) {}

  /** One round trip, or a fixed number of them. */
  async due(endpointIds: readonly EndpointId[]): Promise<void> {
    if (endpointIds.length === 0) return;
    try {
      await this.queue.enqueueMany(
        DELIVER_WEBHOOKS,
        endpointIds.map((endpointId) => ({ endpointId })),
      );
    } catch (error) {
      if (!(error instanceof QueueUnavailableError)) throw error;
      this.logger.warn('deliveries are due without a job; the sweep will find them', { endpointIds, err: error });
    }
  }
}
