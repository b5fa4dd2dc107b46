import { phaseOf } from '@app/novita-client';
import { type Decision, poll, wait, wakeAt } from './decision.js';
import { terminated } from './endings.js';
import { waitForOpenCreate } from './lost-create.js';
import { firstLookMs } from './policy.js';
import { commandDue, commandDueInMs, countCommand, isProvenGone, type Situation } from './situation.js';

/**
 * The instance is wished away, and the provider has been looked at. `terminated` is written only when the provider was
 * seen not to have it, when no open create can bring it back, and when nothing else carries its marker: a duplicate
 * that was stopped earlier is found by that search, adopted and deleted as well.
 */
export function decideDeleted(situation: Situation): Decision {
  const { before, seen, now, policy } = situation;
  const record = { ...situation.record, status: 'deleting' as const };
  if (seen.kind === 'absent') {
    const known = before.novitaInstanceId !== null;
    if (known && !isProvenGone(situation)) {
      return poll(record, now, firstLookMs(policy), 'Novita does not show the instance yet');
    }
    return whenGone(situation);
  }
  const word = seen.instance.status;
  const phase = phaseOf(word);
  if (phase === 'gone') return whenGone(situation);
  if (phase === 'removing') return poll(record, now, policy.pollIntervalMs, 'Novita is removing it');
  if (!commandDue(situation)) {
    const inMs = Math.min(commandDueInMs(record, now, policy), policy.pollIntervalMs);
    return wait(record, now, inMs, `Novita still says ${word}; waiting before the delete is sent again`);
  }
  return {
    step: { kind: 'delete', target: seen.instance.id },
    record: wakeAt(countCommand(record, now), now + firstLookMs(policy)),
    reason: `wished away by ${record.desired.by}, and Novita says ${word}`,
  };
}

function whenGone({ record, seen, now, policy }: Situation): Decision {
  const open = record.attempts.openCreate;
  if (open !== null) return waitForOpenCreate({ ...record, status: 'deleting' }, open, now, policy);
  const { search } = seen;
  if (record.marker !== '' && search?.clean !== true) {
    const deleting = { ...record, status: 'deleting' as const };
    const inMs = search === null ? 0 : firstLookMs(policy);
    return wait(deleting, now, inMs, 'it is gone; whether a duplicate carries its marker is not known yet');
  }
  const reason = record.novitaInstanceId === null ? 'nothing at Novita carries our marker' : 'Novita has it no more';
  return { step: { kind: 'done' }, record: terminated(record, seen.at, policy), reason };
}
