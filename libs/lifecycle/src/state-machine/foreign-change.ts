import type { DesiredState, InstanceRecord } from '@app/instance-store';
import { msFromTimestamp } from '@app/platform';
import { type Decision, type Found, firstPollMs, type Situation } from './model.js';
import { wait, withDesiredState } from './transitions.js';

/*
 * Starts and stops that a person makes at Novita's console. We never fight a person: a change that we believe becomes
 * the desired state.
 */

/**
 * Somebody started or stopped the instance at the provider. The change is believed when it is observed twice, or when
 * it is later than our last command by so much that it cannot be an echo of it.
 *
 * @param state what the person seems to want
 * @param believed what to do once it is believed, with the new desired state in the record
 */
export function foreignChange(
  situation: Situation<Found>,
  state: DesiredState,
  believed: (record: InstanceRecord) => Decision,
): Decision {
  const { before, record, observation, now, policy } = situation;
  const first = before.foreignChange;
  const lastCommandAt = before.attempts.lastCommandAt ?? before.desired.at;
  const ours = Math.max(msFromTimestamp(lastCommandAt), msFromTimestamp(before.desired.at));
  const observedTwice = first !== null && first.firstSeenAt < observation.at;
  if (!observedTwice && msFromTimestamp(observation.at) < ours + policy.foreignChangeAgeMs) {
    const doubted = {
      novitaStatus: observation.instance.status,
      firstSeenAt: first?.firstSeenAt ?? observation.at,
    };
    return wait(
      { ...record, foreignChange: doubted },
      now,
      firstPollMs(policy),
      `Novita says ${observation.instance.status}, which nobody here asked for; it is believed when it is observed again`,
    );
  }
  // The desired state begins with the observation that showed it, so that this very observation counts towards it.
  return believed(withDesiredState(record, state, 'console', msFromTimestamp(observation.at), policy));
}

/** Whether a stop cannot belong to a start-up of ours: it had arrived, a person had begun it, or nobody here had. */
export function isForeignStop({ status, desired, attempts, migration }: InstanceRecord): boolean {
  // Novita may leave a migrated instance down; it is started here.
  if (migration?.state === 'starting' && (status === 'migrating' || status === 'starting')) return false;
  if (status === 'ready' || desired.by === 'console') return true;
  const ran = status === 'running' || status === 'health_checking';
  return ran && attempts.creates === 0 && attempts.commands === 0;
}
