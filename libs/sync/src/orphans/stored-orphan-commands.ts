import {
  type Actor,
  IdentityTakenError,
  IdleTracker,
  type InstanceRecord,
  InstanceRecords,
  type NovitaInstanceId,
  type StoredInstance,
  updateInstance,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, oneLine, Problem } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { syncProblems } from '../problems/sync.problems.js';
import { type Adoption, adopted, adoptedToStop } from '../rules/adopt-record.js';
import { orphanClass } from '../rules/orphan-class.js';
import { markedByUs, recordMarkerIn } from '../rules/place-listed.js';
import { type Orphan, OrphanCommands } from './orphan-commands.port.js';
import { OrphanOptions } from './orphan-options.js';

type Caller = Parameters<OrphanCommands['adopt']>[1];

/** The orphans are the discovered records of the store. */
@Injectable()
export class StoredOrphanCommands extends OrphanCommands {
  private readonly logger = new Logger('Orphans');

  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly calls: ReconcileRequests,
    private readonly clock: Clock,
    private readonly options: OrphanOptions,
  ) {
    super();
  }

  override async describe(discovered: readonly StoredInstance[]): Promise<readonly Orphan[]> {
    const holders = await this.markerHolders(discovered);
    return discovered.map((stored) => this.orphanOf(stored, holders));
  }

  override adopt(id: NovitaInstanceId, caller: Caller): Promise<StoredInstance> {
    return this.takeOver(id, caller, 'adopt', adopted);
  }

  override stop(id: NovitaInstanceId, caller: Caller): Promise<StoredInstance> {
    return this.takeOver(id, caller, 'stop', adoptedToStop);
  }

  override async ignore(id: NovitaInstanceId, { keyName }: Caller): Promise<StoredInstance> {
    const by: Actor = `user:${keyName}`;
    const { stored } = await this.update(id, (record) =>
      record.ignored === null ? { ...record, ignored: { by, at: this.clock.timestamp() } } : record,
    );
    return stored;
  }

  override async unignore(id: NovitaInstanceId): Promise<StoredInstance> {
    const { stored } = await this.update(id, (record) =>
      record.ignored === null ? record : { ...record, ignored: null },
    );
    return stored;
  }

  private async takeOver(
    id: NovitaInstanceId,
    { keyName }: Caller,
    command: 'adopt' | 'stop',
    change: (record: InstanceRecord, adoption: Adoption) => InstanceRecord,
  ): Promise<StoredInstance> {
    const by: Actor = `user:${keyName}`;
    const free = await this.freeMarkerOf(id);
    const adoptAs = (marked: Adoption['marked']) =>
      this.update(id, (record) => change(record, { by, now: this.clock.now(), marked }));
    const { stored } = await adoptAs(free).catch((error: unknown) => {
      if (error instanceof IdentityTakenError && error.what === 'marker') return adoptAs(null);
      throw error;
    });
    const { record } = stored;
    this.logger.log('orphan adopted', { instanceId: record.id, novitaInstanceId: id, command, by: keyName });
    await this.calls.now([record.id], { urgent: command === 'stop' });
    if (record.desired.state !== 'running') return stored;
    // How long it stood idle before is not known, so its idle time begins here.
    const touched = await this.idle.touch(record.id, record.desired.at);
    return touched.outcome === 'missing' ? stored : { record, lastUsedAt: touched.lastUsedAt };
  }

  /** What its name says, if it carries a marker of this fleet that no record has. */
  private async freeMarkerOf(id: NovitaInstanceId): Promise<Adoption['marked']> {
    const stored = await this.records.get(id);
    const marked = stored === null ? null : markedByUs(stored.record.name, this.options.fleetId);
    if (marked === null) return null;
    return (await this.records.findByMarker(marked.marker)) === null ? marked : null;
  }

  /** @throws Problem for what is no orphan */
  private async update(
    id: NovitaInstanceId,
    change: (record: InstanceRecord) => InstanceRecord,
  ): Promise<{ readonly stored: StoredInstance }> {
    const result = await updateInstance(this.records, id, { kind: 'command' }, (record) => {
      if (record.origin !== 'discovered') throw alreadyManaged(record);
      return change(record);
    });
    if (result.outcome === 'missing') throw notFound(id);
    return result;
  }

  private async markerHolders(instances: readonly StoredInstance[]): Promise<ReadonlyMap<string, InstanceRecord>> {
    const markers = instances.flatMap(({ record }) => recordMarkerIn(record.name, this.options.fleetId) ?? []);
    if (markers.length === 0) return new Map();
    const holders = await this.records.getManyByMarker(markers);
    return new Map(holders.map(({ record }) => [record.marker, record]));
  }

  private orphanOf(stored: StoredInstance, holders: ReadonlyMap<string, InstanceRecord>): Orphan {
    const { name } = stored.record;
    const { fleetId } = this.options;
    const holder = holders.get(recordMarkerIn(name, fleetId) ?? '');
    return { stored, class: orphanClass(name, fleetId), markerHeldBy: holder?.id ?? null };
  }
}

function alreadyManaged({ id, novitaInstanceId, status }: InstanceRecord): Problem {
  return new Problem(syncProblems['already-managed'], {
    detail: `instance ${id} is managed here and ${status}`,
    suggestion: `Use POST /api/v1/instances/${id}/stop and its like.`,
    extensions: { instanceId: id, novitaInstanceId, instanceStatus: status },
  });
}

function notFound(id: string): Problem {
  return new Problem(syncProblems['orphan-not-found'], {
    detail: `no instance "${oneLine(id, 300)}" is known that was made elsewhere`,
  });
}
