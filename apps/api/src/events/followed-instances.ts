import { type FleetView, type InstanceId, isInstanceId } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { type FieldError, Problem } from '@app/platform';
import { parseInstanceRef } from '../instances/instance-ref.js';

/**
 * The instances that a reader names, by our ids.
 *
 * @param names of either kind
 * @param mayBeGone lets ids of ours pass that have no record any more: a reader that goes on where it was is still to be
 * told of the removal
 * @throws Problem `instance-not-found`, StoreUnavailableError
 */
export async function followedInstances(
  fleet: FleetView,
  names: readonly string[],
  mayBeGone: boolean,
): Promise<ReadonlySet<InstanceId>> {
  const refs = names.map(parseInstanceRef);
  const ours = refs.filter((ref) => isInstanceId(ref));
  const found = await Promise.all(refs.map(async (ref) => (mayBeGone && isInstanceId(ref) ? null : fleet.get(ref))));
  const ids = new Map<string, InstanceId>();
  for (const read of found) {
    if (read === null) continue;
    const { id, novitaInstanceId } = read.record;
    ids.set(id, id);
    if (novitaInstanceId !== null) ids.set(novitaInstanceId, id);
  }
  if (mayBeGone) for (const id of ours) ids.set(id, id);
  const errors: FieldError[] = refs.flatMap((ref, index) =>
    ids.has(ref) ? [] : [{ pointer: '?instance', detail: `entry ${index + 1} is the id of no instance` }],
  );
  if (errors.length > 0) {
    throw new Problem(lifecycleProblems['instance-not-found'], {
      detail: `There is no instance with ${errors.length === 1 ? 'this id' : `${errors.length} of these ids`}.`,
      errors,
    });
  }
  return new Set(refs.flatMap((ref) => ids.get(ref) ?? []));
}
