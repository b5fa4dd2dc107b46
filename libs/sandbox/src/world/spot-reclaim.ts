import type { SandboxTiming } from '../timing.js';
import type { Agenda } from './agenda.js';
import type { ChangeJournal } from './change-journal.js';
import type { InstanceRecord, SpotStatus } from './instance-record.js';
import type { SandboxClock } from './sandbox-clock.js';

export interface ReclaimParts {
  readonly clock: SandboxClock;
  readonly agenda: Agenda;
  readonly timing: SandboxTiming;
  readonly journal: ChangeJournal;
}

/**
 * The course of a spot reclaim, inferred from the names of the spot states: a notice with the time of the reclaim, the
 * reclaim itself, then the instance has exited.
 *
 * @param exit puts the instance into `exited`; called at the end unless a command ended it before
 */
export function reclaim(parts: ReclaimParts, record: InstanceRecord, exit: (at: number) => void): void {
  const { clock, agenda, timing } = parts;
  const begun = clock.now();
  const due = begun + timing.spotNoticeMs;
  const show = (status: SpotStatus, at: number): void => {
    parts.journal.note(clock.realTimeOf(at), record.id, record.freeze());
    record.spotStatus = status;
  };
  show('notified', begun);
  const reclaimAt = clock.expectedRealTimeOf(due);
  record.spotReclaimAt = reclaimAt;
  const stillMeant = (): boolean => record.spotReclaimAt === reclaimAt && !isOver(record);
  agenda.add(due, (at) => {
    if (!stillMeant()) return;
    show('reclaiming', at);
    agenda.add(at + timing.spotReclaimingMs, (end) => {
      if (!stillMeant()) return;
      show('terminated', end);
      exit(end);
    });
  });
}

function isOver(record: InstanceRecord): boolean {
  return ['exited', 'toRemove', 'removing', 'removed'].includes(record.status);
}
