import {
  type FleetPage,
  type FleetQuery,
  type FleetRead,
  FleetView,
  type InstanceId,
  type InstanceRecord,
  type NovitaInstanceId,
} from '@app/instance-store';

/** What a process knows of the fleet while the store is away: the records that a test puts there. */
export class KnownFleet extends FleetView {
  readonly records = new Map<InstanceId, InstanceRecord>();

  override known(ref: InstanceId | NovitaInstanceId): InstanceRecord | null {
    const all = [...this.records.values()];
    return all.find(({ id, novitaInstanceId }) => id === ref || novitaInstanceId === ref) ?? null;
  }

  override assume(record: InstanceRecord): void {
    this.records.set(record.id, record);
  }

  override async list({ statuses, name = '' }: FleetQuery): Promise<FleetPage> {
    const all = [...this.records.values()].filter(
      (record) => (statuses?.includes(record.status) ?? true) && record.name.includes(name),
    );
    const instances = all.map((record) => ({ record, lastUsedAt: null }));
    return { instances, total: all.length, nextCursor: null, behindSince: null };
  }

  override async get(ref: InstanceId | NovitaInstanceId): Promise<FleetRead | null> {
    const record = this.known(ref);
    return record === null ? null : { record, lastUsedAt: null, behindSince: null };
  }

  override seed(): never {
    throw new Error('not asked for');
  }

  override summarize(): never {
    throw new Error('not asked for');
  }

  override match(): never {
    throw new Error('not asked for');
  }

  override liveOf(): never {
    throw new Error('not asked for');
  }

  override counts(): never {
    throw new Error('not asked for');
  }

  override onDataLoss(): never {
    throw new Error('not asked for');
  }

  override unreadable(): readonly InstanceId[] {
    return [];
  }

  override get wasRead(): boolean {
    return true;
  }

  override storeAwaySince(): null {
    return null;
  }
}
