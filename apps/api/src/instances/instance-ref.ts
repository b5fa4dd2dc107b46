import { isInstanceId, type NovitaInstanceId } from '@app/instance-store';
import { type InstanceRef, lifecycleProblems } from '@app/lifecycle';
import { Problem } from '@app/platform';

/** What an id of the provider can look like; it says no more than "letters and digits". */
const FOREIGN_ID = /^[A-Za-z0-9_-]{1,255}$/;

/**
 * The id in a path as one of either kind.
 *
 * @throws Problem `instance-not-found` for what cannot be an id at all
 */
export function parseInstanceRef(text: string): InstanceRef {
  if (isInstanceId(text)) return text;
  if (FOREIGN_ID.test(text)) return text as NovitaInstanceId;
  throw instanceNotFound();
}

export function instanceNotFound(): Problem {
  return new Problem(lifecycleProblems['instance-not-found'], { detail: 'There is no instance with this id.' });
}
