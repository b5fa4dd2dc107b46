import {
  type Actor,
  type DesiredState,
  type InstanceAttempts,
  type InstanceStatus,
  type NewInstanceRecord,
  NO_ATTEMPTS,
} from '@app/instance-store';
import { timestampFromMs } from '@app/platform';

export interface Adoption {
  readonly by: Actor;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Taken from its name at the provider; null when it carries none of ours, or another record has it. */
  readonly marked: { readonly name: string; readonly marker: string } | null;
}

/**
 * A record of an instance that was made elsewhere, as one of ours: what the instance does becomes what is wished, and
 * the life cycle is to look at it. There is no time by which it must be ready: nobody here has started it, so a port
 * that does not answer is no reason to stop it.
 */
export function adopted<Known extends NewInstanceRecord>(record: Known, { by, now, marked }: Adoption): Known {
  const at = timestampFromMs(now);
  const { startupBy: _startupBy, purgeAt: _purgeAt, ...deadlines } = record.deadlines;
  const { state } = record.desired;
  return {
    ...record,
    origin: 'adopted',
    name: marked === null || marked.name === '' ? record.name : marked.name,
    marker: marked?.marker ?? '',
    desired: { state, at, by },
    confirmedAt: agrees(record.status) ? record.confirmedAt : null,
    deadlines: { ...deadlines, nextReconcileAt: at },
    attempts: firstAttempts(state, record),
    ignored: null,
  };
}

/** Adopted, and to be stopped; one that is being removed is left to its end. */
export function adoptedToStop<Known extends NewInstanceRecord>(record: Known, adoption: Adoption): Known {
  const ours = adopted(record, adoption);
  if (record.desired.state === 'deleted') return ours;
  const status: InstanceStatus = record.status === 'stopped' ? 'stopped' : 'stopping';
  return {
    ...ours,
    status,
    desired: { ...ours.desired, state: 'stopped' },
    // It is a command: one that was started since is to be stopped all the same.
    confirmedAt: null,
    timestamps: { ...ours.timestamps, stopping: ours.desired.at },
    attempts: firstAttempts('stopped', record),
  };
}

/**
 * Whether an instance that was seen in this state does already what is wished because of it. The life cycle then takes
 * every other state for what a person has done since, and does not undo it.
 */
export function agrees(status: InstanceStatus): boolean {
  return status === 'running' || status === 'stopped';
}

/**
 * Nothing was tried yet for the new wish; a create of unknown outcome stays open. An instance that is still coming up
 * was made by one create, whoever sent it: should it end before it runs, its start has failed, and the life cycle does
 * not take it for a start that was never sent.
 */
export function firstAttempts(
  state: DesiredState,
  { status, attempts }: Pick<NewInstanceRecord, 'status' | 'attempts'>,
): InstanceAttempts {
  const comingUp = state === 'running' && status !== 'running';
  return { ...NO_ATTEMPTS, creates: comingUp ? 1 : 0, openCreate: attempts.openCreate };
}
