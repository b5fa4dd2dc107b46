/**
 * Listed instances, brought into the records. `ChangedInstances` have a live record and differ from when they
 * were last compared with a listing; `NewInstances` have none. The rules are in `reconcile/merge.ts` and
 * `reconcile/adopt.ts`; this file reads and writes what they need.
 */
import {
  type DigestNote,
  IdentityTakenError,
  type ImportedInstance,
  type InstanceId,
  type InstanceRecord,
  isMigrationOpen,
  type NovitaInstanceId,
} from '@app/instance-store';
import type { NovitaInstance } from '@app/novita-client';
import { type IdGenerator, inBatches, sideBySide } from '@app/platform';
import { Logger } from '@nestjs/common';
import type { InstancePolicy } from '../model/run-options.js';
import {
  adopted,
  discoveredRecord,
  type KnownRecords,
  placeListed,
  recordMarkerIn,
  restored,
} from '../reconcile/adopt.js';
import { isDue, type Merge, mergeListed, wakened } from '../reconcile/merge.js';
import type { Observation } from '../reconcile/observation.js';
import { GETS_AT_ONCE, type PassObserver } from './pass-observer.js';
import type { ChangeLog, PassRecords } from './pass-records.js';

/** An instance as the provider showed it. */
export interface ListedItem {
  readonly item: NovitaInstance;
  /** The digest of its listing entry; empty for the answer to a GET. */
  readonly digest: string;
}

/** Listed instances that have a live record. */
export class ChangedInstances {
  constructor(
    private readonly records: PassRecords,
    private readonly observer: PassObserver,
    private readonly log: ChangeLog,
  ) {}

  /** @returns those that were made elsewhere and of which the provider itself says that they are gone */
  async merge(listed: readonly ListedItem[], observation: Observation): Promise<readonly NovitaInstanceId[]> {
    const stored = await this.records.byNovitaIds(listed.map(({ item }) => item.id));
    const byId = new Map(stored.map((record) => [record.novitaInstanceId, record]));
    const now = this.observer.now();
    const unchanged: DigestNote[] = [];
    const woken: InstanceId[] = [];
    const gone: NovitaInstanceId[] = [];
    await Promise.all(
      listed.map(async ({ item, digest }) => {
        const record = byId.get(item.id);
        if (record === undefined) return;
        const merge = mergeListed(record, item, observation, now);
        switch (merge.kind) {
          case 'unchanged':
            unchanged.push({ id: record.id, revision: record.revision, digest });
            return;
          case 'gone':
            gone.push(item.id);
            return;
          case 'leave':
            return;
          case 'update':
            if (await this.update(record, merge, { item, digest }, observation)) woken.push(record.id);
        }
      }),
    );
    await Promise.all([this.records.noteDigests(unchanged), this.records.wake(woken)]);
    return gone;
  }

  /** @returns whether the life cycle is to be woken */
  private async update(
    record: InstanceRecord,
    first: Extract<Merge, { kind: 'update' }>,
    { item, digest }: ListedItem,
    observation: Observation,
  ): Promise<boolean> {
    let merge: Merge = first;
    const written = await this.records.change(record, (current) => {
      if (current !== record) merge = mergeListed(current, item, observation, this.observer.now());
      if (merge.kind !== 'update') return null;
      return { next: merge.next, observedAt: observation.at, ...(merge.complete ? { digest } : {}) };
    });
    if (written === null || merge.kind !== 'update') return false;
    const { reason, wake } = merge;
    this.log.enter('update', () => ({
      instanceId: record.id,
      novitaInstanceId: item.id,
      name: record.name,
      reason: wake ? `${reason}; the life cycle observes it` : reason,
    }));
    return wake;
  }
}

const BATCH = 100;

interface NewRecord extends ImportedInstance {
  readonly item: NovitaInstance;
  readonly adopts: boolean;
  readonly reason: string;
}

