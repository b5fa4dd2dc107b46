import type { ScheduleSettings } from '@app/jobs';
import { type ProcessSettings, timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { WebhookEndpoint } from './endpoint.js';
import type { EndpointSecret } from './secrets.js';
import type { WebhookSettings } from './webhooks.settings.js';

/** The settings of webhooks. Times in ms. */
export abstract class WebhookOptions {
  /** Null when no endpoint is set for all events. */
  abstract readonly globalUrl: string | null;
  /** Signs for `globalUrl` and for the addresses of instances: `whsec_…`; null for no signature. */
  abstract readonly secret: string | null;
  /** Whether private and loopback addresses may be sent to. */
  abstract readonly allowPrivateAddresses: boolean;
  /** Whether http is rejected, as in production. */
  abstract readonly httpsOnly: boolean;
  /** Before each attempt, from the end of the one before it; the first from when the event was read. */
  abstract readonly scheduleMs: readonly number[];
  /** Between two searches for deliveries that no job will make. */
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

/** WEBHOOK_SECRET, which signs for the endpoints that the settings and instances name. It is never stored. */
@Injectable()
export class SettingSecrets {
  /** Empty without WEBHOOK_SECRET. */
  readonly secrets: readonly EndpointSecret[];

  constructor({ secret }: WebhookOptions) {
    const createdAt = timestampFromMs(0);
    this.secrets = secret === null ? [] : [{ algorithm: 'v1', key: secret, createdAt, expiresAt: null }];
  }

  /** The endpoint with the secrets that sign for it. */
  with(endpoint: WebhookEndpoint): WebhookEndpoint {
    return endpoint.kind === 'managed' ? endpoint : { ...endpoint, secrets: this.secrets };
  }
}
