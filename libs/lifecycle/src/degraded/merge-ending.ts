import type { DesiredState, EndingCommand, InstanceRecord } from '@app/instance-store';
import { msFromTimestamp } from '@app/platform';
import type { LifecyclePolicy } from '../state-machine/model.js';
import { withWish } from '../state-machine/transitions.js';

/** What a stop or delete of the journal makes of a record. */
export type EndingMerge =
  | { readonly kind: 'applies'; readonly record: InstanceRecord }
  /**
   * `is-so`: it is desired already. `superseded`: something newer is desired, or more. `gone`: the instance has ended.
   * `not-ours`: the record was made anew, and nobody has adopted it. `busy`: not before its migration has ended.
   */
  | { readonly kind: 'is-so' | 'superseded' | 'gone' | 'not-ours' | 'busy' };

const DESIRED: Readonly<Record<EndingCommand['kind'], Exclude<DesiredState, 'running'>>> = {
  stop: 'stopped',
  delete: 'deleted',
};

/**
 * The newest desired state wins, by the times at which each was asked for; a stop does not take a delete back. Pure, and
 * the same when it is done again.
 */
export function mergeEnding(
  record: InstanceRecord,
  { kind, at, by }: Pick<EndingCommand, 'kind' | 'at' | 'by'>,
  policy: LifecyclePolicy,
): EndingMerge {
  const wanted = DESIRED[kind];
  const { desired, status, origin } = record;
  if (status === 'terminated') return { kind: 'gone' };
  if (origin === 'discovered') return { kind: 'not-ours' };
  if (desired.state === wanted) return { kind: 'is-so' };
  // At the same moment, the command knew of what was desired.
  if (desired.state === 'deleted' || desired.at > at) return { kind: 'superseded' };
  if (status === 'migrating') return { kind: 'busy' };
  const merged = withWish(record, wanted, by, msFromTimestamp(at), policy);
  return { kind: 'applies', record: { ...merged, status: kind === 'stop' ? 'stopping' : 'deleting' } };
}
