import type { DesiredState, InstanceRecord } from '@app/instance-store';
import { msFromTimestamp } from '@app/platform';
import { type Decision, wait } from './decision.js';
import type { Found } from './observation.js';
import { firstLookMs } from './policy.js';
import type { Situation } from './situation.js';
import { withWish } from './wish.js';

/**
 * Somebody started or stopped the instance at the provider. It is believed when it is seen twice, or when it is later
 * than our last command by so much that it cannot be an echo of it; then it becomes the wish. We never fight a person.
 *
 * @param state what the person seems to want
 * @param believed what to do once it is believed, with the new wish in the record
 */
export function foreignChange(
  situation: Situation<Found>,
  state: DesiredState,
  believed: (record: InstanceRecord) => Decision,
): Decision {
  const { before, record, seen, now, policy } = situation;
  const first = before.foreignChange;
  const lastCommandAt = before.attempts.lastCommandAt ?? before.desired.at;
  const ours = Math.max(msFromTimestamp(lastCommandAt), msFromTimestamp(before.desired.at));
  const seenTwice = first !== null && first.firstSeenAt < seen.at;
  if (!seenTwice && msFromTimestamp(seen.at) < ours + policy.foreignChangeAgeMs) {
    const doubted = { novitaStatus: seen.instance.status, firstSeenAt: first?.firstSeenAt ?? seen.at };
    return wait(
      { ...record, foreignChange: doubted },
      now,
      firstLookMs(policy),
      `Novita says ${seen.instance.status}, which nobody here asked for; looking again before it is believed`,
    );
  }
  // The wish begins with the look that showed it, so that this very observation counts towards it.
  return believed(withWish(record, state, 'console', msFromTimestamp(seen.at), policy));
}
