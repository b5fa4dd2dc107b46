import {
  type InstanceId,
  type InstancePage,
  type InstanceQuery,
  InstanceStore,
  isInstanceId,
  type NovitaInstanceId,
  type StoredInstance,
} from '@app/instance-store';
import { Injectable } from '@nestjs/common';
import { SharedTurn } from './shared-turn.js';

/**
 * Reads of the store that arrive in the same turn of the event loop share one round trip: under load a pod asks Redis
 * once for what many clients ask it. Nobody gets an older answer for it: the question goes out after all who share it
 * have asked.
 */
@Injectable()
export class SharedReads {
  private readonly instances: SharedTurn<InstanceId, StoredInstance | null>;
  private readonly pages: SharedTurn<string, InstancePage>;

  constructor(private readonly store: InstanceStore) {
    this.instances = new SharedTurn((ids) => this.readAll(ids));
    this.pages = new SharedTurn((queries) => queries.map((query) => store.list(JSON.parse(query) as InstanceQuery)));
  }

  get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null> {
    return isInstanceId(id) ? this.instances.ask(id) : this.store.get(id);
  }

  /** The same page object for the same query in one turn. */
  list(query: InstanceQuery): Promise<InstancePage> {
    return this.pages.ask(JSON.stringify(query));
  }

  private readAll(ids: readonly InstanceId[]): readonly Promise<StoredInstance | null>[] {
    const [only] = ids;
    if (ids.length === 1 && only !== undefined) return [this.store.get(only)];
    const found = this.store
      .getMany(ids)
      .then((stored) => new Map(stored.map((instance) => [instance.record.id, instance] as const)));
    // One that is not among them is missing or damaged; only a read of its own tells which.
    return ids.map(async (id) => (await found).get(id) ?? this.store.get(id));
  }
}
