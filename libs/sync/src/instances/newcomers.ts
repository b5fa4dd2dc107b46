import {
  IdentityTakenError,
  type ImportedInstance,
  type InstanceId,
  type InstanceRecord,
  type NovitaInstanceId,
} from '@app/instance-store';
import type { NovitaInstance } from '@app/novita-client';
import { inBatches, sideBySide } from '@app/platform';
import { Logger } from '@nestjs/common';
import { adopted } from '../rules/adopt-record.js';
import { discoveredRecord } from '../rules/discovered-record.js';
import { isDue, wakened } from '../rules/merge-listed.js';
import { type Placement, placeListed, recordMarkerIn } from '../rules/place-listed.js';
import { revived } from '../rules/revived-record.js';
import type { Sight } from '../rules/sight.js';
import { LOOKS_AT_ONCE, lookAt } from './instance-look.js';
import type { Arrival } from './known-instances.js';
import type { PassScene } from './pass-scene.js';

const BATCH = 100;

interface NewRecord extends ImportedInstance {
  readonly item: NovitaInstance;
  readonly adopts: boolean;
  readonly reason: string;
}

export interface Placed {
  /** How many of them have a live record now. */
  readonly live: number;
  /** Those that are adopted or revived only once a GET has found them. */
  readonly toConfirm: readonly NovitaInstanceId[];
}

/** Instances at the provider that no live record has. */
export class Newcomers {
  private readonly logger = new Logger('Sync');

  constructor(private readonly scene: PassScene) {}

  /** @param confirmed the sight is that of a GET, on which adoptions may rest */
  async place(arrivals: readonly Arrival[], sight: Sight, confirmed: boolean): Promise<Placed> {
    const { clock, ids, options } = this.scene;
    const now = clock.now();
    const recordsOf = await this.recordsOf(arrivals);
    const records: NewRecord[] = [];
    const revivals: { readonly record: InstanceRecord; readonly item: NovitaInstance }[] = [];
    const wakes: { readonly record: InstanceRecord; readonly item: NovitaInstance }[] = [];
    const toConfirm: NovitaInstanceId[] = [];
    for (const { item, picture } of arrivals) {
      const context = { fleetId: options.fleetId, sight, graceMs: options.missingGraceMs, now };
      const placement: Placement = placeListed(item, recordsOf(item), context);
      switch (placement.kind) {
        case 'ignore':
          break;
        case 'import': {
          const record = discoveredRecord(item, ids.ulid(), sight);
          records.push({ record, picture, item, adopts: false, reason: placement.reason });
          break;
        }
        case 'wake':
          wakes.push({ record: placement.record, item });
          break;
        case 'revive':
          if (confirmed) revivals.push({ record: placement.record, item });
          else toConfirm.push(item.id);
          break;
        case 'adopt-new': {
          if (!confirmed) {
            toConfirm.push(item.id);
            break;
          }
          const { marked } = placement;
          const record = adopted(discoveredRecord(item, ids.ulid(), sight), { by: 'sync', now, marked });
          // What a GET told is newer than the picture, so the next listing is to be read.
          records.push({ record, picture: '', item, adopts: true, reason: `it carries our marker ${marked.marker}` });
        }
      }
    }
    const inserted = await this.insert(records);
    const revivedCount = await this.reviveAll(revivals, sight);
    await this.wakeAll(wakes);
    return { live: inserted + revivedCount, toConfirm };
  }

  /**
   * Looks at those whose adoption needs it, and adopts those that are there.
   * @returns how many have a live record by that
   */
  async confirm(ids: Iterable<NovitaInstanceId>, onBatch: () => void): Promise<number> {
    const { clock, context, ledger } = this.scene;
    let live = 0;
    for (const batch of inBatches(ids, BATCH)) {
      const found: Arrival[] = [];
      const at = clock.timestamp();
      await sideBySide(batch, LOOKS_AT_ONCE, async (id) => {
        const look = await lookAt(id, { ...this.scene, signal: context.signal });
        if (look.kind === 'found') found.push({ item: look.instance, picture: '' });
        if (look.kind === 'failed') ledger.remark(`${id} could not be adopted: ${look.error.message}`);
      });
      const placed = await this.place(found, { at, source: 'get', prices: await context.prices }, true);
      live += placed.live;
      onBatch();
    }
    return live;
  }

