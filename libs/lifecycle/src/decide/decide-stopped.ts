import { phaseOf } from '@app/novita-client';
import { type Decision, poll, settle, wait, wakeAt } from './decision.js';
import { vanish } from './endings.js';
import { foreignChange } from './foreign-change.js';
import { waitForOpenCreate } from './lost-create.js';
import type { Absent, Found } from './observation.js';
import { firstLookMs } from './policy.js';
import { commandDue, commandDueInMs, countCommand, isProvenGone, type Situation } from './situation.js';

/**
 * The instance is wished to stand still, and the provider has been looked at. Only what was seen ends in `stopped`; a
 * stop that the provider refuses is sent again for as long as it takes. A `failed` stays visible when it has stopped.
 */
export function decideStopped(situation: Situation): Decision {
  const { before, seen } = situation;
  if (seen.kind === 'found') return whenFound({ ...situation, seen });
  return before.novitaInstanceId === null
    ? whenNothingWasMade({ ...situation, seen })
    : whenDenied({ ...situation, seen });
}

function whenFound(situation: Situation<Found>): Decision {
  const { before, record, seen, now, policy } = situation;
  const word = seen.instance.status;
  const phase = phaseOf(word);
  switch (phase) {
    case 'down':
      return settle(asStopped(situation), now, policy, `Novita says ${word}`);
    case 'gone':
      return whenGone(situation);
    case 'removing':
      return poll({ ...record, status: 'deleting' }, now, policy.pollIntervalMs, 'Novita is removing it');
    case 'going-down':
      return poll(asStopping(situation), now, policy.pollIntervalMs, `Novita says ${word}`);
    case 'migrating':
    case 'unknown':
      if (before.confirmedAt === null) return stop(situation);
      return poll(record, now, policy.pollIntervalMs, `Novita says ${word}, which does not mean that it runs`);
    case 'accepted':
    case 'coming-up':
    case 'up':
    case 'restarting':
      return before.confirmedAt === null ? stop(situation) : startedElsewhere(situation);
  }
}

function stop(situation: Situation<Found>): Decision {
  const { seen, now, policy } = situation;
  const stopping = asStopping(situation);
  if (!commandDue(situation)) {
    const inMs = Math.min(commandDueInMs(stopping, now, policy), policy.pollIntervalMs);
    return wait(
      stopping,
      now,
      inMs,
      `Novita still says ${seen.instance.status}; waiting before the stop is sent again`,
    );
  }
  return {
    step: { kind: 'stop', target: seen.instance.id },
    record: wakeAt(countCommand(stopping, now), now + firstLookMs(policy)),
    reason: `wished to stop by ${stopping.desired.by}, and Novita says ${seen.instance.status}`,
  };
}

/** It had stopped as wished, and now it runs. */
function startedElsewhere(situation: Situation<Found>): Decision {
  return foreignChange(situation, 'running', (wished) =>
    poll({ ...wished, status: 'starting' }, situation.now, 0, 'started by hand at Novita'),
  );
}

/** No id is known and a clean search found nothing: there is nothing that could run. */
function whenNothingWasMade(situation: Situation<Absent>): Decision {
  const { record, now, policy } = situation;
  const open = record.attempts.openCreate;
  if (open !== null) return waitForOpenCreate(record, open, now, policy);
  return settle(asStopped(situation), now, { ...policy, settledRefreshMs: null }, 'nothing was made at Novita');
}

function whenDenied(situation: Situation<Absent>): Decision {
  const { record, now, policy } = situation;
  if (!isProvenGone(situation)) return poll(record, now, firstLookMs(policy), 'Novita does not show the instance yet');
  return whenGone(situation);
}

function whenGone(situation: Situation): Decision {
  const { record, now, policy } = situation;
  const open = record.attempts.openCreate;
  return open === null ? vanish(situation) : waitForOpenCreate(record, open, now, policy);
}

function asStopped({ before, record, seen }: Situation): Situation['record'] {
  const timestamps = { ...record.timestamps, stopped: record.timestamps.stopped ?? seen.at };
  const status = before.status === 'failed' ? 'failed' : 'stopped';
  return { ...record, status, timestamps, confirmedAt: seen.at, foreignChange: null };
}

function asStopping({ before, record }: Situation): Situation['record'] {
  return { ...record, status: before.status === 'failed' ? 'failed' : 'stopping' };
}
