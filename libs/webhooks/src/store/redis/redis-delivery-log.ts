import { InvalidCursorError } from '@app/instance-store';
import { msFromTimestamp, type Timestamp } from '@app/platform';
import {
  type DeliveryId,
  type DeliveryQuery,
  isReplayed,
  matchesQuery,
  type ReplayChoice,
  replayIdOf,
  replayOf,
  type WebhookDelivery,
} from '../../model/delivery.js';
import type { EndpointId } from '../../model/endpoint.js';
import { DeliveryLog, type DeliveryPage, MOST_REPLAYED, type ReplayReport } from '../delivery-log.port.js';
import { deliveryJson, inGroups } from './documents.js';
import { orStoreUnavailable, type WebhookScripts } from './webhook-scripts.js';

/** Records read in one round trip, and in one page. */
const BATCH = 250;
const MOST_READ = 1_000;

interface LogEntry {
  readonly place: string;
  /** Null when it cannot be read. */
  readonly delivery: WebhookDelivery | null;
}

/** The log of deliveries in Redis. Places in it are thousandths of milliseconds. */
export class RedisDeliveryLog extends DeliveryLog {
  constructor(private readonly scripts: WebhookScripts) {
    super();
  }

  override async list(query: DeliveryQuery): Promise<DeliveryPage> {
    const { cursor, endpointId, state, since, limit } = query;
    if (cursor !== undefined && !/^\d{1,16}$/.test(cursor)) throw new InvalidCursorError('not a cursor of deliveries');
    const log = endpointId !== undefined ? `log:${endpointId}` : state === 'pending' ? 'pending' : 'log';
    const oldest = since === undefined ? '-inf' : String(placeOf(since));
    const deliveries: WebhookDelivery[] = [];
    let from = cursor === undefined ? '+inf' : `(${cursor}`;
    for (let read = 0; read < MOST_READ; read += BATCH) {
      const entries = await this.read(log, from, oldest, 'down');
      for (const { place, delivery } of entries) {
        from = `(${place}`;
        if (delivery !== null && matchesQuery(delivery, query)) deliveries.push(delivery);
        if (deliveries.length === limit) return { deliveries, nextCursor: place };
      }
      if (entries.length < BATCH) return { deliveries, nextCursor: null };
    }
    return { deliveries, nextCursor: from.slice(1) };
  }

  override async get(id: DeliveryId): Promise<WebhookDelivery | null> {
    const { redis, keys, documents } = this.scripts;
    const [doc, state, next] = await orStoreUnavailable(redis.hmget(keys.webhookDelivery(id), 'doc', 'state', 'next'));
    return typeof doc === 'string' ? documents.delivery(id, doc, state ?? '', next ?? '') : null;
  }

  override async replay(original: DeliveryId, id: DeliveryId, at: Timestamp): Promise<WebhookDelivery | null> {
    const found = await this.get(original);
    if (found === null) return null;
    const [isMade] = await this.make(found.endpointId, [{ original: found, id }], 'all', at);
    return isMade === true ? this.get(id) : null;
  }

  override async replaySince(
    endpointId: EndpointId,
    since: Timestamp,
    choice: ReplayChoice,
    nonce: string,
    at: Timestamp,
  ): Promise<ReplayReport> {
    let replayed = 0;
    let until: Timestamp | null = null;
    let from = String(placeOf(since));
    const to = `(${placeOf(at) + 1_000}`;
    for (;;) {
      const entries = await this.read(`log:${endpointId}`, from, to, 'up');
      const wanted = entries.flatMap(({ delivery }) =>
        delivery !== null && isReplayed(delivery, choice) ? [delivery] : [],
      );
      const made = await this.make(
        endpointId,
        wanted.map((delivery) => ({ original: delivery, id: replayIdOf(delivery.id, nonce) })),
        choice,
        at,
      );
      replayed += made.filter(Boolean).length;
      const last = entries.at(-1);
      if (last !== undefined) {
        from = `(${last.place}`;
        until = last.delivery?.createdAt ?? until;
      }
      if (entries.length < BATCH) return { replayed, more: false, until };
      if (replayed >= MOST_REPLAYED) return { replayed, more: true, until };
    }
  }

  /** @returns for each whether it was made; false when its event is not kept any more, or a replay stands for it */
  private async make(
    endpointId: EndpointId,
    replays: readonly { readonly original: WebhookDelivery; readonly id: DeliveryId }[],
    choice: ReplayChoice,
    at: Timestamp,
  ): Promise<readonly boolean[]> {
    if (replays.length === 0) return [];
    const [endpoint] = this.scripts.documents.endpoints(await this.scripts.list('readEndpoints', ['ids', endpointId]));
    if (endpoint === undefined) return [];
    const { ordered } = endpoint;
    const args = replays.flatMap(({ original, id }) => [original.id, id, deliveryJson(replayOf(original, id, at))]);
    const head = [msFromTimestamp(at), endpointId, ordered ? 1 : 0, choice === 'all' ? 1 : 0];
    const reply = await this.scripts.list('replay', [...head, ...args]);
    return reply.map((made) => made === '1');
  }

  private async read(log: string, from: string, to: string, direction: 'up' | 'down'): Promise<readonly LogEntry[]> {
    const reply = await this.scripts.list('readLog', [log, from, to, BATCH, direction]);
    return inGroups(reply, 5).map(([place = '', id = '', doc = '', state = '', next = '']) => ({
      place,
      delivery: this.scripts.documents.delivery(id, doc, state, next),
    }));
  }
}

const placeOf = (at: Timestamp): number => msFromTimestamp(at) * 1_000;
