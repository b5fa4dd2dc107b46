import type { MemoryChangeFeed } from '@app/instance-store';
import type { Clock } from '@app/platform';
import { type DisabledReason, disabledEvent, type EndpointId, type WebhookEndpoint } from '../../model/endpoint.js';
import { EndpointStore, MOST_MANAGED_ENDPOINTS } from '../endpoint-store.port.js';
import type { MemoryWebhookState } from './memory-state.js';

/** The endpoints in the memory of one process. */
export class MemoryEndpointStore extends EndpointStore {
  constructor(
    private readonly state: MemoryWebhookState,
    private readonly feed: Pick<MemoryChangeFeed, 'emit'>,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async configured(): Promise<readonly WebhookEndpoint[]> {
    return this.read([...this.state.endpoints.keys()].filter((id) => !this.state.used.has(id)).toSorted());
  }

  override async latestOfInstances(limit: number): Promise<readonly WebhookEndpoint[]> {
    return this.read([...this.state.used.keys()].toReversed().slice(0, limit));
  }

  override async get(id: EndpointId): Promise<WebhookEndpoint | null> {
    return this.state.endpoint(id);
  }

  override async insert(endpoint: WebhookEndpoint): Promise<'inserted' | 'full'> {
    const most = MOST_MANAGED_ENDPOINTS + (endpoint.kind === 'global' ? 1 : 0);
    const { endpoints, used } = this.state;
    if (!endpoints.has(endpoint.id) && endpoints.size - used.size >= most) return 'full';
    endpoints.set(endpoint.id, endpoint);
    return 'inserted';
  }

  override async replace(endpoint: WebhookEndpoint): Promise<'replaced' | 'changed' | 'missing'> {
    const known = this.state.endpoints.get(endpoint.id);
    if (known === undefined) return 'missing';
    if (known.revision !== endpoint.revision - 1) return 'changed';
    this.state.endpoints.set(endpoint.id, endpoint);
    if (endpoint.failingSince === null) this.state.healths.delete(endpoint.id);
    return 'replaced';
  }

  override async disable(endpoint: WebhookEndpoint, reason: DisabledReason): Promise<boolean> {
    const state = { kind: 'disabled', at: this.clock.timestamp(), reason } as const;
    const written = await this.replace({ ...endpoint, state, revision: endpoint.revision + 1 });
    if (written !== 'replaced') return false;
    this.feed.emit(disabledEvent(endpoint, reason));
    return true;
  }

  override async remove(id: EndpointId, revision: number): Promise<boolean> {
    if (this.state.endpoints.get(id)?.revision !== revision) return false;
    this.state.forgetEndpoint(id);
    return true;
  }

  private read(ids: readonly EndpointId[]): readonly WebhookEndpoint[] {
    return ids.map((id) => this.state.endpoint(id)).filter((endpoint) => endpoint !== null);
  }
}
