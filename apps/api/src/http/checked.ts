import type { FieldError } from '@app/platform';

/**
 * An input class with rules that decorators cannot tell well: about single elements of a list, or about members that
 * must fit each other. Called when each member is valid by itself.
 */
export interface Checked {
  faults(): readonly FieldError[];
}

export function isChecked(value: object): value is Checked {
  return 'faults' in value && typeof value.faults === 'function';
}
