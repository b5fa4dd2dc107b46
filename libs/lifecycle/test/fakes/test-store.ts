import {
  type InstanceId,
  type InstanceRecord,
  type InstanceRecords,
  memoryStore,
  type StoredInstance,
  type WriteOptions,
} from '@app/instance-store';
import type { Clock } from '@app/platform';
import { MemoryLockKeeper } from '@app/redis';

/** The shipped memory store, with a memory of every write and a way to put a record there as it is. */
export class TestStore {
  /** Every version of every record, in order. */
  readonly history: InstanceRecord[] = [];
  /** The options of each write that took effect. */
  readonly writes: { readonly next: InstanceRecord; readonly options: WriteOptions }[] = [];
  readonly records: InstanceRecords;
  readonly locks: MemoryLockKeeper;
  private readonly store: ReturnType<typeof memoryStore>;
  private readonly latest = new Map<InstanceId, InstanceRecord>();

  constructor(clock: Clock) {
    this.locks = new MemoryLockKeeper(clock);
    this.store = memoryStore(clock, { locks: this.locks });
    this.records = this.remembering(this.store.records);
  }

  get deadlines() {
    return this.store.deadlines;
  }

  get idle() {
    return this.store.idle;
  }

  get audit() {
    return this.store.audit;
  }

  /** The record as it was written last; throws when there is none. */
  now(id: InstanceId): InstanceRecord {
    const record = this.latest.get(id);
    if (record === undefined) throw new Error(`no record ${id}`);
    return record;
  }

  /** Puts a record there, in place of the one that is there. The memory store does it before it returns. */
  put(record: InstanceRecord): void {
    const before = this.latest.get(record.id);
    const revision = before?.revision ?? 0;
    const done =
      before === undefined
        ? this.store.records.insert(record)
        : this.store.records.write({ ...record, revision }, { kind: 'command' });
    this.note({ ...record, revision: revision + 1 });
    void done.then(({ outcome }) => {
      if (outcome !== 'inserted' && outcome !== 'written') throw new Error(`the store answered ${outcome}`);
    });
  }

  private remembering(records: InstanceRecords): InstanceRecords {
    const insert = records.insert.bind(records);
    const write = records.write.bind(records);
    const noted = (stored: StoredInstance): void => this.note(stored.record);
    return Object.assign(Object.create(records) as InstanceRecords, {
      insert: async (...args: Parameters<InstanceRecords['insert']>) => {
        const result = await insert(...args);
        if (result.outcome === 'inserted') noted(result.stored);
        return result;
      },
      write: async (...args: Parameters<InstanceRecords['write']>) => {
        const result = await write(...args);
        if (result.outcome !== 'written') return result;
        noted(result.stored);
        this.writes.push({ next: args[0], options: args[2] ?? {} });
        return result;
      },
    });
  }

  private note(record: InstanceRecord): void {
    this.latest.set(record.id, record);
    this.history.push(record);
  }
}
