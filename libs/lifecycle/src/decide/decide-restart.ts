import { msFromTimestamp, timestampFromMs } from '@app/platform';
import { instanceError } from '../problems/provider-fault.js';
import { type Decision, poll, wait, wakeAt } from './decision.js';
import type { Found } from './observation.js';
import { firstLookMs } from './policy.js';
import type { Situation } from './situation.js';
import { commandDue, commandDueInMs, countCommand, isPastStartup } from './situation.js';

/** A restart is wished and the provider says running: it was not begun yet, or it is over already. */
export function decideRestart(situation: Situation<Found>): Decision {
  const { before, record, seen, now, policy } = situation;
  const { restartRequestedAt } = before;
  const { lastStartedAt } = seen.instance;
  const settled = { ...record, restartRequestedAt: null, status: 'running' as const };
  const wasSent = before.attempts.commands > 0;
  // The provider counts in whole seconds.
  if (
    wasSent &&
    restartRequestedAt !== null &&
    lastStartedAt !== null &&
    msFromTimestamp(lastStartedAt) + 999 >= msFromTimestamp(restartRequestedAt)
  ) {
    const timestamps = { ...settled.timestamps, started: seen.at };
    return poll({ ...settled, timestamps }, now, 0, 'the restart has taken place');
  }
  if (isPastStartup(record, now)) {
    const refused = instanceError('restart-refused', 'Novita took no restart in time', timestampFromMs(now));
    return poll({ ...settled, lastError: refused }, now, 0, 'the restart is given up; the instance runs on');
  }
  if (!commandDue(situation)) {
    const inMs = Math.min(commandDueInMs(record, now, policy), policy.pollIntervalMs);
    return wait(record, now, inMs, 'waiting before the restart is sent again');
  }
  return {
    step: { kind: 'restart', target: seen.instance.id },
    record: wakeAt(countCommand({ ...record, status: 'restarting' }, now), now + firstLookMs(policy)),
    reason: 'a restart is wished',
  };
}
