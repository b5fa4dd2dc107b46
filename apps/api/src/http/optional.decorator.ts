import { ValidateIf } from 'class-validator';

/**
 * The member may be left out. Unlike class-validator's `IsOptional` this does not let `null` pass: a null that means
 * nothing is a mistake of the caller and is told.
 */
export function Optional(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}
