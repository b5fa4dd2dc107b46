import { type Clock, msFromTimestamp, type Timestamp } from '@app/platform';
import type { EndpointId } from '../../model/endpoint.js';
import {
  DeliveryQueue,
  type EndpointStanding,
  type EndpointWork,
  MOST_DELIVERIES,
  type Settlement,
  STEP,
  type TrimReport,
  type WebhookFigures,
} from '../delivery-queue.port.js';
import {
  deliveryJson,
  healthJson,
  inGroups,
  msOrEmpty,
  readDelivery,
  readEndpoint,
  readHealth,
  timestampOrNull,
} from './documents.js';
import { orStoreUnavailable, type WebhookScripts } from './webhook-scripts.js';

/** Deliveries that wait for an attempt, in Redis. */
export class RedisDeliveryQueue extends DeliveryQueue {
  /** @param mostDeliveries see `MOST_DELIVERIES` */
  constructor(
    private readonly scripts: WebhookScripts,
    private readonly clock: Clock,
    private readonly mostDeliveries = MOST_DELIVERIES,
  ) {
    super();
  }

  override async dueEndpoints(at: Timestamp, limit: number): Promise<readonly EndpointId[]> {
    const { redis, keys } = this.scripts;
    const ids = await orStoreUnavailable(
      redis.zrangebyscore(keys.webhookDueEndpoints, '-inf', msFromTimestamp(at), 'LIMIT', 0, limit),
    );
    return ids as EndpointId[];
  }

  override async work(endpointId: EndpointId, at: Timestamp, limit: number): Promise<EndpointWork> {
    const reply = await this.scripts.list('work', [endpointId, msFromTimestamp(at), limit]);
    const [document = '', health = '', next = '', ...due] = reply;
    return {
      ...standingOf(document, health),
      due: inGroups(due, 3).map(([doc = '', dueMs = '', body = '']) => ({
        delivery: readDelivery(doc, 'pending', dueMs),
        body,
      })),
      nextDueAt: timestampOrNull(next),
    };
  }

  override async standing(endpointId: EndpointId): Promise<EndpointStanding> {
    const [document = '', health = ''] = await this.scripts.list('readEndpoints', ['ids', endpointId]);
    return standingOf(document, health);
  }

  override async settle(
    { delivery, sentTo, before, health }: Settlement,
    at: Timestamp,
  ): Promise<'settled' | 'delivery' | 'health'> {
    const reply = await this.scripts.run('settle', [
      delivery.id,
      delivery.attempts.length - 1,
      deliveryJson(delivery),
      delivery.state,
      msOrEmpty(delivery.nextAttemptAt),
      msFromTimestamp(at),
      delivery.endpointId,
      healthJson(before),
      healthJson(health),
      msOrEmpty(health.until),
      delivery.replayOf ?? '',
      sentTo,
    ]);
    if (reply === 1) return 'settled';
    return reply === 0 ? 'delivery' : 'health';
  }

  override async cancel(endpointId: EndpointId): Promise<number> {
    return Number(await this.scripts.run('cancel', [endpointId, this.clock.now(), STEP]));
  }

  override async trim(before: Timestamp): Promise<TrimReport> {
    const args = [msFromTimestamp(before), this.mostDeliveries, STEP, this.clock.now()];
    const [removed, lost] = await this.scripts.list('trim', args);
    return { removed: Number(removed), lost: Number(lost) };
  }

  override async figures(): Promise<WebhookFigures> {
    const [pending, oldest = '', position = '', ...endpoints] = await this.scripts.list('figures', []);
    const states = endpoints.map((json) => readEndpoint(json, '').state.kind);
    return {
      pending: Number(pending),
      oldestPendingAt: oldest === '' ? null : readDelivery(oldest, 'pending', '').createdAt,
      endpoints: endpoints.length,
      disabled: states.filter((kind) => kind === 'disabled').length,
      position: position === '' ? null : position,
    };
  }
}

function standingOf(document: string, health: string): EndpointStanding {
  return { endpoint: document === '' ? null : readEndpoint(document, health), health: readHealth(health) };
}
