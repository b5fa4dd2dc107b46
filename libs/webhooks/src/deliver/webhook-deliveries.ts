import { Clock, IdGenerator, Problem, type Timestamp } from '@app/platform';
import { Injectable } from '@nestjs/common';
import {
  type DeliveryId,
  type DeliveryQuery,
  type ReplayChoice,
  replayIdOf,
  type WebhookDelivery,
} from '../model/delivery.js';
import type { EndpointId } from '../model/endpoint.js';
import { webhookProblems } from '../model/webhooks.problems.js';
import { DeliveryLog, type DeliveryPage, type ReplayReport } from '../store/delivery-log.port.js';
import { EndpointStore } from '../store/endpoint-store.port.js';
import { DeliveryHints } from './delivery-hints.js';

/** The log of the last seven days, and sending again. All methods throw `StoreUnavailableError`. */
@Injectable()
export class WebhookDeliveries {
  constructor(
    private readonly log: DeliveryLog,
    private readonly endpoints: EndpointStore,
    private readonly hints: DeliveryHints,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
  ) {}

  /** @throws InvalidCursorError */
  list(query: DeliveryQuery): Promise<DeliveryPage> {
    return this.log.list(query);
  }

  /** @throws Problem `webhook-delivery-not-found` */
  async get(id: DeliveryId): Promise<WebhookDelivery> {
    const delivery = await this.log.get(id);
    if (delivery !== null) return delivery;
    throw new Problem(webhookProblems['webhook-delivery-not-found'], { detail: `there is no delivery ${id}` });
  }

  /**
   * Sends the event of a delivery to its endpoint again, whatever became of it.
   * @returns the new delivery
   * @throws Problem `webhook-delivery-not-found`, `webhook-event-not-kept`, `webhook-endpoint-not-found`, `webhook-endpoint-disabled`
   */
  async replay(id: DeliveryId): Promise<WebhookDelivery> {
    const { endpointId } = await this.get(id);
    await this.checkTaking(endpointId);
    const replayed = await this.log.replay(id, replayIdOf(id, this.ids.ulid()), this.clock.timestamp());
    if (replayed === null) {
      throw new Problem(webhookProblems['webhook-event-not-kept'], {
        detail: `the event of delivery ${id} is not kept any more`,
      });
    }
    await this.hints.due([endpointId]);
    return replayed;
  }

  /**
   * Sends again what the endpoint was to get since that time, oldest first; see `DeliveryLog.replaySince`.
   * @throws Problem `webhook-endpoint-not-found`, `webhook-endpoint-disabled`
   */
  async replaySince(
    endpointId: EndpointId,
    since: Timestamp,
    choice: ReplayChoice = 'undelivered',
  ): Promise<ReplayReport> {
    await this.checkTaking(endpointId);
    const report = await this.log.replaySince(endpointId, since, choice, this.ids.ulid(), this.clock.timestamp());
    if (report.replayed > 0) await this.hints.due([endpointId]);
    return report;
  }

  /** A delivery for an endpoint that is gone or disabled would be cancelled at once. */
  private async checkTaking(id: EndpointId): Promise<void> {
    const endpoint = await this.endpoints.get(id);
    if (endpoint === null) {
      throw new Problem(webhookProblems['webhook-endpoint-not-found'], { detail: `there is no endpoint ${id}` });
    }
    if (endpoint.state.kind === 'disabled') {
      throw new Problem(webhookProblems['webhook-endpoint-disabled'], { detail: `endpoint ${id} is disabled` });
    }
  }
}
