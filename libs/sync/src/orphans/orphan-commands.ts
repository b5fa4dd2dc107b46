/** Orphans: instances at the provider that no record of ours owns. The store keeps them as discovered records. */
import {
  type Actor,
  IdentityTakenError,
  IdleTracker,
  type InstanceRecord,
  InstanceRecords,
  type NovitaInstanceId,
  parseMarkedName,
  type StoredInstance,
  updateInstance,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, oneLine, Problem } from '@app/platform';
import { FleetId } from '@app/redis';
import { Injectable, Logger } from '@nestjs/common';
import { syncProblems } from '../model/sync.problems.js';
import { type Adoption, adopted, adoptedToStop, markedByUs, recordMarkerIn } from '../reconcile/adopt.js';

/**
 * `ours-lost`: carries this fleet's marker, and no record of ours owns it. `foreign`: carries the marker of another
 * fleet. `unknown`: carries none.
 */
export type OrphanClass = 'ours-lost' | 'foreign' | 'unknown';

export interface Orphan {
  readonly stored: StoredInstance;
  readonly class: OrphanClass;
  /** Our id of the record that carries the same marker, when one does: it keeps another instance. */
  readonly markerHeldBy: string | null;
}

/** The commands for instances at the provider that no record of ours owns. Every rejection is a `Problem`. */
export abstract class OrphanCommands {
  /** Classifies discovered records, in their order. */
  abstract describe(discovered: readonly StoredInstance[]): Promise<readonly Orphan[]>;

  /** From now on it is managed as if it had been made here; its present activity becomes the desired state. */
  abstract adopt(id: NovitaInstanceId, caller: { readonly keyName: string }): Promise<StoredInstance>;

  /** It is not shown as an orphan any more. */
  abstract ignore(id: NovitaInstanceId, caller: { readonly keyName: string }): Promise<StoredInstance>;

  /** It is shown as an orphan again. */
  abstract unignore(id: NovitaInstanceId): Promise<StoredInstance>;

  /** Adopts it and has it stopped. */
  abstract stop(id: NovitaInstanceId, caller: { readonly keyName: string }): Promise<StoredInstance>;
}

type Caller = Parameters<OrphanCommands['adopt']>[1];

/** The orphans are the discovered records of the store. */
@Injectable()
export class StoredOrphanCommands extends OrphanCommands {
  private readonly logger = new Logger('Orphans');

  constructor(
    private readonly records: InstanceRecords,
    private readonly idle: IdleTracker,
    private readonly reconciles: ReconcileRequests,
    private readonly clock: Clock,
    private readonly fleet: FleetId,
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
    await this.reconciles.now([record.id], { urgent: command === 'stop' });
    if (record.desired.state !== 'running') return stored;
    // Nobody knows how long it stood idle before, so its idle time begins here.
    const touched = await this.idle.touch(record.id, record.desired.at);
    return touched.outcome === 'missing' ? stored : { record, lastUsedAt: touched.lastUsedAt };
  }

  /** The marker of this fleet in its name, if no record has it. */
  private async freeMarkerOf(id: NovitaInstanceId): Promise<Adoption['marked']> {
    const stored = await this.records.get(id);
    const marked = stored === null ? null : markedByUs(stored.record.name, this.fleet.value);
    if (marked === null) return null;
    return (await this.records.findByMarker(marked.marker)) === null ? marked : null;
  }

  /** @throws Problem when it is no orphan */
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
    const markers = instances.flatMap(({ record }) => recordMarkerIn(record.name, this.fleet.value) ?? []);
    if (markers.length === 0) return new Map();
    const holders = await this.records.getManyByMarker(markers);
    return new Map(holders.map(({ record }) => [record.marker, record]));
  }

  private orphanOf(stored: StoredInstance, holders: ReadonlyMap<string, InstanceRecord>): Orphan {
    const { name } = stored.record;
    const fleetId = this.fleet.value;
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

/** Classifies an instance by its name at the provider. */
export function orphanClass(nameAtProvider: string, fleetId: string): OrphanClass {
  const marked = parseMarkedName(nameAtProvider);
  if (marked === null || marked.fleetId === null) return 'unknown';
  return marked.fleetId === fleetId ? 'ours-lost' : 'foreign';
}
