import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { ACTIVITY_EVENT, ACTIVITY_EVENT_SCHEMA } from '../activity/activity.dto.js';
import { CONTROL_TYPES, EVENT_TYPES, type EventType, isInstanceType } from '../events/event-types.js';
import { InstanceEventView, pascalOf, SyncRunEventView, schemaNameOf } from '../events/events.dto.js';
import { CONTROL_EXAMPLES, CONTROL_MEANINGS, EVENT_EXAMPLES, EVENT_MEANINGS } from '../events/events.examples.js';
import { InstanceView } from '../instances/instance-view.dto.js';
import { HeldView } from '../sync/sync-status.dto.js';

const WEBHOOK_NOTE =
  'Sent to the endpoints of `GET /api/v1/webhooks/endpoints` that want it, as Standard Webhooks: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`. It holds no values of environment variables, no passwords and no webhook addresses. Any 2xx takes it; everything else is tried again.';

/** Adds a schema for each type of event, one for what the activity lists, and the section of webhooks. */
export function withEvents(document: OpenAPIObject): OpenAPIObject {
  const known = document.components?.schemas ?? {};
  const controls = CONTROL_TYPES.map((type) => {
    const name = schemaNameOf(type);
    return [name, { ...known[name], description: CONTROL_MEANINGS[type], examples: [CONTROL_EXAMPLES[type]] }] as const;
  });
  const events = EVENT_TYPES.map((type) => [schemaNameOf(type), schemaOf(type, known[schemaNameOf(type)])] as const);
  return {
    ...document,
    webhooks: Object.fromEntries(EVENT_TYPES.map((type) => [type, webhookOf(type)])),
    components: {
      ...document.components,
      schemas: { ...known, ...Object.fromEntries([...events, ...controls]), [ACTIVITY_EVENT]: ACTIVITY_EVENT_SCHEMA },
    },
  };
}

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** @param whole of a type that has a kind of its own */
function schemaOf(type: EventType, whole: Schema | undefined): Schema {
  const description = { description: EVENT_MEANINGS[type] };
  if (whole !== undefined) return { ...whole, ...description };
  const kind = getSchemaPath(isInstanceType(type) ? InstanceEventView : SyncRunEventView);
  const properties = { type: { type: 'string', enum: [type] }, ...certainOf(type) };
  return { ...description, allOf: [{ $ref: kind }, { type: 'object', required: Object.keys(properties), properties }] };
}

/** What a type has for certain of what its kind may have. */
function certainOf(type: EventType): Readonly<Record<string, object>> {
  if (isInstanceType(type))
    return type === 'instance.removed' ? {} : { instance: { $ref: getSchemaPath(InstanceView) } };
  if (type === 'sync.held') return { held: { $ref: getSchemaPath(HeldView) } };
  return type === 'sync.failed' ? { error: { type: 'string' } } : {};
}

function webhookOf(type: EventType): NonNullable<OpenAPIObject['webhooks']>[string] {
  return {
    post: {
      operationId: `on${pascalOf(type)}`,
      summary: type,
      description: `${EVENT_MEANINGS[type]}\n\n${WEBHOOK_NOTE}`,
      tags: ['webhooks'],
      security: [],
      requestBody: {
        required: true,
        content: {
          'application/json': isInstanceType(type)
            ? { schema: withSequence(type), example: Object.assign({}, EVENT_EXAMPLES[type], { sequence: 4 }) }
            : { schema: { $ref: getSchemaPath(schemaNameOf(type)) }, example: EVENT_EXAMPLES[type] },
        },
      },
      responses: {
        '2XX': { description: 'It was accepted.' },
        '410': { description: 'The endpoint is disabled: nothing more is sent to it.' },
        '429': { description: 'It is sent again after the time in Retry-After.' },
      },
    },
  };
}

function withSequence(type: EventType): Schema {
  const sequence = {
    type: 'integer',
    minimum: 1,
    description: 'Which event of its instance it is, in the order in which they happened.',
  };
  const rest = { type: 'object', required: ['sequence'], properties: { sequence } };
  return { allOf: [{ $ref: getSchemaPath(schemaNameOf(type)) }, rest] };
}
