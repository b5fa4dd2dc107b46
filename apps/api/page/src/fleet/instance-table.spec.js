import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakePages } from './fake-pages.spec.fixture.js';
import { anInstance } from './instance.spec.fixture.js';
import { InstanceTable } from './instance-table.js';
import { DEFAULT_QUERY } from './table-query.js';

/** @typedef {import('../net/api-types.js').Instance} Instance */

const ROWS = [anInstance({ n: 5 }), anInstance({ n: 4 }), anInstance({ n: 3 })];

function aTable() {
  const http = new FakePages();
  const table = new InstanceTable(http, (emit) => emit());
  return { http, table, names: () => table.state.get().rows.map(({ name }) => name) };
}

/** @param {Partial<import('./table-query.js').TableQuery>} [query] */
async function aLoadedTable(query = {}, rows = ROWS, nextCursor = /** @type {string | null} */ (null)) {
  const made = aTable();
  made.table.begin({ ...DEFAULT_QUERY, ...query }, 3);
  void made.table.load();
  await made.http.latest.answer(rows, nextCursor, 10);
  return made;
}

describe('reading pages', () => {
  it('asks for what the query says, and keeps how old the answer is', async () => {
    const { table, http } = aTable();
    void table.setQuery({ statuses: ['ready', 'failed'], regions: ['CN-HK-01'], search: 'llama', sort: 'name' });
    expect(http.latest.path).toBe(
      '/api/v1/instances?limit=50&search=llama&status=ready%2Cfailed&region=CN-HK-01&sort=name',
    );
    expect(table.state.get()).toMatchObject({ isLoading: true, isLoaded: false });
    await http.latest.answer([], null, 0);
    expect(table.state.get()).toMatchObject({ isLoading: false, isLoaded: true, asOf: '2026-03-01T10:00:00.000Z' });
  });

  it('goes on with the cursor and back with the one it remembers', async () => {
    const { table, http, names } = await aLoadedTable({}, ROWS, 'c1');
    void table.nextPage();
    expect(http.latest.path).toContain('cursor=c1');
    expect(names()).toEqual(['worker-5', 'worker-4', 'worker-3']);
    await http.latest.answer([anInstance({ n: 2 })], 'c2', 10);
    expect(table.state.get()).toMatchObject({ page: 1, hasNext: true });
    void table.nextPage();
    expect(http.latest.path).toContain('cursor=c2');
    await http.latest.answer([anInstance({ n: 1 })]);
    expect(table.state.get()).toMatchObject({ page: 2, hasNext: false });
    void table.previousPage();
    expect(http.latest.path).toContain('cursor=c1');
    await http.latest.answer([anInstance({ n: 2 })], 'c2');
    void table.previousPage();
    expect(http.latest.path).not.toContain('cursor');
  });

  it('does not run ahead of the pages whose beginning it knows', async () => {
    const { table, http } = await aLoadedTable({}, ROWS, 'c1');
    void table.nextPage();
    void table.nextPage();
    expect(table.state.get().page).toBe(1);
    expect(http.latest.path).toContain('cursor=c1');
  });

  it('goes back one when a page turns out empty', async () => {
    const { table, http, names } = await aLoadedTable({}, ROWS, 'c1');
    void table.nextPage();
    await http.latest.answer([]);
    await http.latest.answer(ROWS, null);
    expect(table.state.get()).toMatchObject({ page: 0, hasNext: false });
    expect(names()).toEqual(['worker-5', 'worker-4', 'worker-3']);
  });

  it('lets the later of two questions win, whichever is answered last', async () => {
    const { table, http, names } = await aLoadedTable();
    void table.setQuery({ search: 'a' });
    const first = http.latest;
    void table.setQuery({ search: 'b' });
    expect(first.signal?.aborted).toBe(true);
    await http.latest.answer([anInstance({ n: 8, name: 'b-1' })]);
    await first.answer([anInstance({ n: 9, name: 'a-1' })]);
    expect(names()).toEqual(['b-1']);
  });

  it('keeps the rows and says why when it fails, and knows what they are', async () => {
    const { table, http, names } = await aLoadedTable({}, ROWS, 'c1');
    const rejection = new Error('refused');
    void table.nextPage();
    await http.latest.fail(rejection);
    expect(table.state.get()).toMatchObject({ problem: rejection, isLoading: false, page: 1, shown: { page: 0 } });
    expect(names()).toHaveLength(3);
    void table.load();
    await http.latest.answer([anInstance({ n: 2 })]);
    expect(table.state.get()).toMatchObject({ problem: null, shown: { page: 1 } });
  });

  it('begins at the first page with another size', async () => {
    const { table, http } = await aLoadedTable({}, ROWS, 'c1');
    void table.nextPage();
    await http.latest.answer([anInstance({ n: 2 })]);
    void table.setSize(100);
    expect(http.latest.path).toBe('/api/v1/instances?limit=100&sort=-createdAt');
    expect(table.state.get().page).toBe(0);
  });
});

