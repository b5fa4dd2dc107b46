import type { MemoryChangeFeed } from '@app/instance-store';
import type { Clock } from '@app/platform';
import type { MemoryLockKeeper, RedisConnections, ReportUnreadable } from '@app/redis';
import type { DeliveryLog } from './delivery-log.port.js';
import type { DeliveryQueue } from './delivery-queue.port.js';
import type { EndpointStore } from './endpoint-store.port.js';
import type { FanOutStore } from './fan-out-store.port.js';
import { MemoryDeliveryLog } from './memory/memory-delivery-log.js';
import { MemoryDeliveryQueue } from './memory/memory-delivery-queue.js';
import { MemoryEndpointStore } from './memory/memory-endpoint-store.js';
import { MemoryFanOutStore } from './memory/memory-fan-out-store.js';
import { MemoryWebhookState } from './memory/memory-state.js';
import { RedisDeliveryLog } from './redis/redis-delivery-log.js';
import { RedisDeliveryQueue } from './redis/redis-delivery-queue.js';
import { RedisEndpointStore } from './redis/redis-endpoint-store.js';
import { RedisFanOutStore } from './redis/redis-fan-out-store.js';
import { WebhookScripts } from './redis/webhook-scripts.js';

/** The ports of one store. */
export interface WebhookStore {
  readonly endpoints: EndpointStore;
  readonly fanOut: FanOutStore;
  readonly queue: DeliveryQueue;
  readonly log: DeliveryLog;
}

/** The memory of one process is smaller than Redis. */
const MOST_IN_MEMORY = 20_000;

/**
 * @param mostDeliveries see `MOST_DELIVERIES`
 * @param report gets what is stored and cannot be read
 */
export function redisWebhookStore(
  connections: RedisConnections,
  keyPrefix: string,
  clock: Clock,
  mostDeliveries?: number,
  report?: ReportUnreadable,
): WebhookStore {
  const scripts = new WebhookScripts(connections, keyPrefix, report);
  return {
    endpoints: new RedisEndpointStore(scripts, clock),
    fanOut: new RedisFanOutStore(scripts),
    queue: new RedisDeliveryQueue(scripts, clock, mostDeliveries),
    log: new RedisDeliveryLog(scripts),
  };
}

/**
 * @param feed gets the events of endpoints that are disabled
 * @param locks by which the fan-out proves its turn
 */
export function memoryWebhookStore(
  feed: Pick<MemoryChangeFeed, 'emit'>,
  locks: Pick<MemoryLockKeeper, 'holds'>,
  clock: Clock,
  mostDeliveries = MOST_IN_MEMORY,
): WebhookStore {
  const state = new MemoryWebhookState();
  return {
    endpoints: new MemoryEndpointStore(state, feed, clock),
    fanOut: new MemoryFanOutStore(state, locks),
    queue: new MemoryDeliveryQueue(state, clock, mostDeliveries),
    log: new MemoryDeliveryLog(state),
  };
}
