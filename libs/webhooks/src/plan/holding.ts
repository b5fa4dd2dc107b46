import type { InstanceRecord } from '@app/instance-store';
import { isObject, parseJson, parseTimestamp, type Timestamp } from '@app/platform';
import type { WebhookEndpoint } from '../model/endpoint.js';
import { attributesOf, isWanted, takes } from './plan-fan-out.js';

/** The event by which endpoints learn that a stop waits for them. */
export const STOP_PENDING = 'instance.stop_pending';

/**
 * Whether a stop of this instance waits for an endpoint. One that is paused or disabled holds nothing: it is sent nothing.
 * One that does not answer at present holds up to the time-out: what it might save is worth more than these minutes. The
 * endpoints of WEBHOOK_URL and of instances never hold, as nobody has asked it of them.
 */
export function holdsStopOf(endpoint: WebhookEndpoint, record: InstanceRecord): boolean {
  if (!endpoint.hold || endpoint.kind !== 'managed' || endpoint.state.kind !== 'active') return false;
  return takes(endpoint, STOP_PENDING, { sequence: 0, ...attributesOf(record) });
}

/** What keeps an endpoint from holding stops although it is to; null for nothing. A sentence without a subject. */
export function holdViolation({ hold, types }: Pick<WebhookEndpoint, 'hold' | 'types'>): string | null {
  return hold && !isWanted(types, STOP_PENDING) ? `needs ${STOP_PENDING} among the types` : null;
}

/**
 * The hold that a message is about, by the time at which it began.
 * @param body of an event, JSON
 * @returns null when it is about none
 */
export function holdOfBody(body: string): Timestamp | null {
  const event = parseJson(body);
  const instance = isObject(event) ? event['instance'] : null;
  const hold = isObject(instance) ? instance['stopHold'] : null;
  return isObject(hold) ? parseTimestamp(hold['since']) : null;
}
