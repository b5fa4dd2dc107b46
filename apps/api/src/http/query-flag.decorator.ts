import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Follows } from './input-rules.js';
import { Optional } from './optional.decorator.js';

/** A query parameter that is `true` or `false`; everything else is refused. */
export function QueryFlag(docs: Pick<ApiPropertyOptions, 'description' | 'default'>): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: Boolean, ...docs }),
    Optional(),
    Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value)),
    Follows((value) => {
      if (typeof value === 'boolean') return null;
      return Array.isArray(value) ? 'must be given once' : 'must be true or false';
    }),
  );
}
