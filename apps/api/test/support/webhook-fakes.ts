import { ScheduleSettings } from '@app/jobs';
import { type Clock, ProcessSettings, type Settings, type Timestamp, timestampFromMs } from '@app/platform';
import { SequentialIds } from '@app/testing';
import {
  DeliveryHints,
  type DeliveryId,
  DeliveryLog,
  type DeliveryPage,
  type DeliveryQuery,
  type EndpointId,
  memoryWebhookStore,
  type ReplayChoice,
  type ReplayReport,
  type SendRequest,
  type SendResult,
  SettingSecrets,
  WebhookDeliveries,
  type WebhookDelivery,
  WebhookEndpoints,
  WebhookSender,
  WebhookSettings,
  WebhookTest,
  webhookOptionsOf,
} from '@app/webhooks';

/** Endpoints in memory, a log that is set, and a sender that sends nothing. */
export class FakeWebhooks {
  readonly log = new FakeDeliveryLog();
  readonly sender = new FakeWebhookSender();
  readonly endpoints: WebhookEndpoints;
  readonly deliveries: WebhookDeliveries;
  readonly test: WebhookTest;

  constructor(settings: Settings, clock: Clock) {
    const store = memoryWebhookStore({ emit: () => undefined }, { holds: () => true }, clock);
    const ids = new SequentialIds();
    const hints: Pick<DeliveryHints, 'due'> = { due: () => Promise.resolve() };
    const secrets = new SettingSecrets(
      webhookOptionsOf(settings.get(WebhookSettings), settings.get(ScheduleSettings), settings.get(ProcessSettings)),
    );
    this.endpoints = new WebhookEndpoints(store.endpoints, hints as DeliveryHints, secrets, ids, clock);
    this.deliveries = new WebhookDeliveries(this.log, store.endpoints, hints as DeliveryHints, ids, clock);
    this.test = new WebhookTest(store.endpoints, secrets, this.sender, ids, clock);
  }
}

class FakeDeliveryLog extends DeliveryLog {
  readonly kept: WebhookDelivery[] = [];
  readonly queries: DeliveryQuery[] = [];
  readonly replays: unknown[] = [];
  nextCursor: string | null = null;
  failure: Error | null = null;

  override async list(query: DeliveryQuery): Promise<DeliveryPage> {
    this.refuse();
    this.queries.push(query);
    return { deliveries: this.kept, nextCursor: this.nextCursor };
  }

  override async get(id: DeliveryId): Promise<WebhookDelivery | null> {
    this.refuse();
    return this.kept.find((delivery) => delivery.id === id) ?? null;
  }

  override async replay(original: DeliveryId, id: DeliveryId, at: Timestamp): Promise<WebhookDelivery | null> {
    const found = await this.get(original);
    return found === null
      ? null
      : { ...found, id, state: 'pending', attempts: [], nextAttemptAt: at, createdAt: at, replayOf: original };
  }

  override async replaySince(endpointId: EndpointId, since: Timestamp, choice: ReplayChoice): Promise<ReplayReport> {
    this.refuse();
    this.replays.push({ endpointId, since, choice });
    return { replayed: 3, more: true, until: timestampFromMs(Date.UTC(2026, 0, 1, 11)) };
  }

  private refuse(): void {
    if (this.failure !== null) throw this.failure;
  }
}

class FakeWebhookSender extends WebhookSender {
  readonly sent: SendRequest[] = [];
  result: SendResult = { kind: 'answered', status: 200, retryAfterMs: null, answer: 'thanks', durationMs: 12 };

  override async send(request: SendRequest): Promise<SendResult> {
    this.sent.push(request);
    return this.result;
  }
}
