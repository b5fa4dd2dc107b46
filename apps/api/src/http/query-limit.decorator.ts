import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { Optional } from './optional.decorator.js';

/** How many items a list answers with: 1 to `maximum`. */
export function QueryLimit(maximum: number, standard: number): PropertyDecorator {
  const message = `must be a whole number from 1 to ${maximum}`;
  return applyDecorators(
    ApiPropertyOptional({ type: Number, minimum: 1, maximum, default: standard }),
    Optional(),
    Type(() => Number),
    IsInt({ message }),
    Min(1, { message }),
    Max(maximum, { message }),
  );
}
