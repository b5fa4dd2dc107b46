import type { DeliverWebhooksPayload, JobContext, JobHandler, RunAgain } from '@app/jobs';
import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { EndpointId } from '../model/endpoint.js';
import { DeliveryRun } from './delivery-run.js';

/** The job of one endpoint: sends what is due, and comes again when the next delivery is. */
@Injectable()
export class DeliverWebhooksProcessor implements JobHandler<DeliverWebhooksPayload> {
  constructor(
    private readonly deliveries: DeliveryRun,
    private readonly clock: Clock,
  ) {}

  async handle({ endpointId }: DeliverWebhooksPayload, { signal }: JobContext): Promise<RunAgain | void> {
    const nextMs = await this.deliveries.run(endpointId as EndpointId, signal);
    if (nextMs === null) return;
    return { runAgainInMs: Math.max(0, nextMs - this.clock.now()) };
  }
}
