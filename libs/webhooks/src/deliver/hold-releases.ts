import {
  type AuditEntry,
  InstanceRecords,
  isHoldOver,
  openHold,
  releasedBy,
  StoreUnavailableError,
  updateInstance,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, type Timestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import type { EndpointId } from '../model/endpoint.js';
import { holdOfBody, STOP_PENDING } from '../plan/holding.js';
import type { DueDelivery } from '../store/delivery-queue.port.js';

/** Notes on the instance which endpoints have released a stop that waits for them, and has it go on after the last one. */
@Injectable()
export class HoldReleases {
  private readonly logger = new Logger(HoldReleases.name);

  constructor(
    private readonly records: InstanceRecords,
    private readonly requests: ReconcileRequests,
    private readonly clock: Clock,
  ) {}

  /**
   * To be called for every message that was answered with 2xx; does nothing but for those about a hold that is under way.
   * A release that cannot be written costs the time-out of the hold at most.
   *
   * @throws StoreUnavailableError
   */
  async delivered({ delivery, body }: DueDelivery): Promise<void> {
    const { instanceId, endpointId, type } = delivery;
    if (type !== STOP_PENDING || instanceId === null) return;
    const since = holdOfBody(body);
    if (since === null) return;
    const at = this.clock.timestamp();
    try {
      const result = await updateInstance(
        this.records,
        instanceId,
        { kind: 'command' },
        (record) => releasedBy(record, endpointId, since, at),
        () => ({ entry: releaseEntry(endpointId, since, at) }),
      );
      if (result.outcome !== 'written') return;
      const hold = openHold(result.stored.record);
      if (hold !== null && isHoldOver(hold, this.clock.now())) await this.requests.now([instanceId], { urgent: true });
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      this.logger.warn('a release of a held stop cannot be written', { instanceId, endpointId, err: error });
    }
  }
}

function releaseEntry(endpointId: EndpointId, since: Timestamp, at: Timestamp): AuditEntry {
  const reason = `the endpoint has answered: the stop that is held since ${since} does not wait for it any more`;
  return { at, kind: 'hold', by: `webhook:${endpointId}`, reason };
}
