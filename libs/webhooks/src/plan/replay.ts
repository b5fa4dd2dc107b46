import type { Timestamp } from '@app/platform';
import type { DeliveryId, WebhookDelivery } from '../model/delivery.js';
import type { DeliveryQuery, ReplayChoice } from '../model/delivery-query.js';

/** A delivery that sends the event of another one again. */
export function replayOf(original: WebhookDelivery, id: DeliveryId, at: Timestamp): WebhookDelivery {
  const { trace: _, ...replayed } = original;
  return {
    ...replayed,
    id,
    state: 'pending',
    attempts: [],
    nextAttemptAt: at,
    createdAt: at,
    // Of the first one, so that a replay of a replay is one of the same event.
    replayOf: original.replayOf ?? original.id,
  };
}

/** Whether a replay of many sends this one again. */
export function isReplayed({ state, replayOf: earlier }: WebhookDelivery, choice: ReplayChoice): boolean {
  if (earlier !== null || state === 'pending') return false;
  return choice === 'all' || state !== 'delivered';
}

/** Whether a delivery is one of those that a query asks for; its place in the log is not looked at. */
export function matchesQuery(delivery: WebhookDelivery, query: DeliveryQuery): boolean {
  return (
    (query.endpointId === undefined || query.endpointId === delivery.endpointId) &&
    (query.state === undefined || query.state === delivery.state) &&
    (query.type === undefined || query.type === delivery.type) &&
    (query.instanceId === undefined || query.instanceId === delivery.instanceId) &&
    (query.since === undefined || query.since <= delivery.createdAt)
  );
}
