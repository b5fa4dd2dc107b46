import type { InstanceId } from '@app/instance-store';
import { msFromTimestamp } from '@app/platform';
import { type LockHold, LockLostError } from '@app/redis';
import type { EndpointId, WebhookEndpoint } from '../../model/endpoint.js';
import type { KnownInstance, OutboundEvent } from '../../plan/plan-fan-out.js';
import { MOST_INSTANCE_ENDPOINTS } from '../endpoint-store.port.js';
import { type FanOutBatch, type FanOutReading, FanOutStore } from '../fan-out-store.port.js';
import { deliveryJson, endpointJson, msOrEmpty } from './documents.js';
import { orStoreUnavailable, type WebhookScripts } from './webhook-scripts.js';

/** How far the feed has been turned into deliveries, in Redis. */
export class RedisFanOutStore extends FanOutStore {
  constructor(private readonly scripts: WebhookScripts) {
    super();
  }

  override position(): Promise<string | null> {
    const { redis, keys } = this.scripts;
    return orStoreUnavailable(redis.hget(keys.webhookFanOut, 'position'));
  }

  override async moveTo(position: string, hold: LockHold): Promise<void> {
    if ((await this.scripts.run('move', [hold.name, hold.token, position])) !== 1) throw new LockLostError(hold.name);
  }

  override async read(instanceIds: readonly InstanceId[]): Promise<FanOutReading> {
    const { redis, keys, documents } = this.scripts;
    const [endpoints, instances] = await Promise.all([
      orStoreUnavailable(redis.hgetall(keys.webhookEndpoints)),
      instanceIds.length === 0 ? [] : orStoreUnavailable(redis.hmget(keys.webhookInstances, ...instanceIds)),
    ]);
    const known = new Map<InstanceId, KnownInstance>();
    for (const [place, id] of instanceIds.entries()) {
      const json = instances[place] ?? null;
      const instance = json === null ? null : documents.known(id, json);
      if (instance !== null) known.set(id, instance);
    }
    const configured = Object.entries(endpoints).flatMap(([id, json]) => documents.endpoint(id, json, '') ?? []);
    return { configured, known };
  }

  override async endpointsOfInstances(ids: readonly EndpointId[]): Promise<ReadonlyMap<EndpointId, WebhookEndpoint>> {
    if (ids.length === 0) return new Map();
    const endpoints = this.scripts.documents.endpoints(await this.scripts.list('readEndpoints', ['ids', ...ids]));
    return new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
  }

  override async append(batch: FanOutBatch, hold: LockHold): Promise<boolean> {
    const json = JSON.stringify({
      from: batch.from,
      position: batch.position,
      atMs: msFromTimestamp(batch.at),
      mostOfInstances: MOST_INSTANCE_ENDPOINTS,
      known: [...batch.known].map(([id, instance]) => [id, instance === null ? '' : JSON.stringify(instance)]),
      ofInstances: batch.ofInstances.map((endpoint) => [endpoint.id, endpointJson(endpoint)]),
      events: batch.events.map(packedEvent),
    });
    const reply = await this.scripts.run('append', [hold.name, hold.token, json]);
    if (reply === -1) throw new LockLostError(hold.name);
    return reply === 1;
  }
}

function packedEvent({ eventId, body, deliveries }: OutboundEvent): object {
  return {
    id: eventId,
    body,
    deliveries: deliveries.map(({ delivery, ordered }) => ({
      id: delivery.id,
      endpoint: delivery.endpointId,
      line: ordered ? delivery.instanceId : '',
      doc: deliveryJson(delivery),
      ms: msOrEmpty(delivery.nextAttemptAt),
    })),
  };
}
