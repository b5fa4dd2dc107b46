import { createHash } from 'node:crypto';
import type { InstanceId } from '@app/instance-store';
import type { Brand, Timestamp, TraceCarrier } from '@app/platform';
import type { EndpointId } from './endpoint.js';

/** `whd_` and 26 hexadecimal digits. */
export type DeliveryId = Brand<string, 'DeliveryId'>;

/** `exhausted`: all attempts failed. `cancelled`: its endpoint is disabled or gone, or too many waited. */
export const DELIVERY_STATES = ['pending', 'delivered', 'exhausted', 'cancelled'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/**
 * What one attempt came to. `delivered`: 2xx. `rejected`: any other answer. `throttled`: 429, or 503 with Retry-After.
 * `redirected`: 3xx, which is never followed. `gone`: 410. `no-answer`: none within the time, or none that can be read.
 * `forbidden-address`: nothing was connected to.
 */
export const ATTEMPT_RESULTS = [
  'delivered',
  'rejected',
  'throttled',
  'redirected',
  'gone',
  'no-answer',
  'forbidden-address',
] as const;
export type AttemptResult = (typeof ATTEMPT_RESULTS)[number];

export interface DeliveryAttempt {
  readonly at: Timestamp;
  readonly durationMs: number;
  readonly result: AttemptResult;
  /** HTTP status; null without an answer. */
  readonly status: number | null;
  /** Why there was no answer, for people; null with one. */
  readonly message: string | null;
  /** The first 2 kB of the body; null without an answer. */
  readonly answer: string | null;
}

/** One event on its way to one endpoint. */
export interface WebhookDelivery {
  readonly id: DeliveryId;
  readonly endpointId: EndpointId;
  /** Of the entry of the change feed; sent as `webhook-id`, so that a receiver knows a repeat. */
  readonly eventId: string;
  /** Such as `instance.ready`. */
  readonly type: string;
  /** Null for an event of the fleet. */
  readonly instanceId: InstanceId | null;
  /** Counts the events of one instance in the order of the feed, from 1; null for an event of the fleet. */
  readonly sequence: number | null;
  readonly state: DeliveryState;
  /** The earliest first. */
  readonly attempts: readonly DeliveryAttempt[];
  /** When the next attempt is due; null when none is to come, and while an earlier delivery of an ordered endpoint goes first. */
  readonly nextAttemptAt: Timestamp | null;
  readonly createdAt: Timestamp;
  /** The delivery that this one sends again; null for an original. */
  readonly replayOf: DeliveryId | null;
  /** The span that the event was written in; absent while traces are off, and of a replay. */
  readonly trace?: TraceCarrier;
}

const ID = /^whd_[0-9a-f]{26}$/;
const DIGITS = 26;

export function isDeliveryId(text: string): text is DeliveryId {
  return ID.test(text);
}

/** The same for the same event and endpoint, so that a fan-out that repeats itself makes no second delivery. */
export function deliveryIdOf(eventId: string, endpointId: EndpointId): DeliveryId {
  return digest(`${eventId} ${endpointId}`);
}

/** @param nonce tells one replay of a delivery from the next */
export function replayIdOf(original: DeliveryId, nonce: string): DeliveryId {
  return digest(`${original} ${nonce}`);
}

function digest(text: string): DeliveryId {
  return `whd_${createHash('sha256').update(text).digest('hex').slice(0, DIGITS)}` as DeliveryId;
}

/** Which deliveries of an endpoint are sent again: those that never arrived, by a replay either, or all that ended. */
export type ReplayChoice = 'undelivered' | 'all';

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

/** Which deliveries a page of the log shows. */
export interface DeliveryQuery {
  readonly endpointId?: EndpointId;
  readonly state?: DeliveryState;
  /** A type of event, such as `instance.ready`. */
  readonly type?: string;
  readonly instanceId?: InstanceId;
  /** Made at or after this time. */
  readonly since?: Timestamp;
  /** From the page before. */
  readonly cursor?: string;
  /** 1 to 200. */
  readonly limit: number;
}

/** Whether a delivery is one of those that a query asks for; where the page begins is up to the log. */
export function matchesQuery(delivery: WebhookDelivery, query: DeliveryQuery): boolean {
  return (
    (query.endpointId === undefined || query.endpointId === delivery.endpointId) &&
    (query.state === undefined || query.state === delivery.state) &&
    (query.type === undefined || query.type === delivery.type) &&
    (query.instanceId === undefined || query.instanceId === delivery.instanceId) &&
    (query.since === undefined || query.since <= delivery.createdAt)
  );
}
