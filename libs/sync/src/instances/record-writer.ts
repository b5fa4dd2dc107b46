import type {
  ImportedInstance,
  InstanceRecord,
  InstanceRecords,
  ListingDigests,
  PictureNote,
  WriteBasis,
} from '@app/instance-store';
import { inBatches, type Timestamp } from '@app/platform';
import { type LockHold } from '@app/redis';

/** How many pictures or new records the store takes in one round trip. */
const BATCH = 200;

interface RecordChange {
  readonly next: InstanceRecord;
  /** When that was observed on which the change rests; null for a decision of ours. */
  readonly observedAt: Timestamp | null;
  /** The record says all that this picture stands for. */
  readonly picture?: string;
}

/** Null for "leave it". */
export type DecideChange = (record: InstanceRecord) => RecordChange | null;

/**
 * Writes under the run's lock. In a dry run, which holds none, it answers as if it had written.
 *
 * All methods throw `LockLostError` and `StoreUnavailableError`.
 */
export class RecordWriter {
  constructor(
    private readonly records: InstanceRecords,
    private readonly digests: ListingDigests,
    /** Null in a dry run. */
    private readonly hold: LockHold | null,
  ) {}

  /**
   * Writes what `decide` makes of the record. Who loses a race against another writer decides once more from what the
   * winner wrote, and then leaves it to the next run.
   *
   * @returns the record as it stands after our write; null when it was left
   */
  async change(record: InstanceRecord, decide: DecideChange): Promise<InstanceRecord | null> {
    let current = record;
    for (let round = 0; round < 2; round++) {
      const change = decide(current);
      if (change === null) return null;
      if (this.hold === null) return change.next;
      const { next, observedAt, picture } = change;
      const basis: WriteBasis = observedAt === null ? { kind: 'command' } : { kind: 'observation', observedAt };
      const result = await this.records.write(next, basis, {
        hold: this.hold,
        ...(picture === undefined ? {} : { picture }),
      });
      switch (result.outcome) {
        case 'written':
          return result.stored.record;
        case 'stale':
          current = result.current.record;
          break;
        case 'outdated-observation':
        case 'missing':
          return null;
      }
    }
    return null;
  }

  /** @returns false when somebody wrote in between */
  async remove({ id, revision }: InstanceRecord): Promise<boolean> {
    if (this.hold === null) return true;
    return (await this.records.remove(id, revision, { hold: this.hold })) === 'removed';
  }

  /** @returns those that were free to be inserted */
  async insert<Instance extends ImportedInstance>(instances: readonly Instance[]): Promise<readonly Instance[]> {
    if (this.hold === null) return instances;
    const inserted: Instance[] = [];
    for (const batch of inBatches(instances, BATCH)) {
      const outcomes = await this.records.insertMany(batch, { hold: this.hold });
      inserted.push(...batch.filter((_, place) => outcomes[place] === true));
    }
    return inserted;
  }

  async note(pictures: readonly PictureNote[]): Promise<void> {
    if (this.hold === null) return;
    for (const batch of inBatches(pictures, BATCH)) await this.digests.note(batch, { hold: this.hold });
  }

  /** Whether what it answers has really been written. */
  get writes(): boolean {
    return this.hold !== null;
  }
}
