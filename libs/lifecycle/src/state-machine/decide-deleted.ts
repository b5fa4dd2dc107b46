import { phaseOf } from '@app/novita-client';
import { waitForOpenCreate } from './crash-safe-create.js';
import { commandDue, commandDueInMs, type Decision, firstPollMs, isProvenGone, type Situation } from './model.js';
import { asTerminated, countCommand, poll, wait, wakeAt } from './transitions.js';

/**
 * The desired state is `deleted`, and the provider was observed. `terminated` is written only when an observation shows
 * that the provider does not have the instance, when no open create can bring it back, and when nothing else carries its
 * marker: that search finds a duplicate that was stopped earlier, which is then adopted and deleted as well.
 */
export function decideDeleted(situation: Situation): Decision {
  const { before, observation, now, policy } = situation;
  const record = { ...situation.record, status: 'deleting' as const };
  if (observation.kind === 'absent') {
    const known = before.novitaInstanceId !== null;
    if (known && !isProvenGone(situation)) {
      return poll(record, now, firstPollMs(policy), 'Novita does not show the instance yet');
    }
    return whenGone(situation);
  }
  const { status } = observation.instance;
  const phase = phaseOf(status);
  if (phase === 'gone') return whenGone(situation);
  if (phase === 'removing') return poll(record, now, policy.pollIntervalMs, 'Novita is removing it');
  if (!commandDue(situation)) {
    const inMs = Math.min(commandDueInMs(record, now, policy), policy.pollIntervalMs);
    return wait(record, now, inMs, `Novita still says ${status}; waiting before the delete is sent again`);
  }
  return {
    step: { kind: 'delete', target: observation.instance.id },
    record: wakeAt(countCommand(record, now), now + firstPollMs(policy)),
    reason: `delete desired by ${record.desired.by}, and Novita says ${status}`,
  };
}

function whenGone({ record, observation, now, policy }: Situation): Decision {
  const open = record.attempts.openCreate;
  if (open !== null) return waitForOpenCreate({ ...record, status: 'deleting' }, open, now, policy);
  const { search } = observation;
  if (record.marker !== '' && search?.clean !== true) {
    const deleting = { ...record, status: 'deleting' as const };
    const inMs = search === null ? 0 : firstPollMs(policy);
    return wait(deleting, now, inMs, 'it is gone; whether a duplicate carries its marker is not known yet');
  }
  const reason = record.novitaInstanceId === null ? 'nothing at Novita carries our marker' : 'Novita has it no more';
  return { step: { kind: 'done' }, record: asTerminated(record, observation.at, policy), reason };
}
