import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateIf } from 'class-validator';

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
 * stops instances, whoever sent null may have meant the opposite.
 */
export function OptionalNotNull(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}
