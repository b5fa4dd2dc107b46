import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { COMMON_HEADER_REFS } from './shared-components.js';

export interface AnswerDocs {
  readonly description: string;
  /** The class of a JSON answer; absent for an answer without a body. */
  readonly type?: Type;
  readonly example?: unknown;
  /** Media type of an answer that is no JSON. */
  readonly mediaType?: string;
  /** Of a stream of events: the class of what each carries as its `data`. */
  readonly eventType?: Type;
  /** Likewise, when there are several, told apart by `type`: the name of the schema for each. */
  readonly eventSchemas?: Readonly<Record<string, string>>;
  /** Further headers beside those of every answer, with what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Documents what a route answers when all goes well. */
export function Answers(answers: Readonly<Record<number, AnswerDocs>>): MethodDecorator {
  return applyDecorators(
    ...Object.entries(answers).flatMap(([status, docs]) => [
      ...[docs.type, docs.eventType].flatMap((type) => (type === undefined ? [] : [ApiExtraModels(type)])),
      ApiResponse({
        status: Number(status),
        description: docs.description,
        headers: { ...COMMON_HEADER_REFS, ...headerDocs(docs.headers ?? {}) },
        ...contentOf(docs),
      }),
    ]),
  );
}

function contentOf({ type, example, mediaType = 'application/json', eventType, eventSchemas }: AnswerDocs): object {
  if (type === undefined && example === undefined) return {};
  const schema =
    type === undefined ? { type: 'string', ...eventSchema(eventType, eventSchemas) } : { $ref: getSchemaPath(type) };
  return { content: { [mediaType]: { schema, ...(example !== undefined && { example }) } } };
}

/** OpenAPI 3.1 has no member of its own for what is in a stream; this is JSON Schema's for what is in a text. */
function eventSchema(eventType: Type | undefined, schemas: AnswerDocs['eventSchemas']): object {
  const contentMediaType = 'text/event-stream';
  if (eventType !== undefined) return { contentMediaType, contentSchema: { $ref: getSchemaPath(eventType) } };
  if (schemas === undefined) return {};
  const mapping = Object.fromEntries(Object.entries(schemas).map(([type, name]) => [type, getSchemaPath(name)]));
  const oneOf = Object.values(mapping).map(($ref) => ({ $ref }));
  return { contentMediaType, contentSchema: { oneOf, discriminator: { propertyName: 'type', mapping } } };
}

function headerDocs(headers: Readonly<Record<string, string>>): Record<string, object> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );
}
