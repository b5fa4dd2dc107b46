import { timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { WebhookEndpoint } from './endpoint.js';
import type { EndpointSecret } from './secrets.js';
import { WebhookOptions } from './webhook-options.js';

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
