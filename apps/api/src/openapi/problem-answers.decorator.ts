import type { ProblemType } from '@app/platform';
import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ProblemDocument } from './problem-document.dto.js';
import { problemExampleRef } from './shared-components.js';

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
