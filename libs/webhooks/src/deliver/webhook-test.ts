import { Clock, IdGenerator, Problem } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { DeliveryAttempt } from '../model/delivery.js';
import { type EndpointId, instanceEndpointId, unmanagedEndpoint, type WebhookEndpoint } from '../model/endpoint.js';
import { SettingSecrets } from '../model/webhook-options.js';
import { WebhookSender } from '../model/webhook-sender.port.js';
import { webhookProblems } from '../model/webhooks.problems.js';
import { attemptOf } from '../plan/plan-attempt.js';
import { EndpointStore } from '../store/endpoint-store.port.js';

/** Sends a made-up event to see whether an endpoint takes it. */
@Injectable()
export class WebhookTest {
  constructor(
    private readonly endpoints: EndpointStore,
    private readonly settingSecrets: SettingSecrets,
    private readonly sender: WebhookSender,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
  ) {}

  /**
   * One try, now; nothing is kept of it, and the state of the endpoint stays as it is.
   * @param target an endpoint, whatever its state, or an address, for which WEBHOOK_SECRET signs
   * @returns what came of it
   * @throws Problem `webhook-endpoint-not-found`; StoreUnavailableError; the reason of the signal
   */
  async send(target: EndpointId | URL, signal: AbortSignal): Promise<DeliveryAttempt> {
    const endpoint = await this.endpointOf(target);
    const at = this.clock.timestamp();
    const webhookId = `test_${this.ids.ulid()}`;
    const body = JSON.stringify({
      id: webhookId,
      type: 'webhook.test',
      at,
      message: 'This is a test. Nothing has happened.',
    });
    return attemptOf(await this.sender.send({ endpoint, webhookId, body, at }, signal), at);
  }

  private async endpointOf(target: EndpointId | URL): Promise<WebhookEndpoint> {
    if (typeof target !== 'string') return this.unknown(target.href);
    const endpoint = await this.endpoints.get(target);
    if (endpoint !== null) return this.settingSecrets.with(endpoint);
    throw new Problem(webhookProblems['webhook-endpoint-not-found'], { detail: `there is no endpoint ${target}` });
  }

  private unknown(url: string): WebhookEndpoint {
    const endpoint = unmanagedEndpoint(instanceEndpointId(url), url, this.clock.timestamp());
    return { ...endpoint, secrets: this.settingSecrets.secrets };
  }
}
