import type { InstanceId } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import type { DeliveryState } from './delivery.js';
import type { EndpointId } from './endpoint.js';

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

/** Which deliveries of an endpoint are sent again: those that never arrived, by a replay either, or all that ended. */
export type ReplayChoice = 'undelivered' | 'all';
