import { Clock } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { WebhookMetrics } from '../health/webhook-metrics.js';
import type { WebhookDelivery } from '../model/delivery.js';
import type { DisabledReason, EndpointId } from '../model/endpoint.js';
import type { EndpointHealth } from '../model/endpoint-health.js';
import { WebhookOptions } from '../model/webhook-options.js';
import { type AttemptOutcome, planAfterMove, planAttempt } from '../plan/plan-attempt.js';
import { DeliveryQueue } from '../store/delivery-queue.port.js';
import { EndpointStore } from '../store/endpoint-store.port.js';

/** Writes what came of attempts. A crash before it repeats an attempt, and loses none. */
@Injectable()
export class AttemptRecorder {
  private readonly logger = new Logger(AttemptRecorder.name);

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly endpoints: EndpointStore,
    private readonly metrics: WebhookMetrics,
    private readonly options: WebhookOptions,
    private readonly clock: Clock,
  ) {}

  /**
   * @param sentTo the address that has answered, or not: nothing is held against another one that the endpoint has since
   * @param known health of the endpoint, as far as it is known here
   * @returns its health now
   * @throws StoreUnavailableError
   */
  async record(
    delivery: WebhookDelivery,
    sentTo: string,
    outcome: AttemptOutcome,
    known: EndpointHealth,
  ): Promise<EndpointHealth> {
    this.metrics.countAttempt(outcome.attempt.result, outcome.attempt.durationMs);
    const chance = Math.random();
    let isFresh = false;
    for (let before = known; ; ) {
      const now = this.clock.now();
      const rules = { scheduleMs: this.options.scheduleMs, now, chance };
      let plan = planAttempt(delivery, before, outcome, rules);
      // Somebody may have resumed it since that was read, which forgets its failures.
      if (plan.disable !== null && !isFresh) {
        ({ health: before } = await this.queue.standing(delivery.endpointId));
        isFresh = true;
        continue;
      }
      // First: should this process die in between, the next attempt finds the same.
      if (plan.disable !== null && (await this.disable(delivery.endpointId, sentTo, plan.disable)) === 'moved') {
        plan = planAfterMove(delivery, before, outcome, rules);
      }
      const settlement = { delivery: plan.delivery, sentTo, before, health: plan.health };
      const settled = await this.queue.settle(settlement, this.clock.timestamp());
      if (settled === 'settled') return plan.health;
      ({ health: before } = await this.queue.standing(delivery.endpointId));
      // Somebody else has made this attempt as well; their result stands.
      if (settled === 'delivery') return before;
    }
  }

  /** @returns `moved`: it has another address by now, and stays as it is */
  private async disable(endpointId: EndpointId, sentTo: string, reason: DisabledReason): Promise<'disabled' | 'moved'> {
    for (;;) {
      const endpoint = await this.endpoints.get(endpointId);
      if (endpoint === null || endpoint.state.kind === 'disabled') return 'disabled';
      if (endpoint.url !== sentTo) return 'moved';
      if (!(await this.endpoints.disable(endpoint, reason))) continue;
      this.metrics.countDisabled(reason);
      this.logger.warn('a webhook endpoint was disabled', { endpointId, reason });
      return 'disabled';
    }
  }
}
