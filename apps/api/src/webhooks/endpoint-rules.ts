import type { FieldError } from '@app/platform';
import { STOP_PENDING } from '@app/webhooks';
import { entryViolations } from '../core/http/input-rules.js';
import { hintForUnknownType, typesNamed } from '../events/event-types.js';

/*
 * What can be wrong with the members of an endpoint beyond their form: names of events, and what depends on them.
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

/** An endpoint that does not get the event can hold nothing. */
export function holdViolations(hold: boolean | undefined, types: readonly unknown[]): readonly FieldError[] {
  const isSent = types.length === 0 || types.includes(STOP_PENDING) || types.includes('instance.*');
  if (hold !== true || isSent) return [];
  return [{ pointer: '/hold', detail: `needs ${STOP_PENDING} among the types` }];
}
