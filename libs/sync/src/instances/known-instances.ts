import type { InstanceId, InstanceRecord, NovitaInstanceId, PictureNote } from '@app/instance-store';
import type { NovitaInstance } from '@app/novita-client';
import { type Merge, mergeListed } from '../rules/merge-listed.js';
import type { Sight } from '../rules/sight.js';
import type { PassScene } from './pass-scene.js';

/** An item of a listing that was read. */
export interface Arrival {
  readonly item: NovitaInstance;
  /** Empty when it was not seen in a listing. */
  readonly picture: string;
}

/** Listed instances that have a live record, and look different than when it was last set against a listing. */
export class KnownInstances {
  constructor(private readonly scene: PassScene) {}

  /** @returns those that were made elsewhere and of which the provider itself says that they are gone */
  async merge(arrivals: readonly Arrival[], sight: Sight): Promise<readonly NovitaInstanceId[]> {
    const { writer, clock } = this.scene;
    const stored = await this.scene.records.getManyByNovitaId(arrivals.map(({ item }) => item.id));
    const records = new Map(stored.map(({ record }) => [record.novitaInstanceId, record]));
    const now = clock.now();
    const notes: PictureNote[] = [];
    const woken: InstanceId[] = [];
    const gone: NovitaInstanceId[] = [];
    await Promise.all(
      arrivals.map(async ({ item, picture }) => {
        const record = records.get(item.id);
        if (record === undefined) return;
        const merge = mergeListed(record, item, sight, now);
        switch (merge.kind) {
          case 'unchanged':
            notes.push({ id: record.id, revision: record.revision, picture });
            return;
          case 'gone':
            gone.push(item.id);
            return;
          case 'leave':
            return;
          case 'update':
            if (await this.write(record, merge, { item, picture }, sight)) woken.push(record.id);
        }
      }),
    );
    await Promise.all([writer.note(notes), this.scene.wake(woken)]);
    return gone;
  }

  /** @returns whether the life cycle is to be called */
  private async write(
    record: InstanceRecord,
    first: Extract<Merge, { kind: 'update' }>,
    { item, picture }: Arrival,
    sight: Sight,
  ): Promise<boolean> {
    const { writer, ledger, clock } = this.scene;
    let merge: Merge = first;
    const written = await writer.change(record, (current) => {
      if (current !== record) merge = mergeListed(current, item, sight, clock.now());
      if (merge.kind !== 'update') return null;
      return { next: merge.next, observedAt: sight.at, ...(merge.complete ? { picture } : {}) };
    });
    if (written === null || merge.kind !== 'update') return false;
    const { reason, wake } = merge;
    ledger.enter('update', () => ({
      instanceId: record.id,
      novitaInstanceId: item.id,
      name: record.name,
      reason: wake ? `${reason}; the life cycle looks at it` : reason,
    }));
    return wake;
  }
}
