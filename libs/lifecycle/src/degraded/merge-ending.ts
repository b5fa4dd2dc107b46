import type { DesiredState, EndingCommand, EndingEntry, InstanceRecord } from '@app/instance-store';
import { msFromTimestamp, type Timestamp } from '@app/platform';
import type { LifecyclePolicy } from '../state-machine/model.js';
import { withDesiredState } from '../state-machine/transitions.js';

/** How a stop or delete of the journal merges into a record. */
export type EndingMerge =
  | { readonly kind: 'applies'; readonly record: InstanceRecord }
  /**
   * `is-so`: it is desired already. `superseded`: something newer is desired, or more. `started-again`: nothing newer is
   * desired, but somebody has started the instance since. `gone`: the instance has ended. `not-ours`: the record was made
   * anew, and nobody has adopted it. `busy`: not before its migration has ended.
   */
  | { readonly kind: 'is-so' | 'superseded' | 'started-again' | 'gone' | 'not-ours' | 'busy' };

const DESIRED: Readonly<Record<EndingCommand['kind'], Exclude<DesiredState, 'running'>>> = {
  stop: 'stopped',
  delete: 'deleted',
};

/**
 * The newest desired state wins, by the times at which each was asked for; a stop does not take a delete back. An instance
 * that was started again since is left running, and one that was observed stopped is not stopped a second time. Pure,
 * and the same when it is done again.
 */
export function mergeEnding(
  record: InstanceRecord,
  { kind, at, by, observed }: Pick<EndingEntry, 'kind' | 'at' | 'by' | 'observed'>,
  policy: LifecyclePolicy,
): EndingMerge {
  const wanted = DESIRED[kind];
  const { desired, status, origin } = record;
  if (status === 'terminated') return { kind: 'gone' };
  if (origin === 'discovered') return { kind: 'not-ours' };
  if (desired.state === wanted) {
    if (desired.by !== 'console' || desired.at < at) return { kind: 'is-so' };
    // A worker has taken what this command did for a person's doing at the provider.
    return { kind: 'applies', record: { ...record, desired: { ...desired, by } } };
  }
  // At the same moment, the command knew of what was desired.
  if (desired.state === 'deleted' || desired.at > at) return { kind: 'superseded' };
  const isOurs = wasCommandedSince(record, at);
  if (observed?.startedAgainAt !== undefined && !isOurs) return { kind: 'started-again' };
  if (status === 'migrating') return { kind: 'busy' };
  const merged = withDesiredState(record, wanted, by, msFromTimestamp(at), policy);
  if (kind === 'delete') return { kind: 'applies', record: { ...merged, status: 'deleting' } };
  if (observed?.stoppedAt === undefined || isOurs) {
    return { kind: 'applies', record: { ...merged, status: 'stopping' } };
  }
  const { stoppedAt } = observed;
  const timestamps = { ...merged.timestamps, stopped: stoppedAt };
  return { kind: 'applies', record: { ...merged, status: 'stopped', confirmedAt: stoppedAt, timestamps } };
}

/** Whether a worker has started it since, for what was desired before: nobody has asked for that start anew. */
function wasCommandedSince({ attempts }: InstanceRecord, at: Timestamp): boolean {
  return attempts.lastCommandAt !== null && attempts.lastCommandAt >= at;
}
