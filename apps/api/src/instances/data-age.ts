import type { InstanceRecord } from '@app/instance-store';
import { Clock, type Timestamp } from '@app/platform';
import { SyncStatusView } from '@app/sync';
import { Injectable } from '@nestjs/common';
import { dataAsOf, lastSeenAt, listAsOf } from './data-as-of.js';

/** How fresh our picture of instances is, by the records and by the latest listing of the sync. Costs no round trip. */
@Injectable()
export class DataAge {
  constructor(
    private readonly sync: SyncStatusView,
    private readonly clock: Clock,
  ) {}

  asOf(record: InstanceRecord): Timestamp {
    return dataAsOf(record, this.listedAt());
  }

  /** Null for a list of nothing while no listing has completed: nobody has looked. */
  asOfAll(records: readonly InstanceRecord[]): Timestamp | null {
    const listedAt = this.listedAt();
    if (records.length === 0 && listedAt === null) return null;
    return listAsOf(records, listedAt, this.clock.timestamp());
  }

  /** Whether Novita was seen to agree with it at most so long ago. */
  isFresh(record: InstanceRecord, withinSeconds: number): boolean {
    const seenAt = lastSeenAt(record, this.listedAt());
    return seenAt !== null && Date.parse(seenAt) >= this.clock.now() - withinSeconds * 1000;
  }

  private listedAt(): Timestamp | null {
    return this.sync.current().run.instancesAsOf;
  }
}
