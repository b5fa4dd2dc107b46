import type { Actor, DesiredState, InstanceStatus, NewInstanceRecord } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { NO_ATTEMPTS } from './discovered-record.js';

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
  return {
    ...record,
    origin: 'adopted',
    name: marked === null || marked.name === '' ? record.name : marked.name,
    marker: marked?.marker ?? '',
    desired: { state: record.desired.state, at, by },
    confirmedAt: null,
    deadlines: { ...deadlines, nextReconcileAt: at },
    attempts: attemptsFor(record.desired.state, record),
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
    timestamps: { ...ours.timestamps, stopping: ours.desired.at },
    attempts: attemptsFor('stopped', record),
  };
}

/**
 * Nothing was tried yet for the new wish; a create of unknown outcome stays open. An instance that is wished to run was
 * made by one create, whoever sent it: should it end before it is ready, its start has failed, and the life cycle does
 * not take it for a start that was never sent.
 */
export function attemptsFor(state: DesiredState, { attempts }: Pick<NewInstanceRecord, 'attempts'>): typeof attempts {
  return { ...NO_ATTEMPTS, creates: state === 'running' ? 1 : 0, openCreate: attempts.openCreate };
}
