import type { FieldError } from '@app/platform';
import { entryViolations } from '../core/http/input-rules.js';
import { hintForUnknownType, typesNamed } from '../events/event-types.js';

/*
 * What can be wrong with the members of an endpoint beyond their form: names of events.
 */

/** @param types as they came */
export function typeViolations(types: readonly unknown[]): readonly FieldError[] {
  const entries = entryViolations(types, '/types', 'text', '"instance.ready"');
  if (entries.length > 0) return entries;
  return types.flatMap((name, index) => {
    if (typeof name !== 'string' || typesNamed(name) !== null) return [];
    return [{ pointer: `/types/${index}`, detail: `must be a type of event; ${hintForUnknownType(name)}` }];
  });
}
