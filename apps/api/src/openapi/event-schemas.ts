import { ApiExtraModels, getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { CONTROL_MEANINGS, EVENT_MEANINGS } from '../events/event-meanings.js';
import { CONTROL_TYPES, EVENT_TYPES, type EventType, isInstanceType } from '../events/event-types.js';
import {
  ConnectedEventView,
  DegradedEventView,
  InstanceEventView,
  ListEventView,
  ResetEventView,
  RestoredEventView,
  SpendWarningEventView,
  SyncRunEventView,
} from '../events/events.dto.js';
import { InstanceView } from '../instances/instance-view.dto.js';
import { HeldView } from '../sync/sync-status.dto.js';
import { CONTROL_EXAMPLES, EVENT_EXAMPLES } from './event-examples.js';

const WEBHOOK_NOTE =
  'Not delivered yet: for now this is told by `GET /api/v1/events` only. When webhooks come, this will be their body.';

/** The name of the schema of each event of the stream. */
export const STREAM_SCHEMAS: Readonly<Record<string, string>> = Object.fromEntries(
  [...EVENT_TYPES, ...CONTROL_TYPES].map((type) => [type, schemaNameOf(type)]),
);

/** Puts what all events of a kind have in common, and what the stream says of itself, among the schemas. */
export function EventSchemas(): MethodDecorator & ClassDecorator {
  return ApiExtraModels(
    InstanceEventView,
    SyncRunEventView,
    SpendWarningEventView,
    ConnectedEventView,
    ResetEventView,
    ListEventView,
    DegradedEventView,
    RestoredEventView,
  );
}

/** Adds a schema for each type of event, and the section of webhooks. */
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
      schemas: { ...known, ...Object.fromEntries([...events, ...controls]) },
    },
  };
}

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** @param whole of a type that has a kind of its own */
function schemaOf(type: EventType, whole: Schema | undefined): Schema {
  const told = { description: EVENT_MEANINGS[type] };
  if (whole !== undefined) return { ...whole, ...told };
  const kind = getSchemaPath(isInstanceType(type) ? InstanceEventView : SyncRunEventView);
  const properties = { type: { type: 'string', enum: [type] }, ...certainOf(type) };
  return { ...told, allOf: [{ $ref: kind }, { type: 'object', required: Object.keys(properties), properties }] };
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
      tags: ['events'],
      security: [],
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { $ref: getSchemaPath(schemaNameOf(type)) }, example: EVENT_EXAMPLES[type] },
        },
      },
      responses: { '2XX': { description: 'It was taken.' } },
    },
  };
}

function schemaNameOf(type: string): string {
  return `${pascalOf(type)}Event`;
}

function pascalOf(type: string): string {
  return type
    .split(/[._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