describe('events and answers about single instances', () => {
  it('changes a row, never back to an older revision', async () => {
    const { table } = await aLoadedTable();
    table.applyEvent(anInstance({ n: 4, revision: 3, status: 'stopping' }));
    table.applyEvent(anInstance({ n: 4, revision: 2 }));
    table.applyAnswer(anInstance({ n: 4, revision: 2 }));
    expect(table.state.get().rows[1]).toMatchObject({ revision: 3, status: 'stopping' });
  });

  it('leaves a row that does not match any more until the next load', async () => {
    const { table, http, names } = await aLoadedTable({ statuses: ['ready'] });
    table.applyEvent(anInstance({ n: 4, revision: 2, status: 'stopped' }));
    expect(names()).toHaveLength(3);
    void table.load();
    await http.latest.answer([anInstance({ n: 5 }), anInstance({ n: 3 })]);
    expect(names()).toEqual(['worker-5', 'worker-3']);
  });

  it('puts a new one where it belongs', async () => {
    const { table, names } = await aLoadedTable(
      {},
      [anInstance({ n: 7 }), anInstance({ n: 4 }), anInstance({ n: 3 })],
      'c1',
    );
    table.applyEvent(anInstance({ n: 9 }));
    table.applyEvent(anInstance({ n: 6 }));
    expect(names()).toEqual(['worker-9', 'worker-7', 'worker-6', 'worker-4', 'worker-3']);
    expect(table.state.get()).toMatchObject({ total: 12, unseen: 0, hasNext: true });
  });

  it('sorts by name as the API does', async () => {
    const rows = [anInstance({ n: 1, name: 'B' }), anInstance({ n: 2, name: 'a' }), anInstance({ n: 3, name: 'a-1' })];
    const { table, names } = await aLoadedTable({ sort: 'name' }, rows);
    table.applyEvent(anInstance({ n: 4, name: 'Z' }));
    table.applyEvent(anInstance({ n: 5, name: 'a' }));
    table.applyEvent(anInstance({ n: 6, name: 'b' }));
    expect(names()).toEqual(['B', 'Z', 'a', 'a', 'a-1', 'b']);
    expect(table.state.get().rows.map(({ id }) => Number(id.slice(4)))).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it('counts those that changed on other pages, each once', async () => {
    const { table, http } = await aLoadedTable({}, ROWS, 'c1');
    for (const revision of [2, 3, 4]) table.applyEvent(anInstance({ n: 1, revision }));
    table.applyEvent(anInstance({ n: 2 }));
    expect(table.state.get().unseen).toBe(2);
    table.remove(anInstance({ n: 2 }).id, 1);
    expect(table.state.get().unseen).toBe(1);
    void table.load();
    await http.latest.answer(ROWS, 'c1');
    expect(table.state.get().unseen).toBe(0);
  });

  it('knows that what comes before a later page is not on it', async () => {
    const { table, http, names } = await aLoadedTable({}, ROWS, 'c1');
    void table.nextPage();
    await http.latest.answer([anInstance({ n: 2 })]);
    table.applyEvent(anInstance({ n: 9 }));
    expect(names()).toEqual(['worker-2']);
    expect(table.state.get().unseen).toBe(1);
    table.applyEvent(anInstance({ n: 1 }));
    expect(names()).toEqual(['worker-2', 'worker-1']);
  });

  it('does not grow without end', async () => {
    const { table } = await aLoadedTable();
    for (let n = 10; n < 200; n++) table.applyEvent(anInstance({ n }));
    expect(table.state.get()).toMatchObject({ rows: { length: 53 }, unseen: 140 });
  });

  it('ignores others in a list of all', async () => {
    const { table, names } = await aLoadedTable();
    table.applyListed(anInstance({ n: 9 }));
    table.applyListed(anInstance({ n: 4, revision: 2, name: 'renamed' }));
    expect(names()).toEqual(['worker-5', 'renamed', 'worker-3']);
    expect(table.state.get().unseen).toBe(0);
  });
});

describe('what is removed', () => {
  it('leaves at once and stays away, whatever comes late', async () => {
    const { table, http, names } = await aLoadedTable();
    void table.load();
    table.remove(anInstance({ n: 4 }).id, 3);
    expect(table.state.get()).toMatchObject({ total: 9 });
    table.applyEvent(anInstance({ n: 4, revision: 3 }));
    await http.latest.answer(ROWS, null, 3);
    expect(names()).toEqual(['worker-5', 'worker-3']);
    expect(table.state.get().total).toBe(2);
  });

  it('takes the page back to the one before when it was the last on it', async () => {
    const { table, http } = await aLoadedTable({}, ROWS, 'c1');
    void table.nextPage();
    await http.latest.answer([anInstance({ n: 2 })]);
    table.remove(anInstance({ n: 2 }).id, 1);
    expect(table.state.get().page).toBe(0);
    expect(http.latest.path).not.toContain('cursor');
  });

  it('is no matter when it is a terminated one that is kept for a while', async () => {
    const { table } = await aLoadedTable();
    table.applyEvent(anInstance({ n: 4, revision: 2, status: 'terminated', desired: 'deleted' }));
    expect(table.state.get().rows[1]).toMatchObject({ status: 'terminated' });
  });
});

describe('answers and events that cross', () => {
  it('keeps an event that came while an older answer was under way', async () => {
    const { table, http } = await aLoadedTable();
    void table.load();
    table.applyEvent(anInstance({ n: 4, revision: 5, status: 'stopping' }));
    await http.latest.answer(ROWS);
    expect(table.state.get().rows[1]).toMatchObject({ revision: 5, status: 'stopping' });
  });

  it('shows one that was made while an answer without it was under way', async () => {
    const { table, http, names } = await aLoadedTable();
    void table.setQuery({ regions: ['CN-HK-01'] });
    table.applyEvent(anInstance({ n: 9 }));
    await http.latest.answer(ROWS, null, 3);
    expect(names()).toEqual(['worker-9', 'worker-5', 'worker-4', 'worker-3']);
    expect(table.state.get().total).toBe(4);
  });

  it('begins anew when all that came before is void', async () => {
    const { table, http } = await aLoadedTable();
    table.applyEvent(anInstance({ n: 4, revision: 9 }));
    table.forget();
    void table.load();
    expect(table.state.get().rows).toHaveLength(3);
    await http.latest.answer(ROWS);
    expect(table.state.get().rows[1]?.revision).toBe(1);
  });
});

describe('when it stands idle', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('is asked for after an event that does not say it, once for all rows', async () => {
    const { table, http } = await aLoadedTable();
    table.applyEvent(anInstance({ n: 4, revision: 2, status: 'stopped', desired: 'stopped' }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(http.asked).toHaveLength(1);
    table.applyEvent(anInstance({ n: 4, revision: 3 }));
    table.applyEvent(anInstance({ n: 9 }));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(http.asked).toHaveLength(2);
    const autoStopAt = '2026-03-01T12:00:00.000Z';
    await http.latest.answer([anInstance({ n: 9, autoStopAt }), anInstance({ n: 4, revision: 3, autoStopAt })]);
    expect(table.state.get().rows).toMatchObject([{ autoStopAt }, { autoStopAt }]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(http.asked).toHaveLength(2);
  });
});
