import { Deadlines, type InstanceId, InstanceRecords } from '@app/instance-store';
import { Clock, msFromTimestamp, type Timestamp, timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';

/** Stops and deletes that wait for the provider's agreement. */
export interface Waiting {
  /** Those that wait for longer than CONFIRM_PATIENCE. */
  readonly overdue: number;
  /** For how long the oldest has been waiting, in ms, overdue or not; 0 when none waits. */
  readonly oldestMs: number;
}

/** After every deadline there can be. */
const FOR_EVER: Timestamp = timestampFromMs(Date.UTC(9999, 11, 31));

/** Finds out which stops and deletes wait for the provider's agreement. */
@Injectable()
export class WaitingWishes {
  constructor(
    private readonly records: InstanceRecords,
    private readonly deadlines: Deadlines,
    private readonly clock: Clock,
  ) {}

  /**
   * Costs the same at every fleet size.
   * @throws StoreUnavailableError
   */
  async look(): Promise<Waiting> {
    const oldest = await this.deadlines.due('confirmBy', FOR_EVER, 1);
    if (oldest.length === 0) return { overdue: 0, oldestMs: 0 };
    const [overdue, oldestMs] = await Promise.all([
      this.deadlines.dueCount('confirmBy', this.clock.timestamp()),
      this.ageOf(oldest),
    ]);
    return { overdue, oldestMs };
  }

  private async ageOf(oldest: readonly InstanceId[]): Promise<number> {
    const [first] = await this.records.getMany(oldest);
    // It may have been confirmed between the two reads.
    if (first === undefined || first.record.confirmedAt !== null) return 0;
    return Math.max(0, this.clock.now() - msFromTimestamp(first.record.desired.at));
  }
}
