import { type Clock, msFromTimestamp, type Timestamp } from '@app/platform';
import type { EndpointId } from '../../model/endpoint.js';
import { HEALTHY } from '../../model/endpoint-health.js';
import {
  DeliveryQueue,
  type DueDelivery,
  type EndpointStanding,
  type EndpointWork,
  MOST_DELIVERIES,
  type Settlement,
  STEP,
  type TrimReport,
  type WebhookFigures,
} from '../delivery-queue.port.js';
import { deliveryJson, healthJson, inGroups, msOrEmpty, timestampOrNull } from './documents.js';
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
    for (;;) {
      const reply = await this.scripts.list('work', [endpointId, msFromTimestamp(at), limit]);
      const [document = '', health = '', next = '', ...groups] = reply;
      const due: DueDelivery[] = [];
      const unreadable: string[] = [];
      for (const [id = '', doc = '', dueMs = '', body = ''] of inGroups(groups, 4)) {
        const delivery = this.scripts.documents.delivery(id, doc, 'pending', dueMs);
        if (delivery === null) unreadable.push(id);
        else due.push({ delivery, body });
      }
      if (unreadable.length === 0) {
        return { ...(await this.standingOf(endpointId, document, health)), due, nextDueAt: timestampOrNull(next) };
      }
      // They would stay due for ever, and take the places of others.
      await this.scripts.run('cancel', [endpointId, this.clock.now(), unreadable.length, ...unreadable]);
    }
  }

  override async standing(endpointId: EndpointId): Promise<EndpointStanding> {
    const [, document = '', health = ''] = await this.scripts.list('readEndpoints', ['ids', endpointId]);
    return this.standingOf(endpointId, document, health);
  }

  private async standingOf(id: EndpointId, document: string, text: string): Promise<EndpointStanding> {
    const { redis, keys, documents } = this.scripts;
    const endpoint = document === '' ? null : documents.endpoint(id, document, '');
    const health = documents.health(id, text);
    // What was observed of it begins anew: a text that nobody can read would not let any attempt be settled.
    if (health === null) await orStoreUnavailable(redis.hdel(keys.webhookHealth, id));
    if (endpoint === null) return { endpoint, health: health ?? HEALTHY, isUnreadable: document !== '' };
    const { failingSince, until: deferredUntil } = health ?? HEALTHY;
    return { endpoint: { ...endpoint, failingSince, deferredUntil }, health: health ?? HEALTHY, isUnreadable: false };
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
    const [pending, id = '', oldest = '', position = '', ...rest] = await this.scripts.list('figures', []);
    const { documents } = this.scripts;
    const endpoints = inGroups(rest, 2);
    const states = endpoints.map(([one = '', json = '']) => documents.endpoint(one, json, '')?.state.kind);
    return {
      pending: Number(pending),
      oldestPendingAt: oldest === '' ? null : (documents.delivery(id, oldest, 'pending', '')?.createdAt ?? null),
      endpoints: endpoints.length,
      disabled: states.filter((kind) => kind === 'disabled').length,
      position: position === '' ? null : position,
    };
  }
}
