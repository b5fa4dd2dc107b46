import type { ProblemType } from '@app/platform';
import { SYNC_HEADERS } from '@app/sync-status';
import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ProblemDocument } from './problem-document.dto.js';

export interface AnswerDocs {
  readonly description: string;
  /** The class of a JSON answer; absent for an answer without a body. */
  readonly type?: Type;
  readonly example?: unknown;
  /** Media type of an answer that is no JSON. */
  readonly mediaType?: string;
  /** Of a stream of events: the class of what each carries as its `data`. */
  readonly eventType?: Type;
  /** Likewise, when there are several, distinguished by `type`: the name of the schema for each. */
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

/** OpenAPI 3.1 has no member of its own for the content of a stream; this is JSON Schema's for the content of a text. */
function eventSchema(eventType: Type | undefined, schemas: AnswerDocs['eventSchemas']): object {
  const contentMediaType = 'text/event-stream';
  if (eventType !== undefined) return { contentMediaType, contentSchema: { $ref: getSchemaPath(eventType) } };
  if (schemas === undefined) return {};
  const mapping = Object.fromEntries(Object.entries(schemas).map(([type, name]) => [type, getSchemaPath(name)]));
  const oneOf = [...new Set(Object.values(mapping))].map(($ref) => ({ $ref }));
  return { contentMediaType, contentSchema: { oneOf, discriminator: { propertyName: 'type', mapping } } };
}

function headerDocs(headers: Readonly<Record<string, string>>): Record<string, object> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );
}

/** Documents how a route fails: one answer for each status, with an example for each code. */
export function ProblemAnswers(types: readonly ProblemType[]): MethodDecorator {
  const byStatus = Map.groupBy(new Set(types), ({ status }) => status);
  return applyDecorators(
    ApiExtraModels(ProblemDocument),
    ...[...byStatus].map(([status, ofStatus]) =>
      ApiResponse({
        status,
        description: ofStatus.map(({ code, title }) => `\`${code}\`: ${title}`).join('; '),
        content: {
          'application/problem+json': {
            schema: { $ref: getSchemaPath(ProblemDocument) },
            examples: Object.fromEntries(ofStatus.map((type) => [type.code, problemExampleRef(type)])),
          },
        },
      }),
    ),
  );
}

/** Headers of every answer under /api, with what they say. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'X-Request-Id': 'The id of the request, also in our log: the `X-Request-Id` that was sent, when it is usable.',
  'X-Data-Source': 'Where the answer comes from: `redis` or `memory`.',
  'X-Data-As-Of': 'How fresh it is: when Novita was last observed to say so; of a list, the oldest observation in it.',
  ...SYNC_HEADERS,
  RateLimit: 'What is left: `"key";r=599;t=60`, so many requests (`r`) for so many seconds (`t`).',
  'RateLimit-Policy': 'The limit: `"key";q=600;w=60`, so many requests (`q`) in so many seconds (`w`).',
};

const COMMON_HEADER_REFS: Readonly<Record<string, { readonly $ref: string }>> = Object.fromEntries(
  Object.keys(COMMON_HEADERS).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

export function problemExampleRef({ code }: ProblemType): { readonly $ref: string } {
  return { $ref: `#/components/examples/${code}` };
}