/** A record that exists already, and the instance that was found for it. */
interface Match {
  readonly record: InstanceRecord;
  readonly item: NovitaInstance;
}

export interface Placed {
  /** How many of them have a live record now. */
  readonly live: number;
  /** Those that are adopted or restored only once a GET has found them. */
  readonly toConfirm: readonly NovitaInstanceId[];
}

/** Instances at the provider that have no live record. */
export class NewInstances {
  private readonly logger = new Logger('Sync');

  constructor(
    private readonly records: PassRecords,
    private readonly observer: PassObserver,
    private readonly log: ChangeLog,
    private readonly ids: IdGenerator,
    private readonly policy: Pick<InstancePolicy, 'fleetId' | 'missingGraceMs'>,
  ) {}

  /** Imports those that were made elsewhere and wakes records that wait for one; adopts and restores nothing. */
  place(listed: readonly ListedItem[], observation: Observation): Promise<Placed> {
    return this.placeAll(listed, observation, false);
  }

  /**
   * Observes those whose adoption or restoration waits for a GET, and carries it out for each that is there.
   * @returns how many have a live record by that
   */
  async confirm(ids: Iterable<NovitaInstanceId>, onBatch: () => void): Promise<number> {
    let live = 0;
    for (const batch of inBatches(ids, BATCH)) {
      const found: ListedItem[] = [];
      const at = this.observer.timestamp();
      await sideBySide(batch, GETS_AT_ONCE, async (id) => {
        const observed = await this.observer.observe(id);
        if (observed.kind === 'found') found.push({ item: observed.instance, digest: '' });
        if (observed.kind === 'failed') this.log.remark(`${id} could not be adopted: ${observed.error.message}`);
      });
      const placed = await this.placeAll(found, await this.observer.observation('get', at), true);
      live += placed.live;
      onBatch();
    }
    return live;
  }

  /** @param confirmed the observation is that of a GET, on which adoptions may rest */
  private async placeAll(listed: readonly ListedItem[], observation: Observation, confirmed: boolean): Promise<Placed> {
    const { fleetId, missingGraceMs: graceMs } = this.policy;
    const now = this.observer.now();
    const context = { fleetId, observedAt: observation.at, graceMs, now };
    const knownOf = await this.findKnown(listed);
    const inserts: NewRecord[] = [];
    const restorations: Match[] = [];
    const wakes: Match[] = [];
    const toConfirm: NovitaInstanceId[] = [];
    for (const { item, digest } of listed) {
      const placement = placeListed(item, knownOf(item), context);
      switch (placement.kind) {
        case 'ignore':
          break;
        case 'import': {
          const record = discoveredRecord(item, this.ids.ulid(), observation);
          inserts.push({ record, digest, item, adopts: false, reason: placement.reason });
          break;
        }
        case 'wake':
          wakes.push({ record: placement.record, item });
          break;
        case 'restore':
          if (confirmed) restorations.push({ record: placement.record, item });
          else toConfirm.push(item.id);
          break;
        case 'adopt-new': {
          if (!confirmed) {
            toConfirm.push(item.id);
            break;
          }
          const { marked } = placement;
          const record = adopted(discoveredRecord(item, this.ids.ulid(), observation), { by: 'sync', now, marked });
          // The GET is newer than the listing, so the next listing is to be read.
          inserts.push({ record, digest: '', item, adopts: true, reason: `it carries our marker ${marked.marker}` });
        }
      }
    }
    const inserted = await this.insertAll(inserts);
    const restoredCount = await this.restoreAll(restorations, observation);
    await this.wakeAll(wakes);
    return { live: inserted + restoredCount, toConfirm };
  }

