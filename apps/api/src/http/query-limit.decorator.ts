import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Follows } from './input-rules.js';
import { Optional } from './optional.decorator.js';

/** How many items a list answers with: 1 to `maximum`. */
export function QueryLimit(maximum: number, standard: number, description?: string): PropertyDecorator {
  const says = `must be a whole number from 1 to ${maximum}`;
  return applyDecorators(
    ApiPropertyOptional({
      type: Number,
      minimum: 1,
      maximum,
      default: standard,
      ...(description !== undefined && { description }),
    }),
    Optional(),
    Transform(({ value }: { value: unknown }) => wholeNumber(value)),
    Follows((value) => {
      if (Array.isArray(value)) return 'must be given once';
      return typeof value === 'number' && value >= 1 && value <= maximum ? null : says;
    }),
  );
}

/** Digits only: `Number` would read an empty text as 0, and take `1e2` and `0x10`. */
function wholeNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
}
