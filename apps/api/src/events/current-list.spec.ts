import {
  type FleetPage,
  type FleetQuery,
  IdleSettings,
  type InstanceId,
  type StoredInstance,
} from '@app/instance-store';
import { loadSection } from '@app/platform';
import { anInstance } from '@app/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { NO_ESTIMATES } from '../../test/support/command-fakes.js';
import { FakeFleetView, FakeInstanceStore } from '../../test/support/fleet-fakes.js';
import { InstanceJson } from '../instances/instance-text.js';
import { CurrentList } from './current-list.js';
import { EventFilter } from './events-query.js';

const ID = '9-0';
const ALL = new EventFilter(null, null);

/** Pages of so many instances, by cursor. */
class PagedFleet extends FakeFleetView {
  readonly all: StoredInstance[] = [];

  override async list(query: FleetQuery): Promise<FleetPage> {
    this.queries.push(query);
    const from = Number(query.cursor ?? 0);
    const to = from + query.limit;
    const nextCursor = to < this.all.length ? String(to) : null;
    return { instances: this.all.slice(from, to), total: this.all.length, nextCursor, behindSince: null };
  }
}

interface ListData {
  readonly instances: readonly { readonly id: string }[];
  readonly last: boolean;
}

describe('the list after a reset', () => {
  let store: FakeInstanceStore;
  let fleet: PagedFleet;
  let list: CurrentList;

  beforeEach(() => {
    store = new FakeInstanceStore();
    fleet = new PagedFleet(store);
    list = new CurrentList(fleet, new InstanceJson(loadSection(IdleSettings), NO_ESTIMATES));
  });

  function fill(count: number, value = 'x'): readonly InstanceId[] {
    for (let i = 0; i < count; i++) {
      fleet.all.push(store.put(anInstance({ spec: { envs: [{ key: 'A', value }] } })));
    }
    return fleet.all.map(({ record }) => record.id);
  }

  async function read(filter: EventFilter, secrets = false): Promise<{ texts: string[]; ids: string[] }> {
    const texts: string[] = [];
    const ids: string[] = [];
    for await (const piece of list.pieces(filter, secrets, ID)) {
      const text = String(piece);
      texts.push(text);
      const data = JSON.parse(text.slice(text.indexOf('data: ') + 6)) as ListData;
      ids.push(...data.instances.map(({ id }) => id));
      expect(text.startsWith(data.last ? `id: ${ID}\nevent: list\n` : 'event: list\n')).toBe(true);
    }
    expect(texts.at(-1)).toContain('"last":true');
    expect(texts.filter((text) => text.includes('"last":true'))).toHaveLength(1);
    return { texts, ids };
  }

  it('is every instance, page by page in order of creation', async () => {
    const expected = fill(120);
    expect((await read(ALL)).ids).toEqual(expected);
    expect(fleet.queries).toEqual([
      { limit: 50, sort: 'createdAt' },
      { limit: 50, sort: 'createdAt', cursor: '50' },
      { limit: 50, sort: 'createdAt', cursor: '100' },
    ]);
  });

  it('is cut into pieces that a reader can take, however large the instances are', async () => {
    const expected = fill(60, 'x'.repeat(4_000));
    const { texts, ids } = await read(ALL, true);
    expect(ids).toEqual(expected);
    expect(texts.length).toBeGreaterThan(4);
    for (const text of texts) expect(text.length).toBeLessThan(70_000);
  });

  it('is one empty piece where there is nothing, or where nothing is wanted', async () => {
    expect((await read(ALL)).texts).toHaveLength(1);
    fill(3);
    fleet.queries.length = 0;
    const { texts, ids } = await read(new EventFilter(new Set(['sync.completed']), null));
    expect([texts.length, ids, fleet.queries]).toEqual([1, [], []]);
  });

  it('is only the instances that are followed, those that have a record', async () => {
    const [first, , third] = fill(3);
    if (first === undefined || third === undefined) throw new Error('there are three');
    const gone = anInstance().id;
    const { ids } = await read(new EventFilter(null, new Set([first, gone, third])));
    expect(ids.toSorted()).toEqual([first, third].toSorted());
    expect(fleet.queries).toEqual([]);
  });

  it('costs a few reads for each page when a hundred begin anew at the same time', async () => {
    fill(120);
    const all = await Promise.all(Array.from({ length: 100 }, () => read(ALL)));
    for (const { ids } of all) expect(ids).toHaveLength(120);
    expect(fleet.queries.length).toBeLessThanOrEqual(15);
  });
});