  /** The records that any of them may belong to, in two round trips at most. */
  private async recordsOf(arrivals: readonly Arrival[]): Promise<(item: NovitaInstance) => KnownRecords> {
    const { records, options } = this.scene;
    const markers = new Set<string>();
    for (const { item } of arrivals) {
      const marker = recordMarkerIn(item.name, options.fleetId);
      if (marker !== null) markers.add(marker);
    }
    const [withId, withMarker] = await Promise.all([
      records.getManyByNovitaId(arrivals.map(({ item }) => item.id)),
      markers.size === 0 ? [] : records.getManyByMarker([...markers]),
    ]);
    const byId = new Map(withId.map(({ record }) => [record.novitaInstanceId, record]));
    const byMarker = new Map(withMarker.map(({ record }) => [record.marker, record]));
    return (item) => ({
      byId: byId.get(item.id) ?? null,
      byMarker: byMarker.get(recordMarkerIn(item.name, options.fleetId) ?? '') ?? null,
    });
  }

  /** @returns how many were free to be inserted */
  private async insert(records: readonly NewRecord[]): Promise<number> {
    const { writer, ledger } = this.scene;
    const inserted = await writer.insert(records);
    for (const { record, item, adopts, reason } of inserted) {
      ledger.enter(adopts ? 'adopt' : 'create', () => ({ novitaInstanceId: item.id, name: record.name, reason }));
      if (!adopts) continue;
      ledger.alsoCount('created');
      this.report('Adopted an instance of ours that had lost its record', record, item);
    }
    await this.takeOver(inserted.filter(({ adopts }) => adopts).map(({ record }) => record));
    return inserted.length;
  }

  private async reviveAll(
    revivals: readonly { readonly record: InstanceRecord; readonly item: NovitaInstance }[],
    sight: Sight,
  ): Promise<number> {
    const { writer, ledger, clock } = this.scene;
    const live: InstanceRecord[] = [];
    await Promise.all(
      revivals.map(async ({ record, item }) => {
        const written = await this.unlessTaken(
          writer.change(record, (current) =>
            current.status === 'terminated'
              ? { next: revived(current, item, sight, clock.now()), observedAt: sight.at }
              : null,
          ),
        );
        if (written === null) return;
        live.push(written);
        ledger.enter('adopt', () => ({
          instanceId: record.id,
          novitaInstanceId: item.id,
          name: record.name,
          reason: `it was called terminated, and Novita says ${item.status}`,
        }));
        ledger.alsoCount('updated');
        this.report('An instance that was called terminated is there', written, item);
      }),
    );
    await this.takeOver(live);
    return live.length;
  }

  private async wakeAll(
    wakes: readonly { readonly record: InstanceRecord; readonly item: NovitaInstance }[],
  ): Promise<void> {
    const { writer, ledger, clock } = this.scene;
    const woken: InstanceId[] = [];
    await Promise.all(
      wakes.map(async ({ record, item }) => {
        const written = await writer.change(record, (current) => {
          const now = clock.now();
          const waits = current.novitaInstanceId === null && current.status !== 'terminated' && !isDue(current, now);
          return waits ? { next: wakened(current, now), observedAt: null } : null;
        });
        if (written === null) return;
        woken.push(record.id);
        ledger.enter('adopt', () => ({
          instanceId: record.id,
          novitaInstanceId: item.id,
          name: record.name,
          reason: 'it carries the marker of this record, which waits for its instance',
        }));
        ledger.alsoCount('updated');
      }),
    );
    await this.scene.wake(woken);
  }

  /** The life cycle is called, and the idle time begins: how long they stood idle before is not known. */
  private async takeOver(records: readonly Pick<InstanceRecord, 'id' | 'desired'>[]): Promise<void> {
    const { idle, writer, clock } = this.scene;
    if (!writer.writes) return;
    const running = records.filter(({ desired }) => desired.state === 'running');
    await Promise.all(running.map(({ id }) => idle.touch(id, clock.timestamp())));
    await this.scene.wake(records.map(({ id }) => id));
  }

  private report(text: string, record: Pick<InstanceRecord, 'id' | 'status'>, item: NovitaInstance): void {
    if (!this.scene.writer.writes) return;
    this.logger.warn(text, { instanceId: record.id, novitaInstanceId: item.id, status: record.status });
  }

  /** Another record has learned this provider's id in between: it is that one's. */
  private async unlessTaken(written: Promise<InstanceRecord | null>): Promise<InstanceRecord | null> {
    try {
      return await written;
    } catch (error) {
      if (error instanceof IdentityTakenError) return null;
      throw error;
    }
  }
}

interface KnownRecords {
  readonly byId: InstanceRecord | null;
  readonly byMarker: InstanceRecord | null;
}
