import { type FleetPage, type FleetQuery, FleetView, type InstanceId, type StoredInstance } from '@app/instance-store';
import { inBatches } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { StreamText } from '../core/sse/resumable-events.js';
import { InstanceJson } from '../instances/instance-text.js';
import { CoalescingLimiter } from './coalescing-limiter.js';
import { lastListText, listText } from './event-texts.js';
import type { EventFilter } from './events-query.js';

const PAGE = 50;
/** Pages that are read at a time, over all readers of this process. */
const READS_AT_A_TIME = 2;
/** Characters of one piece, about; far below what may wait for a reader. */
const PIECE_LENGTH = 64 * 1024;

/** The present instances, in pieces, for readers of events that begin anew. No reader has more than a page in memory. */
@Injectable()
export class CurrentList {
  private readonly pages = new CoalescingLimiter<FleetPage>(READS_AT_A_TIME);
  private readonly named = new CoalescingLimiter<readonly StoredInstance[]>(READS_AT_A_TIME);

  constructor(
    private readonly fleet: FleetView,
    private readonly json: InstanceJson,
  ) {}

  /**
   * @param id where the reader goes on after the list
   * @throws StoreUnavailableError, FleetNotLoadedError
   */
  async *pieces(filter: EventFilter, secrets: boolean, id: string): AsyncGenerator<StreamText> {
    // One behind, because only the last one has the id.
    let items = '';
    for await (const page of this.read(filter)) {
      for (const stored of page) {
        const item = this.json.of(stored, secrets);
        if (items.length + item.length > PIECE_LENGTH && items !== '') {
          yield listText(items);
          items = '';
        }
        items += items === '' ? item : `,${item}`;
      }
    }
    yield lastListText(items, id);
  }

  private read(filter: EventFilter): AsyncGenerator<readonly StoredInstance[]> | readonly [] {
    if (!filter.takesInstances) return [];
    return filter.instances === null ? this.readAll() : this.readNamed(filter.instances);
  }

  private async *readAll(): AsyncGenerator<readonly StoredInstance[]> {
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const query: FleetQuery = { limit: PAGE, sort: 'createdAt', ...(cursor !== undefined && { cursor }) };
      const page: FleetPage = await this.pages.ask(cursor ?? '', () => this.fleet.list(query));
      yield page.instances;
      cursor = page.nextCursor;
    }
  }

  private async *readNamed(ids: ReadonlySet<InstanceId>): AsyncGenerator<readonly StoredInstance[]> {
    for (const batch of inBatches(ids, PAGE)) {
      yield await this.named.ask(batch.join(), () => this.readEach(batch));
    }
  }

  private async readEach(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]> {
    const found = await Promise.all(ids.map((id) => this.fleet.get(id)));
    return found.filter((stored) => stored !== null);
  }
}
