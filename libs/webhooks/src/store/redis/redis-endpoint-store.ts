import { CHANGE_FEED_LIMIT } from '@app/instance-store';
import type { Clock } from '@app/platform';
import { type DisabledReason, disabledEvent, type EndpointId, type WebhookEndpoint } from '../../model/endpoint.js';
import { EndpointStore, MOST_MANAGED_ENDPOINTS } from '../endpoint-store.port.js';
import { endpointJson, msOrEmpty } from './documents.js';
import type { WebhookScripts } from './webhook-scripts.js';

/** The endpoints in Redis. */
export class RedisEndpointStore extends EndpointStore {
  constructor(
    private readonly scripts: WebhookScripts,
    private readonly clock: Clock,
    private readonly feedLimit = CHANGE_FEED_LIMIT,
  ) {
    super();
  }

  override async configured(): Promise<readonly WebhookEndpoint[]> {
    const endpoints = this.scripts.documents.endpoints(await this.scripts.list('readEndpoints', ['configured']));
    return endpoints.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  override async latestOfInstances(limit: number): Promise<readonly WebhookEndpoint[]> {
    return this.scripts.documents.endpoints(await this.scripts.list('readEndpoints', ['latest', limit]));
  }

  override async get(id: EndpointId): Promise<WebhookEndpoint | null> {
    return this.scripts.documents.endpoints(await this.scripts.list('readEndpoints', ['ids', id]))[0] ?? null;
  }

  override async insert(endpoint: WebhookEndpoint): Promise<'inserted' | 'full'> {
    // The global one has a place of its own.
    const args = [endpoint.id, endpointJson(endpoint), MOST_MANAGED_ENDPOINTS + (endpoint.kind === 'global' ? 1 : 0)];
    return (await this.scripts.run('insertEndpoint', args)) === 1 ? 'inserted' : 'full';
  }

  override async replace(endpoint: WebhookEndpoint): Promise<'replaced' | 'changed' | 'missing'> {
    const reply = await this.scripts.run('replaceEndpoint', replaceArgs(endpoint));
    if (reply === 1) return 'replaced';
    return reply === 0 ? 'missing' : 'changed';
  }

  override async disable(endpoint: WebhookEndpoint, reason: DisabledReason): Promise<boolean> {
    const at = this.clock.timestamp();
    const disabled: WebhookEndpoint = {
      ...endpoint,
      state: { kind: 'disabled', at, reason },
      revision: endpoint.revision + 1,
    };
    const { type, data } = disabledEvent(endpoint, reason);
    const event = [this.feedLimit, type, at, JSON.stringify(data)];
    return (await this.scripts.run('replaceEndpoint', [...replaceArgs(disabled), ...event])) === 1;
  }

  override async remove(id: EndpointId, revision: number): Promise<boolean> {
    return (await this.scripts.run('removeEndpoint', [id, revision])) === 1;
  }
}

/** An active one that has no failure is one that was resumed, or never failed. */
function replaceArgs(endpoint: WebhookEndpoint): (string | number)[] {
  const gate = endpoint.state.kind === 'paused' ? 'closed' : msOrEmpty(endpoint.deferredUntil);
  const health = endpoint.failingSince === null ? '' : 'as it is';
  return [endpoint.id, endpoint.revision - 1, endpointJson(endpoint), gate, health];
}