  /** The records that any of them may belong to, in two round trips at most. */
  private async findKnown(listed: readonly ListedItem[]): Promise<(item: NovitaInstance) => KnownRecords> {
    const markerOf = ({ name }: NovitaInstance): string | null => recordMarkerIn(name, this.policy.fleetId);
    const markers = new Set(listed.flatMap(({ item }) => markerOf(item) ?? []));
    const [withId, withMarker] = await Promise.all([
      this.records.byNovitaIds(listed.map(({ item }) => item.id)),
      this.records.byMarkers([...markers]),
    ]);
    const byId = new Map(withId.map((record) => [record.novitaInstanceId, record]));
    const byMarker = new Map(withMarker.map((record) => [record.marker, record]));
    return (item) => ({
      byId: byId.get(item.id) ?? null,
      byMarker: byMarker.get(markerOf(item) ?? '') ?? null,
    });
  }

  /** @returns how many were free to be inserted */
  private async insertAll(inserts: readonly NewRecord[]): Promise<number> {
    const inserted = await this.records.insert(inserts);
    for (const { record, item, adopts, reason } of inserted) {
      this.log.enter(adopts ? 'adopt' : 'create', () => ({ novitaInstanceId: item.id, name: record.name, reason }));
      if (!adopts) continue;
      this.log.alsoCount('created');
      this.warn('Adopted an instance of ours that had lost its record', record, item);
    }
    await this.takeOver(inserted.filter(({ adopts }) => adopts).map(({ record }) => record));
    return inserted.length;
  }

  private async restoreAll(restorations: readonly Match[], observation: Observation): Promise<number> {
    const live: InstanceRecord[] = [];
    await Promise.all(
      restorations.map(async ({ record, item }) => {
        const written = await this.unlessTaken(
          this.records.change(record, (current) =>
            current.status === 'terminated'
              ? { next: restored(current, item, observation, this.observer.now()), observedAt: observation.at }
              : null,
          ),
        );
        if (written === null) return;
        live.push(written);
        this.log.enter('adopt', () => ({
          instanceId: record.id,
          novitaInstanceId: item.id,
          name: record.name,
          reason: `it was called terminated, and Novita says ${item.status}`,
        }));
        this.log.alsoCount('updated');
        this.warn('An instance that was called terminated is there', written, item);
      }),
    );
    await this.takeOver(live);
    return live.length;
  }

  private async wakeAll(wakes: readonly Match[]): Promise<void> {
    const woken: InstanceId[] = [];
    await Promise.all(
      wakes.map(async ({ record, item }) => {
        const written = await this.records.change(record, (current) => {
          const now = this.observer.now();
          const expects = current.novitaInstanceId === null || isMigrationOpen(current.migration);
          const waits = expects && current.status !== 'terminated' && !isDue(current, now);
          return waits ? { next: wakened(current, now), observedAt: null } : null;
        });
        if (written === null) return;
        woken.push(record.id);
        this.log.enter('adopt', () => ({
          instanceId: record.id,
          novitaInstanceId: item.id,
          name: record.name,
          reason: 'it carries the marker of this record, which waits for its instance',
        }));
        this.log.alsoCount('updated');
      }),
    );
    await this.records.wake(woken);
  }

  /** Wakes the life cycle and begins the idle time, as nobody knows how long they stood idle before. */
  private async takeOver(records: readonly Pick<InstanceRecord, 'id' | 'desired'>[]): Promise<void> {
    const running = records.filter(({ desired }) => desired.state === 'running').map(({ id }) => id);
    await this.records.touch(running, this.observer.timestamp());
    await this.records.wake(records.map(({ id }) => id));
  }

  /** Another record has learned this provider's id in between: the instance belongs to that one. */
  private async unlessTaken(written: Promise<InstanceRecord | null>): Promise<InstanceRecord | null> {
    try {
      return await written;
    } catch (error) {
      if (error instanceof IdentityTakenError) return null;
      throw error;
    }
  }

  private warn(text: string, { id, status }: Pick<InstanceRecord, 'id' | 'status'>, item: NovitaInstance): void {
    if (!this.records.writes) return;
    this.logger.warn(text, { instanceId: id, novitaInstanceId: item.id, status });
  }
}
