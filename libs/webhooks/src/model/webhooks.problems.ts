import { defineProblems } from '@app/platform';

export const webhookProblems = defineProblems({
  'webhook-endpoint-not-found': {
    status: 404,
    title: 'No such webhook endpoint',
    description: 'There is no webhook endpoint with this id.',
    suggestion: 'Look it up with GET /api/v1/webhooks/endpoints.',
    retryable: false,
  },
  'webhook-endpoint-changed': {
    status: 412,
    title: 'The webhook endpoint has changed',
    description: 'Somebody has changed the endpoint since the revision that If-Match names. Nothing was changed.',
    suggestion: 'Read the endpoint again, decide anew and send its present ETag.',
    retryable: false,
  },
  'webhook-endpoint-fixed': {
    status: 409,
    title: 'The webhook endpoint is set elsewhere',
    description:
      'Endpoints of WEBHOOK_URL and of the webhookUrl of an instance are shown, can be paused and resumed, and are changed where they were set.',
    suggestion: 'Change the setting, or the instance with PATCH /api/v1/instances/{id}.',
    retryable: false,
  },
  'webhook-endpoint-disabled': {
    status: 409,
    title: 'The webhook endpoint is disabled',
    description: 'Nothing is sent to a disabled endpoint, so nothing can be sent to it again.',
    suggestion: 'Resume it first with POST /api/v1/webhooks/endpoints/{id}/resume.',
    retryable: false,
  },
  'webhook-endpoints-full': {
    status: 409,
    title: 'Too many webhook endpoints',
    description: 'Every event is matched with every endpoint, so their number is limited.',
    suggestion: 'Delete an endpoint that is not needed any more.',
    retryable: false,
  },
  'webhook-delivery-not-found': {
    status: 404,
    title: 'No such webhook delivery',
    description: 'There is no delivery with this id; deliveries are kept for seven days.',
    suggestion: 'Look it up with GET /api/v1/webhooks/deliveries.',
    retryable: false,
  },
  'webhook-event-not-kept': {
    status: 409,
    title: 'The event is not kept any more',
    description: 'The delivery can be shown, and the body of its event is gone, so it cannot be sent again.',
    suggestion: 'Read the present state of the instance instead.',
    retryable: false,
  },
});
