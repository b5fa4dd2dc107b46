import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateIf } from 'class-validator';
import { Follows } from './input-rules.js';

/**
 * The member may be left out, and null counts as that: many clients write every member that they know, the ones without
 * a value as null. Where null means something of its own, see `Nullable`.
 */
export function Optional(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (value === null ? undefined : value)),
    ValidateIf((_object, value) => value !== undefined),
  );
}

/**
 * The member may be left out, and null is refused: where leaving it out acts for real, as with `dryRun` of a command that
 * stops instances, the sender of null may have meant the opposite.
 */
export function OptionalNotNull(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}

/** The member may be left out, or be null where null means something of its own. */
export function Nullable(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined && value !== null);
}

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

/** A list in a query: `a,b` and `name=a&name=b` mean the same. A value that is no text stays as it is, to be rejected. */
export function splitList(value: unknown): unknown {
  if (typeof value === 'string') return value.split(',').map((part) => part.trim());
  return Array.isArray(value) ? value.flatMap((part) => splitList(part)) : value;
}
