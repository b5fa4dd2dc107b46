import {
  type InstanceRecord,
  isHoldOver,
  isMigrationDue,
  isMigrationOpen,
  isRunReclaimed,
  openHold,
  type SpotState,
} from '@app/instance-store';
import type { NovitaInstance } from '@app/novita-client';
import { msFromTimestamp } from '@app/platform';

/*
 * The rule of the check, pure: which reclaimed instance is handed over to the life cycle. The life cycle observes it again
 * before it requests a migration.
 */

export interface Judgement {
  readonly verdict: 'migrate' | 'leave';
  /** In words, for the report. */
  readonly reason: string;
}

/**
 * @param record of an instance that Novita says is down and reclaimed
 * @param spot what Novita says of it now
 * @param now milliseconds since 1970
 */
export function judgeCandidate(
  record: InstanceRecord,
  spot: SpotState,
  item: Pick<NovitaInstance, 'lastStartedAt' | 'lastStoppedAt'>,
  now: number,
): Judgement {
  const { origin, status, desired, migration } = record;
  if (origin === 'discovered') return leave('it was made elsewhere, and is never acted on unless somebody adopts it');
  if (status === 'terminated') return leave('its record has ended');
  if (desired.state !== 'running') return leave(`it is to be ${desired.state}, by ${desired.by}`);
  if (isMigrationOpen(migration)) return leave('its migration is under way');
  if (isMigrationDue(migration)) {
    const { nextAttemptAt } = migration;
    if (nextAttemptAt !== null && msFromTimestamp(nextAttemptAt) > now) {
      return leave(`its migration is requested again at ${nextAttemptAt}`);
    }
    const hold = openHold(record);
    if (hold !== null && !isHoldOver(hold, now)) return leave(`endpoints hold its migration until ${hold.until}`);
    return { verdict: 'migrate', reason: 'its migration waits to be requested' };
  }
  if (migration?.state === 'starting') return leave('it was migrated, and is starting');
  if (!isRunReclaimed(record, spot, item)) {
    return leave('the reclaim is older than its present run, or a person stopped it before');
  }
  return {
    verdict: 'migrate',
    reason: `Novita has reclaimed it${spot.reclaimAt === null ? '' : ` at ${spot.reclaimAt}`}`,
  };
}

function leave(reason: string): Judgement {
  return { verdict: 'leave', reason };
}
