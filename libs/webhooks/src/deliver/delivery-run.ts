import { Clock, inSpan, msFromTimestamp, type SpanOptions, traceCarrier } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { WebhookDelivery } from '../model/delivery.js';
import type { EndpointId, WebhookEndpoint } from '../model/endpoint.js';
import { endpointGate } from '../model/endpoint-health.js';
import { SettingSecrets } from '../model/webhook-options.js';
import { type SendResult, WebhookSender } from '../model/webhook-sender.port.js';
import { type AttemptOutcome, attemptOf } from '../plan/plan-attempt.js';
import { DeliveryQueue, type DueDelivery, type EndpointStanding } from '../store/delivery-queue.port.js';
import { AttemptRecorder } from './attempt-recorder.js';
import { HoldReleases } from './hold-releases.js';

/** Deliveries read at a time. At the end of each batch the receiver waits for the last of its requests. */
const BATCH = 200;
/** After so long a run gives its place to the next one, which goes on. */
const RUN_MS = 20_000;
/** An endpoint is read again when it was read so long ago: to sign with the secrets of now, and to heed a pause. */
const STANDING_MS = 1_000;

/** Sends what is due to one endpoint. There is one run for an endpoint at a time, so its limits hold in the whole fleet. */
@Injectable()
export class DeliveryRun {
  constructor(
    private readonly queue: DeliveryQueue,
    private readonly sender: WebhookSender,
    private readonly recorder: AttemptRecorder,
    private readonly settingSecrets: SettingSecrets,
    private readonly releases: HoldReleases,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns when there is more to do, in epoch milliseconds; null when nothing waits
   * @throws StoreUnavailableError, the reason of the signal
   */
  async run(endpointId: EndpointId, signal: AbortSignal): Promise<number | null> {
    const endMs = this.clock.now() + RUN_MS;
    for (;;) {
      signal.throwIfAborted();
      const { due, nextDueAt, ...standing } = await this.queue.work(endpointId, this.clock.timestamp(), BATCH);
      // The sweep comes back to it: mended, it goes on by itself.
      if (standing.isUnreadable) return null;
      const gate = endpointGate(standing.endpoint, standing.health, this.clock.now());
      switch (gate.kind) {
        case 'cancel':
          if ((await this.queue.cancel(endpointId)) === 0) return null;
          break;
        case 'closed':
          return null;
        case 'deferred':
          return due.length > 0 || nextDueAt !== null ? gate.untilMs : null;
        case 'open':
          if (due.length === 0) return nextDueAt === null ? null : msFromTimestamp(nextDueAt);
          await this.sendAll(endpointId, gate.atOnce === 1 ? due.slice(0, 1) : due, standing, gate.atOnce, signal);
      }
      if (this.clock.now() >= endMs) return this.clock.now();
    }
  }

  private async sendAll(
    endpointId: EndpointId,
    due: readonly DueDelivery[],
    standing: EndpointStanding,
    atOnce: number,
    signal: AbortSignal,
  ): Promise<void> {
    const latest = new LatestStanding(this.queue, endpointId, standing, this.clock);
    const waiting = due.values();
    let hasFailed = false;
    // What came of a delivery that was taken is written while the next one is sent: the receiver waits for no store. Each is
    // written before the place is left, whatever ends it: what is not written is sent again.
    const place = async (): Promise<void> => {
      let recorded = Promise.resolve();
      try {
        for (const delivery of waiting) {
          const now = await latest.read();
          const gate = endpointGate(now.endpoint, now.health, this.clock.now());
          // It has closed meanwhile: what is left stays due, and uses up no attempt.
          if (hasFailed || now.endpoint === null || gate.kind !== 'open' || gate.atOnce < atOnce) break;
          const endpoint = this.settingSecrets.with(now.endpoint);
          const outcome = await this.attempt(delivery, endpoint, signal);
          const before = recorded;
          recorded = this.settle(delivery, endpoint.url, outcome, latest);
          // A rejection is thrown where it is awaited.
          recorded.catch(() => undefined);
          await before;
          if (outcome.attempt.result !== 'delivered') await recorded;
        }
      } finally {
        await recorded;
      }
    };
    const places = Array.from({ length: Math.min(atOnce, due.length) }, async () => {
      try {
        await place();
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    });
    const failure = (await Promise.allSettled(places)).find(({ status }) => status === 'rejected');
    if (failure?.status === 'rejected') throw failure.reason;
  }

  private attempt(
    { delivery, body }: DueDelivery,
    endpoint: WebhookEndpoint,
    signal: AbortSignal,
  ): Promise<AttemptOutcome> {
    const at = this.clock.timestamp();
    const request = { endpoint, webhookId: delivery.eventId, body, at };
    return inSpan(
      `webhook ${delivery.type}`,
      () => attemptSpan(delivery),
      async (span) => {
        const result = await this.sender.send(request, signal);
        const attempt = attemptOf(result, at);
        if (attempt.result !== 'delivered') span.fail(attempt.result);
        return { attempt, retryAfterMs: retryAfterOf(result) };
      },
    );
  }

  private async settle(
    delivery: DueDelivery,
    sentTo: string,
    outcome: AttemptOutcome,
    latest: LatestStanding,
  ): Promise<void> {
    // First: should this process die in between, the attempt is made again, and a release changes nothing twice.
    if (outcome.attempt.result === 'delivered') await this.releases.delivered(delivery);
    latest.health = await this.recorder.record(delivery.delivery, sentTo, outcome, latest.health);
  }
}

/** Of the trace in which the event was written, linked to the run that sends it. The address may be a secret, and is not named. */
function attemptSpan({ trace, type, eventId, endpointId, instanceId, attempts }: WebhookDelivery): SpanOptions {
  const run = traceCarrier();
  return {
    ...(trace !== undefined && { parent: trace, links: run === null ? [] : [run] }),
    attributes: {
      'novita_fleet.event.type': type,
      'novita_fleet.event.id': eventId,
      'novita_fleet.webhook.endpoint': endpointId,
      'novita_fleet.webhook.attempt': attempts.length + 1,
      ...(instanceId !== null && { 'novita_fleet.instance.id': instanceId }),
    },
  };
}

const retryAfterOf = (result: SendResult): number | null => (result.kind === 'answered' ? result.retryAfterMs : null);

/** An endpoint as it was at most a second ago. */
class LatestStanding {
  private readAtMs: number;

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly endpointId: EndpointId,
    private standing: EndpointStanding,
    private readonly clock: Clock,
  ) {
    this.readAtMs = clock.now();
  }

  get health(): EndpointStanding['health'] {
    return this.standing.health;
  }

  set health(health: EndpointStanding['health']) {
    this.standing = { ...this.standing, health };
  }

  async read(): Promise<EndpointStanding> {
    const now = this.clock.now();
    if (now - this.readAtMs < STANDING_MS) return this.standing;
    this.readAtMs = now;
    this.standing = await this.queue.standing(this.endpointId);
    return this.standing;
  }
}
