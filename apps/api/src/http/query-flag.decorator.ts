import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean } from 'class-validator';
import { Optional } from './optional.decorator.js';

/** A query parameter that is `true` or `false`; everything else is refused. */
export function QueryFlag(docs: Pick<ApiPropertyOptions, 'description' | 'default'>): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: Boolean, ...docs }),
    Optional(),
    Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value)),
    IsBoolean({ message: 'must be true or false' }),
  );
}
