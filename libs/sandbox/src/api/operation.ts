import type { InstanceRecord } from '../world/instance-record.js';
import type { World } from '../world/world.js';
import type { Json } from './fields.js';
import type { InstanceJson } from './instance-json.js';
import type { Listing } from './listing.js';
import type { FirstPage } from './paging.js';
import { notFound } from './refusal.js';

export type Answer =
  | { readonly kind: 'json'; readonly body: string; readonly instanceId?: string }
  | { readonly kind: 'list'; readonly listing: Listing };

export interface ApiContext {
  readonly world: World;
  readonly json: InstanceJson;
  readonly firstPage: FirstPage;
  readonly storageCreateAnswer: 'string' | 'object';
}

export interface ApiRequest {
  readonly query: URLSearchParams;
  readonly body: Json;
  /** A fault shows lists as they were at this time; null for the present. Epoch milliseconds. */
  readonly listsAsOf: number | null;
}

/** One call of the API. Handlers are synchronous: a call sees and leaves one state of the world. */
export interface Operation {
  /** OperationId of the OpenAPI document. */
  readonly id: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly isList?: boolean;
  /** @throws Refusal, WrongStateError */
  readonly handle: (request: ApiRequest, context: ApiContext) => Answer;
}

export const V1 = '/gpu-instance/openapi/v1';

export function json(value: unknown): Answer {
  return { kind: 'json', body: JSON.stringify(value) };
}

export function list(listing: Listing): Answer {
  return { kind: 'list', listing };
}

/** @throws Refusal RESOURCE_NOT_FOUND, for one that a fault hides as well */
export function findInstance(world: World, id: string | null): InstanceRecord {
  const record = id === null ? undefined : world.fleet.get(id);
  if (record === undefined || world.interference.hides(record, 'reads', world.clock.realNow()))
    throw notFound('instance');
  return record;
}
