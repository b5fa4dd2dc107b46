import type { NewFleetEvent } from '@app/instance-store';
import type { DisabledReason, WebhookEndpoint } from '../model/endpoint.js';

/** What the feed says of an endpoint that gets nothing any more. The address without its query, which may hold a secret. */
export function disabledEvent(
  { id, url, failingSince }: WebhookEndpoint,
  reason: DisabledReason,
): Extract<NewFleetEvent, { readonly type: 'webhook.disabled' }> {
  const { origin, pathname } = new URL(url);
  return {
    type: 'webhook.disabled',
    data: { endpointId: id, url: `${origin}${pathname}`, reason, failingSince },
  };
}
