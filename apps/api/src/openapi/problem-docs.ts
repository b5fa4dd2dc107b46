import type { ProblemType } from '@app/platform';
import type { OpenAPIObject } from '@nestjs/swagger';
import { problemExampleRef } from './shared-components.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type ResponseDocs = NonNullable<Operation['responses'][string]>;

/** How an operation answers that fails with this problem, for those that are described by hand. */
export function problemDocs(type: ProblemType): ResponseDocs {
  return {
    description: `\`${type.code}\`: ${type.title}`,
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: { [type.code]: problemExampleRef(type) },
      },
    },
  };
}
