import type { InstanceId } from '@app/instance-store';
import { msFromTimestamp } from '@app/platform';
import { type LockHold, LockLostError, type MemoryLockKeeper } from '@app/redis';
import type { EndpointId, WebhookEndpoint } from '../../model/endpoint.js';
import type { KnownInstance } from '../../plan/plan-fan-out.js';
import { MOST_INSTANCE_ENDPOINTS } from '../endpoint-store.port.js';
import { type FanOutBatch, type FanOutReading, FanOutStore } from '../fan-out-store.port.js';
import type { MemoryWebhookState } from './memory-state.js';

/** How far the feed has been turned into deliveries, in the memory of one process. */
export class MemoryFanOutStore extends FanOutStore {
  /** @param locks those of this process, so that a write proves its lock as it does in Redis */
  constructor(
    private readonly state: MemoryWebhookState,
    private readonly locks: Pick<MemoryLockKeeper, 'holds'>,
  ) {
    super();
  }

  override async position(): Promise<string | null> {
    return this.state.position;
  }

  override async moveTo(position: string, hold: LockHold): Promise<void> {
    this.checkLock(hold);
    this.state.position = position;
  }

  override async read(instanceIds: readonly InstanceId[]): Promise<FanOutReading> {
    const { endpoints, used, known } = this.state;
    const found = new Map<InstanceId, KnownInstance>();
    for (const id of instanceIds) {
      const instance = known.get(id);
      if (instance !== undefined) found.set(id, instance);
    }
    return { configured: [...endpoints.values()].filter(({ id }) => !used.has(id)), known: found };
  }

  override async endpointsOfInstances(ids: readonly EndpointId[]): Promise<ReadonlyMap<EndpointId, WebhookEndpoint>> {
    const found = ids.map((id) => this.state.endpoint(id)).filter((endpoint) => endpoint !== null);
    return new Map(found.map((endpoint) => [endpoint.id, endpoint]));
  }

  override async append(batch: FanOutBatch, hold: LockHold): Promise<boolean> {
    this.checkLock(hold);
    const { state } = this;
    if (state.position !== batch.from) return false;
    for (const [id, instance] of batch.known) {
      if (instance === null) state.known.delete(id);
      else state.known.set(id, instance);
    }
    for (const endpoint of batch.ofInstances) this.use(endpoint, msFromTimestamp(batch.at));
    for (const { body, deliveries } of batch.events) {
      for (const { delivery, ordered } of deliveries) state.add(delivery, body, ordered);
    }
    state.position = batch.position;
    return true;
  }

  private use(endpoint: WebhookEndpoint, atMs: number): void {
    const { endpoints, used } = this.state;
    if (!endpoints.has(endpoint.id)) endpoints.set(endpoint.id, endpoint);
    used.delete(endpoint.id);
    used.set(endpoint.id, atMs);
    for (const id of used.keys()) {
      if (used.size <= MOST_INSTANCE_ENDPOINTS) break;
      this.state.forgetEndpoint(id);
    }
  }

  private checkLock(hold: LockHold): void {
    if (!this.locks.holds(hold)) throw new LockLostError(hold.name);
  }
}
