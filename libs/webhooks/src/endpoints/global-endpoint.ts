import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { GLOBAL_ENDPOINT_ID, unmanagedEndpoint, type WebhookEndpoint } from '../model/endpoint.js';
import { WebhookOptions } from '../model/webhook-options.js';
import { EndpointStore } from '../store/endpoint-store.port.js';

/** Makes the stored endpoint of WEBHOOK_URL what the settings say. */
@Injectable()
export class GlobalEndpoint {
  constructor(
    private readonly store: EndpointStore,
    private readonly options: WebhookOptions,
    private readonly clock: Clock,
  ) {}

  /**
   * Adds it, gives it another address, or disables it when the setting is gone. Its state stays: one that was disabled stays
   * so over a restart, unless its address is another one.
   * @throws StoreUnavailableError
   */
  async settle(): Promise<void> {
    for (;;) {
      const known = await this.store.get(GLOBAL_ENDPOINT_ID);
      const wanted = this.wanted(known);
      if (wanted === null) return;
      if (known === null) {
        await this.store.insert(wanted);
        return;
      }
      if ((await this.store.replace(wanted)) === 'replaced') return;
    }
  }

  /**
   * Adds it again when it is gone, as with the data of Redis. What differs otherwise is left to the next start, so that
   * workers with different settings do not take turns.
   *
   * @returns whether it was gone
   * @throws StoreUnavailableError
   */
  async restore(): Promise<boolean> {
    if (this.options.globalUrl === null || (await this.store.get(GLOBAL_ENDPOINT_ID)) !== null) return false;
    await this.settle();
    return true;
  }

  /** @returns null when there is nothing to change */
  private wanted(known: WebhookEndpoint | null): WebhookEndpoint | null {
    const { globalUrl: url } = this.options;
    const at = this.clock.timestamp();
    if (url === null) {
      if (known === null || isUnset(known)) return null;
      return { ...known, state: { kind: 'disabled', at, reason: 'unset' }, revision: known.revision + 1 };
    }
    if (known !== null && known.url === url && !isUnset(known)) return null;
    const endpoint = unmanagedEndpoint(GLOBAL_ENDPOINT_ID, url, known?.createdAt ?? at);
    return { ...endpoint, revision: (known?.revision ?? 0) + 1 };
  }
}

const isUnset = ({ state }: WebhookEndpoint): boolean => state.kind === 'disabled' && state.reason === 'unset';
