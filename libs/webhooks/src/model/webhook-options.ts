import type { ScheduleSettings } from '@app/jobs';
import type { ProcessSettings } from '@app/platform';
import type { WebhookSettings } from './webhooks.settings.js';

/** The settings of webhooks. Times in ms. */
export abstract class WebhookOptions {
  /** Null when no endpoint is set for all events. */
  abstract readonly globalUrl: string | null;
  /** Signs for `globalUrl` and for the addresses of instances: `whsec_…`; null for no signature. */
  abstract readonly secret: string | null;
  /** Whether private and loopback addresses may be sent to. */
  abstract readonly allowPrivateAddresses: boolean;
  /** Whether http is refused, as in production. */
  abstract readonly httpsOnly: boolean;
  /** Before each attempt, from the end of the one before it; the first from when the event was read. */
  abstract readonly scheduleMs: readonly number[];
  /** Between two looks for deliveries that no job will make. */
  abstract readonly sweepIntervalMs: number;
}

export function webhookOptionsOf(
  settings: WebhookSettings,
  schedule: ScheduleSettings,
  { NODE_ENV }: ProcessSettings,
): WebhookOptions {
  return {
    globalUrl: settings.WEBHOOK_URL,
    secret: settings.WEBHOOK_SECRET,
    allowPrivateAddresses: settings.WEBHOOK_ALLOW_PRIVATE_ADDRESSES,
    httpsOnly: NODE_ENV === 'production',
    scheduleMs: settings.WEBHOOK_SCHEDULE,
    sweepIntervalMs: schedule.DEADLINE_SWEEP_INTERVAL,
  };
}
