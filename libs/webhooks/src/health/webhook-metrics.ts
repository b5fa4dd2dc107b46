import { type OverdueDeadline, overdueCounter } from '@app/jobs';
import { Counter, Histogram, type Registry } from 'prom-client';
import { ATTEMPT_RESULTS, type AttemptResult } from '../model/delivery.js';
import type { DisabledReason } from '../model/endpoint.js';

const DISABLED: Readonly<Record<DisabledReason, true>> = { 'gone-410': true, 'failed-5-days': true, unset: true };
/** `feed`: entries that the fan-out had not read. `log`: deliveries that had not ended when their time, or room, was up. */
const LOSSES = ['feed', 'log'] as const;

/** Counts what a worker does for webhooks. */
export class WebhookMetrics {
  private readonly attempts: Counter<'result'>;
  private readonly seconds: Histogram;
  private readonly disabled: Counter<'reason'>;
  private readonly lost: Counter<'where'>;
  private readonly overdue: Counter<'deadline'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.attempts = new Counter({
      name: 'novita_fleet_webhook_attempts_total',
      help: 'Attempts to deliver an event to a webhook endpoint, by what came of them',
      labelNames: ['result'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'novita_fleet_webhook_attempt_seconds',
      help: 'Time that one attempt took',
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.disabled = new Counter({
      name: 'novita_fleet_webhook_disablements_total',
      help: 'Webhook endpoints that were disabled, by why',
      labelNames: ['reason'],
      registers,
    });
    this.lost = new Counter({
      name: 'novita_fleet_webhook_losses_total',
      help: 'Deliveries that were dropped undelivered (log), and gaps in the feed, each of unknown length (feed)',
      labelNames: ['where'],
      registers,
    });
    this.overdue = overdueCounter(registry);
    // A series that begins with its first failure hides that failure from `increase()`.
    for (const result of ATTEMPT_RESULTS) this.attempts.inc({ result }, 0);
    for (const reason of Object.keys(DISABLED)) this.disabled.inc({ reason }, 0);
    for (const where of LOSSES) this.lost.inc({ where }, 0);
  }

  /** @param ms how long it took */
  countAttempt(result: AttemptResult, ms: number): void {
    this.attempts.inc({ result });
    this.seconds.observe(ms / 1_000);
  }

  countDisabled(reason: DisabledReason): void {
    this.disabled.inc({ reason });
  }

  countLost(where: (typeof LOSSES)[number], count: number): void {
    this.lost.inc({ where }, count);
  }

  countOverdue(count: number): void {
    const deadline: OverdueDeadline = 'webhook';
    this.overdue.inc({ deadline }, count);
  }
}
