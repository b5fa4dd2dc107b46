import { InstanceStore, type StoredInstance } from '@app/instance-store';
import { Injectable } from '@nestjs/common';
import { fleetTooLarge, MAX_INSTANCES } from './live-fleet.js';

const PAGE_SIZE = 200;

/** Reads every record, as far as they fit into one answer. */
@Injectable()
export class AllRecords {
  constructor(private readonly store: InstanceStore) {}

  /** @throws StoreUnavailableError, Problem `fleet-too-large` */
  async read(): Promise<readonly StoredInstance[]> {
    const { total } = await this.store.counts();
    if (total > MAX_INSTANCES) throw fleetTooLarge(total);
    const all: StoredInstance[] = [];
    let cursor: string | null = null;
    do {
      const page = await this.store.list({ limit: PAGE_SIZE, sort: '-createdAt', ...(cursor !== null && { cursor }) });
      all.push(...page.instances);
      cursor = page.nextCursor;
    } while (cursor !== null && all.length < MAX_INSTANCES);
    return all;
  }
}
