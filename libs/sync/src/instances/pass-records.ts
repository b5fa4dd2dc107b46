/**
 * The records as one pass reads and writes them. Each write is made under the lock of the run and is refused once the
 * lock is lost. A dry run holds no lock: its writes answer as if they had been made, and the change log lists them.
 */
import {
  type DigestNote,
  IdleTracker,
  type ImportedInstance,
  type InstanceId,
  type InstanceRecord,
  InstanceRecords,
  ListingDigests,
  type NovitaInstanceId,
  type WriteBasis,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { inBatches, type Timestamp } from '@app/platform';
import { type LockHold } from '@app/redis';
import { type ChangeCounts, NO_CHANGES } from '@app/sync-status';
import { Injectable } from '@nestjs/common';
import { MAX_ACTIONS, type PlannedAction, type SyncAction } from '../model/sync-run.js';

/** Opens the records of the fleet for a pass. */
@Injectable()
export class FleetRecords {
  constructor(
    private readonly records: InstanceRecords,
    private readonly digests: ListingDigests,
    private readonly idle: IdleTracker,
    private readonly reconciles: ReconcileRequests,
  ) {}

  /** @param hold null in a dry run */
  under(hold: LockHold | null): PassRecords {
    return new PassRecords(this.records, this.digests, this.idle, this.reconciles, hold);
  }
}

/** How many digests or new records the store takes in one round trip. */
const BATCH = 200;

interface RecordChange {
  readonly next: InstanceRecord;
  /** When the observation began on which the change rests; null for a decision of ours. */
  readonly observedAt: Timestamp | null;
  /** The digest of a listing entry, when the record then says all that the entry shows. */
  readonly digest?: string;
}

/** Null for "leave it". */
type DecideChange = (record: InstanceRecord) => RecordChange | null;

/** All methods throw `StoreUnavailableError`, and those that write also `LockLostError`. */
export class PassRecords {
  constructor(
    private readonly records: InstanceRecords,
    private readonly digests: ListingDigests,
    private readonly idle: IdleTracker,
    private readonly reconciles: ReconcileRequests,
    private readonly hold: LockHold | null,
  ) {}

  /** False in a dry run, whose writes are answered as made and are not. */
  get writes(): boolean {
    return this.hold !== null;
  }

  async get(id: InstanceId): Promise<InstanceRecord | null> {
    return (await this.records.get(id))?.record ?? null;
  }

  async byNovitaIds(ids: readonly NovitaInstanceId[]): Promise<readonly InstanceRecord[]> {
    return (await this.records.getManyByNovitaId(ids)).map(({ record }) => record);
  }

  async byMarkers(markers: readonly string[]): Promise<readonly InstanceRecord[]> {
    return markers.length === 0 ? [] : (await this.records.getManyByMarker(markers)).map(({ record }) => record);
  }

  /** How many live records have a provider's id. */
  countLive(): Promise<number> {
    return this.digests.count();
  }

  async countDiscovered(): Promise<number> {
    return (await this.records.counts()).discovered;
  }

  /** Every provider's id of a live record, in batches. */
  scanLive(signal: AbortSignal): AsyncIterable<readonly NovitaInstanceId[]> {
    return this.digests.scanNovitaIds(signal);
  }

  /** The digest of what a listing last showed of each: null when no live record has the id, empty when unknown. */
  digestsOf(ids: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]> {
    return this.digests.of(ids);
  }

  /**
   * Writes what `decide` makes of the record. When another writer comes first, `decide` is asked once more about what
   * that one wrote; after a second loss the record is left to the next run.
   *
   * @returns the record as it stands after our write; null when it was left
   */
  async change(record: InstanceRecord, decide: DecideChange): Promise<InstanceRecord | null> {
    let current = record;
    for (let round = 0; round < 2; round++) {
      const change = decide(current);
      if (change === null) return null;
      if (this.hold === null) return change.next;
      const { next, observedAt, digest } = change;
      const basis: WriteBasis = observedAt === null ? { kind: 'command' } : { kind: 'observation', observedAt };
      const result = await this.records.write(next, basis, {
        hold: this.hold,
        ...(digest === undefined ? {} : { digest }),
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

  /** Keeps the digests of what a listing showed of records that need no change. */
  async noteDigests(notes: readonly DigestNote[]): Promise<void> {
    if (this.hold === null) return;
    for (const batch of inBatches(notes, BATCH)) await this.digests.note(batch, { hold: this.hold });
  }

  /** Starts the idle time of instances. */
  async touch(ids: readonly InstanceId[], at: Timestamp): Promise<void> {
    if (this.hold === null) return;
    await Promise.all(ids.map((id) => this.idle.touch(id, at)));
  }

  /** Asks the life cycle to observe records that are due. */
  async wake(ids: readonly InstanceId[]): Promise<void> {
    if (this.hold !== null) await this.reconciles.now(ids);
  }
}

const COUNTED: Readonly<Record<SyncAction, keyof ChangeCounts>> = {
  update: 'updated',
  create: 'created',
  adopt: 'adopted',
  remove: 'removed',
  'mark-terminated': 'markedTerminated',
  leave: 'leftMissing',
};

/** The changes that a pass has made so far, or in a dry run would have made. */
export class ChangeLog {
  private counts: Record<keyof ChangeCounts, number> = { ...NO_CHANGES };
  private planned: PlannedAction[] = [];
  private plannedCount = 0;
  private readonly remarks: string[] = [];

  constructor(private readonly dryRun: boolean) {}

  /** @param action reported by a dry run; made only then */
  enter(kind: SyncAction, action: () => Omit<PlannedAction, 'action'>): void {
    this.counts[COUNTED[kind]] += 1;
    if (!this.dryRun) return;
    this.plannedCount += 1;
    if (this.planned.length < MAX_ACTIONS) this.planned.push({ action: kind, ...action() });
  }

  /** Counts one more of a kind for an entry that stands under another, such as an adoption that is also a new record. */
  alsoCount(what: keyof ChangeCounts): void {
    this.counts[what] += 1;
  }

  remark(text: string): void {
    this.remarks.push(text);
  }

  /** The listing begins anew. A dry run has changed nothing, so it will find all of it again. */
  beginAgain(): void {
    if (!this.dryRun) return;
    this.counts = { ...NO_CHANGES };
    this.planned = [];
    this.plannedCount = 0;
  }

  get changes(): ChangeCounts {
    return { ...this.counts };
  }

  get actions(): readonly PlannedAction[] {
    return this.planned;
  }

  get actionCount(): number {
    return this.plannedCount;
  }

  get note(): string | null {
    return this.remarks.length === 0 ? null : this.remarks.join('; ');
  }
}
