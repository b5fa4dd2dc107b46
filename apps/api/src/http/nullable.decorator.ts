import { ValidateIf } from 'class-validator';

/** The member may be left out, or be null where null means something of its own. */
export function Nullable(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined && value !== null);
}
