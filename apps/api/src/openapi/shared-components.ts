import { PLATFORM_PROBLEMS, type ProblemType } from '@app/platform';
import type { OpenAPIObject } from '@nestjs/swagger';
import { PROBLEM_FAMILIES } from '../problems/problem-families.js';
import type { ProblemDocument } from './problem-document.dto.js';

/** Headers of every answer under /api, with what they say. */
const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'X-Request-Id': 'The id of the request, also in our log: the `X-Request-Id` that was sent, when it is usable.',
  'X-Data-Source': 'Where the answer comes from: `redis` or `memory`.',
  'X-Data-As-Of': 'How fresh it is: when Novita was last seen to say so; of a list, the oldest picture in it.',
  'X-Sync-Status': 'What the sync with Novita does: `not_started`, `in_progress`, `completed` or `failed`.',
  'X-Sync-Step': 'While in progress: `cleanup`, `sync`, `informer` or `done`.',
  'X-Sync-Progress': 'While in progress: kinds of resources that are over, of all: `6/9`.',
  'X-Sync-Current-Resource': 'While in progress: the kind that is being read.',
  'X-Sync-End-Time': 'When completed: the end of the run.',
  'X-Sync-Duration': 'When completed: how long the run took: `5234ms`.',
  'X-Sync-Error': 'When failed: why, in one line of at most 200 characters.',
  RateLimit: 'What is left: `"key";r=599;t=60`, so many requests (`r`) for so many seconds (`t`).',
  'RateLimit-Policy': 'The limit: `"key";q=600;w=60`, so many requests (`q`) in so many seconds (`w`).',
};

export const COMMON_HEADER_REFS: Readonly<Record<string, { readonly $ref: string }>> = Object.fromEntries(
  Object.keys(COMMON_HEADERS).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

export function problemExampleRef({ code }: ProblemType): { readonly $ref: string } {
  return { $ref: `#/components/examples/${code}` };
}

/** Adds what many operations refer to, as far as they do. */
export function withSharedComponents(document: OpenAPIObject): OpenAPIObject {
  const text = JSON.stringify(document.paths);
  const examples = [PLATFORM_PROBLEMS, ...PROBLEM_FAMILIES]
    .flatMap((family) => Object.values<ProblemType>(family))
    .filter((type) => text.includes(`"${problemExampleRef(type).$ref}"`))
    .map((type) => [type.code, { summary: type.title, value: exampleOf(type) }] as const);
  const headers = Object.entries(COMMON_HEADERS).map(
    ([name, description]) => [name, { description, schema: { type: 'string' } }] as const,
  );
  return {
    ...document,
    components: {
      ...document.components,
      headers: Object.fromEntries(headers),
      examples: Object.fromEntries(examples),
    },
  };
}

function exampleOf({ code, status, title, description, suggestion, retryable }: ProblemType): ProblemDocument {
  const requestId = '4f9d0c1e-7a52-4b7e-9d0f-1c2b3a4d5e6f';
  return {
    type: `/errors/${code}`,
    title,
    status,
    detail: description,
    instance: `urn:request:${requestId}`,
    code,
    retryable,
    suggestion,
    requestId,
  };
}
