import {
  type ChangeType,
  type FleetEvents,
  type InstanceId,
  type InstanceRecord,
  MemoryChangeFeed,
} from '@app/instance-store';

/** The feed of the shipped store, which also says each change to the checks in the moment in which it is made. */
export class WatchedFeed extends MemoryChangeFeed implements FleetEvents {
  onChange: (type: ChangeType, id: InstanceId, revision: number, record: InstanceRecord | null) => void = () =>
    undefined;

  override emitChange(type: ChangeType, id: InstanceId, revision: number, record: InstanceRecord | null): void {
    super.emitChange(type, id, revision, record);
    this.onChange(type, id, revision, record);
  }
}

/** Every record as it is at present. */
export class LatestRecords {
  private readonly byId = new Map<InstanceId, InstanceRecord>();

  all(): readonly InstanceRecord[] {
    return [...this.byId.values()];
  }

  get(id: InstanceId): InstanceRecord | null {
    return this.byId.get(id) ?? null;
  }

  /** @returns what it was before */
  put(id: InstanceId, record: InstanceRecord | null): InstanceRecord | null {
    const before = this.byId.get(id) ?? null;
    if (record === null) this.byId.delete(id);
    else this.byId.set(id, record);
    return before;
  }
}
