import { FleetView } from '@app/instance-store';
import { NovitaHealth, type NovitaTrouble } from '@app/novita-client';
import { Clock, oneLine, type Timestamp } from '@app/platform';
import { type RunStatus, SyncStatusView } from '@app/sync-status';
import { Injectable } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';

const UNKNOWN_CODES = [
  'novita-refuses-key',
  'novita-unreachable',
  'redis-away',
  'first-listing-under-way',
  'listing-failed',
] as const;
const LONGEST_CAUSE = 300;

/** Why nothing is known of the fleet. */
export class UnknownView {
  @ApiProperty({
    enum: UNKNOWN_CODES,
    description:
      '`novita-refuses-key`: NOVITA_API_KEY is wrong or missing. `novita-unreachable`: the latest call was not answered. `redis-away`: this process has not reached Redis yet, which knows what was listed before. `first-listing-under-way`: it begins, or is being read. `listing-failed`: it failed for another reason, and is tried again.',
    example: 'novita-refuses-key',
  })
  code!: (typeof UNKNOWN_CODES)[number];

  @ApiProperty({ description: 'One sentence.', example: 'Novita refuses NOVITA_API_KEY.' })
  message!: string;

  @ApiProperty({ format: 'date-time', description: 'Since when it is so.', example: '2026-03-01T10:00:00.000Z' })
  since!: string;
}

/**
 * @param trouble what the calls of this process found
 * @param startedAt when this process began
 * @returns null when a listing of Novita has completed, however long ago
 */
function unknownOf(run: RunStatus, trouble: NovitaTrouble | null, startedAt: Timestamp): UnknownView | null {
  if (run.instancesAsOf !== null) return null;
  if (trouble !== null) {
    const code = trouble.kind === 'key-refused' ? 'novita-refuses-key' : 'novita-unreachable';
    return { code, message: `${trouble.message}.`, since: trouble.since };
  }
  if (run.state === 'failed') {
    const cause = oneLine(run.error ?? 'no reason is known', LONGEST_CAUSE);
    const message = `The first listing of Novita failed: ${cause}.`;
    return { code: 'listing-failed', message, since: run.endedAt ?? startedAt };
  }
  const message = 'The first listing of Novita is under way.';
  return { code: 'first-listing-under-way', message, since: run.startedAt ?? startedAt };
}

/** Whether a listing of Novita has ever completed, and if not, why. Costs no round trip. */
@Injectable()
export class UnknownFleet {
  private readonly startedAt: Timestamp;

  constructor(
    private readonly sync: SyncStatusView,
    private readonly novita: NovitaHealth,
    private readonly fleet: FleetView,
    clock: Clock,
  ) {
    this.startedAt = clock.timestamp();
  }

  reason(): UnknownView | null {
    const { run } = this.sync.current();
    const trouble = this.novita.trouble();
    if (run.instancesAsOf === null && trouble === null && !this.fleet.wasRead && this.fleet.storeAwaySince() !== null) {
      const message = 'Redis has not been reached yet, and it alone knows what was listed before.';
      return { code: 'redis-away', message, since: this.startedAt };
    }
    return unknownOf(run, trouble, this.startedAt);
  }
}
