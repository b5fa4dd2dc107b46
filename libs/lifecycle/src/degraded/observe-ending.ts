import type { EndingObservation, InstanceRecord } from '@app/instance-store';
import { phaseOf } from '@app/novita-client';
import { msFromTimestamp, type Timestamp } from '@app/platform';
import type { Found } from '../state-machine/model.js';

/** By how much the provider's clock may be ahead of ours. */
const SKEW_MS = 60_000;

/** A stop or delete that a process carries out without the store. */
interface AskedEnding {
  readonly at: Timestamp;
  /** As it was known when the command was taken. */
  readonly record: InstanceRecord;
}

/**
 * Adds an observation to what is known of an instance that is being ended: whether it stands still, and whether it was
 * started again after the end was asked for. Only a start that follows a run or a standstill is called that: the start
 * under way when the command came shows a new time of start as well. Pure.
 */
export function observeEnding(
  before: EndingObservation | null,
  { instance, at: foundAt }: Found,
  asked: AskedEnding,
): EndingObservation | null {
  const known = before?.novitaInstanceId === instance.id ? before : null;
  if (known?.startedAgainAt !== undefined) return known;
  const { lastStartedAt } = instance;
  const first: EndingObservation = known ?? { novitaInstanceId: instance.id, lastStartedAt };
  switch (phaseOf(instance.status)) {
    case 'down':
      return known?.stoppedAt === undefined ? { ...first, stoppedAt: foundAt } : known;
    case 'up': {
      const isAgain = known === null ? isLaterRun(lastStartedAt, asked) : isLaterThan(known, lastStartedAt);
      return isAgain ? { ...first, startedAgainAt: lastStartedAt ?? foundAt } : first;
    }
    case 'accepted':
    case 'coming-up':
    case 'restarting':
      return known === null ? before : { ...known, startedAgainAt: foundAt };
    case 'going-down':
    case 'migrating':
    case 'removing':
    case 'gone':
    case 'unknown':
      return known ?? before;
  }
}

function isLaterThan({ lastStartedAt, stoppedAt }: EndingObservation, started: Timestamp | null): boolean {
  if (stoppedAt !== undefined) return true;
  return lastStartedAt !== null && started !== null && started > lastStartedAt;
}

/** By the clocks alone, when it is first observed long after the command: the run that was known had begun by then. */
function isLaterRun(started: Timestamp | null, { at, record }: AskedEnding): boolean {
  if (started === null || !wasSettled(record)) return false;
  return msFromTimestamp(started) > msFromTimestamp(at) + SKEW_MS;
}

/** Whether no start was under way. The times of a run are reset by the start of the next one. */
function wasSettled({ novitaStatus, timestamps }: InstanceRecord): boolean {
  const phase = novitaStatus === null ? 'unknown' : phaseOf(novitaStatus);
  return phase === 'up' || (phase === 'down' && timestamps.stopped !== undefined);
}
