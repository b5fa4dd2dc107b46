import { FakeClock } from '@app/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idsUpTo, NUMBERINGS, PagedServer } from '../../test/paged-server.js';
import { NovitaServerFaultError, NovitaUnauthorizedError } from '../novita.errors.js';
import type { Page } from '../novita.js';
import { listPages, PageOrigin, type RawPage } from './list-pages.js';

const clock = new FakeClock();
type Fetch = (pageNumber: number, signal: AbortSignal) => Promise<RawPage<string>>;

interface Settings {
  readonly origin?: PageOrigin;
  readonly concurrency?: number;
  readonly maxPages?: number;
  readonly signal?: AbortSignal;
}

function list(fetch: Fetch, settings: Settings = {}): AsyncGenerator<Page<string>, void, undefined> {
  return listPages(
    { fetch, idOf: (id) => id, origin: settings.origin ?? new PageOrigin() },
    {
      concurrency: settings.concurrency ?? 1,
      maxPages: settings.maxPages ?? 1_000,
      clock,
      signal: settings.signal,
    },
  );
}

async function collect(fetch: Fetch, settings: Settings = {}) {
  const pages: Page<string>[] = [];
  for await (const page of list(fetch, settings)) pages.push(page);
  const verdict = pages.at(-1)?.verdict;
  if (verdict === null || verdict === undefined) throw new Error('no verdict');
  return { pages, verdict, ids: pages.flatMap((page) => page.items) };
}

const from =
  (server: PagedServer): Fetch =>
  (number) =>
    server.page(number);

const hanging: Fetch = (_number, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

const halfReadable: Fetch = async () => ({
  items: ['a'],
  malformed: [{ path: 'things[1]', reason: 'missing' }],
  total: 2,
});

/** The verdict on thirty items in pages of ten, at a service that was changed. */
const unclean = async (change: (server: PagedServer) => void, maxPages?: number) => {
  const server = new PagedServer('from 0', 10, idsUpTo(30));
  change(server);
  return (await collect(from(server), maxPages === undefined ? {} : { maxPages })).verdict;
};

describe.each(NUMBERINGS)('a service that numbers %s', (numbering) => {
  it.each([
    [0, 10],
    [1, 10],
    [9, 10],
    [10, 10],
    [11, 10],
    [20, 10],
    [95, 10],
    [3, 1],
    [2, 1],
  ])('has all of %i items in pages of %i, with one request wasted at most', async (count, pageSize) => {
    const server = new PagedServer(numbering, pageSize, idsUpTo(count));
    const { ids, verdict, pages } = await collect(from(server));
    expect(ids).toEqual(idsUpTo(count));
    expect(verdict).toEqual({
      clean: true,
      reason: null,
      startedAt: clock.timestamp(),
      total: count,
      distinct: count,
      pages: Math.max(1, Math.ceil(count / pageSize)),
    });
    expect(server.asked.length).toBeLessThanOrEqual(pages.length + 1);
    expect(pages.map((page) => page.index)).toEqual(pages.map((_page, index) => index));
    expect(pages.slice(0, -1).every((page) => page.verdict === null)).toBe(true);
  });

  it('wastes nothing once it knows', async () => {
    const server = new PagedServer(numbering, 10, idsUpTo(45));
    const origin = new PageOrigin();
    await collect(from(server), { origin });
    server.asked.length = 0;
    const { ids, pages } = await collect(from(server), { origin });
    expect(ids).toEqual(idsUpTo(45));
    expect(server.asked.length).toBe(pages.length);
  });
});

describe('paging side by side', () => {
  it('asks for several pages at a time and gives them in order', async () => {
    const server = new PagedServer('from 0', 10, idsUpTo(100));
    let underWay = 0;
    let most = 0;
    const slow: Fetch = async (number) => {
      underWay += 1;
      most = Math.max(most, underWay);
      // The later page is served first.
      for (let turn = 0; turn < 20 - number; turn += 1) await Promise.resolve();
      underWay -= 1;
      return server.page(number);
    };
    const { ids, verdict } = await collect(slow, { concurrency: 4 });
    expect(ids).toEqual(idsUpTo(100));
    expect(verdict.clean).toBe(true);
    expect(most).toBe(4);
    expect(new Set(server.asked).size).toBe(server.asked.length);
  });

  it('ends the requests under way when the consumer leaves', async () => {
    const server = new PagedServer('from 0', 10, idsUpTo(100));
    const signals: AbortSignal[] = [];
    const fetch: Fetch = (number, signal) => {
      signals.push(signal);
      return server.page(number);
    };
    for await (const page of list(fetch, { concurrency: 4 })) if (page.index === 2) break;
    expect(signals.length).toBeLessThan(10);
    expect(signals.every((signal) => signal.aborted)).toBe(true);
  });

  it('fails with the failure of a page, and leaves no rejection behind', async () => {
    const server = new PagedServer('from 0', 10, idsUpTo(100));
    const failure = new NovitaServerFaultError('down', { call: 'GET /list' });
    const fetch: Fetch = async (number) => {
      if (number >= 3) throw failure;
      return server.page(number);
    };
    await expect(collect(fetch, { concurrency: 4 })).rejects.toBe(failure);
  });

  it('ends at the abort of its caller', async () => {
    const caller = new AbortController();
    const listing = collect(hanging, { signal: caller.signal });
    const reason = new Error('enough');
    caller.abort(reason);
    await expect(listing).rejects.toBe(reason);
    await expect(collect(hanging, { signal: caller.signal })).rejects.toBe(reason);
  });
});

describe('an unclean listing', () => {
  it('has a total that changed', async () => {
    const verdict = await unclean((server) => {
      server.beforeServing = (served) => {
        if (served === 1) server.ids.push('new');
      };
    });
    expect(verdict).toMatchObject({ clean: false, reason: 'the total changed between pages: 30, 31' });
  });

  it('has an id twice', async () => {
    const verdict = await unclean((server) => {
      server.ids[12] = 'id-0';
    });
    expect(verdict).toMatchObject({ clean: false, reason: '1 ids came more than once', distinct: 29, total: 30 });
  });

  it('is shorter than its total', async () => {
    const verdict = await unclean((server) => {
      server.claimedTotal = 33;
    });
    expect(verdict).toMatchObject({ clean: false, reason: '30 items came, the total is 33' });
  });

  it('is longer than its total', async () => {
    const verdict = await unclean((server) => {
      server.claimedTotal = 5;
    });
    expect(verdict).toMatchObject({ clean: false, reason: '10 items came, the total is 5' });
  });

  it('is empty where the total says otherwise', async () => {
    const verdict = await unclean((server) => {
      server.ids = [];
      server.claimedTotal = 30;
    });
    expect(verdict).toMatchObject({ clean: false, reason: '0 items came, the total is 30' });
  });

  it('is empty once, at page 0 only', async () => {
    const verdict = await unclean((server) => {
      const ids = server.ids.slice(0, 5);
      server.ids = [];
      server.beforeServing = (served) => {
        if (served === 1) server.ids = ids;
      };
    });
    expect(verdict).toMatchObject({ clean: false, total: 5, distinct: 0 });
  });

  it('has more pages than it may have', async () => {
    const verdict = await unclean(() => undefined, 2);
    expect(verdict).toMatchObject({ clean: false, reason: 'more than 2 pages', pages: 2 });
  });

  it('has an item that could not be read', async () => {
    const { verdict, pages } = await collect(halfReadable);
    expect(verdict).toMatchObject({ clean: false, reason: '1 items could not be read', total: 2, distinct: 1 });
    expect(pages[0]?.malformed).toHaveLength(1);
  });

  it('makes what was known of the numbering worth nothing', async () => {
    const origin = new PageOrigin();
    origin.learn(true);
    const server = new PagedServer('from 0', 10, idsUpTo(30));
    expect((await collect(from(server), { origin })).verdict.clean).toBe(false);
    expect((await collect(from(server), { origin })).verdict.clean).toBe(true);
  });

  it('is not made of a refused key', async () => {
    const refused = new NovitaUnauthorizedError('wrong key', { call: 'GET /list' });
    let asked = 0;
    const fetch: Fetch = async () => {
      asked += 1;
      throw refused;
    };
    await expect(collect(fetch)).rejects.toBe(refused);
    expect(asked).toBe(1);
  });
});

describe('whatever the service does between two requests', () => {
  const change = fc.record({
    at: fc.nat(12),
    kind: fc.constantFrom('insert', 'append', 'remove', 'double', 'claim'),
    where: fc.nat(60),
  });

  it('a clean listing has every id exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...NUMBERINGS),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(60),
        fc.integer({ min: 1, max: 5 }),
        fc.array(change, { maxLength: 3 }),
        async (numbering, pageSize, count, concurrency, changes) => {
          const server = new PagedServer(numbering, pageSize, idsUpTo(count));
          server.beforeServing = (served) => {
            for (const { at, kind, where } of changes) {
              if (at !== served) continue;
              const index = Math.min(where, server.ids.length);
              if (kind === 'insert') server.ids.splice(index, 0, `new-${at}-${where}`);
              else if (kind === 'append') server.ids.push(`new-${at}-${where}`);
              else if (kind === 'remove') server.ids.splice(index, 1);
              else if (kind === 'double') server.ids.push(server.ids[index] ?? 'double');
              else server.claimedTotal = where;
            }
          };
          const { ids, verdict } = await collect(from(server), { concurrency });
          expect(server.asked.length).toBeLessThanOrEqual(100);
          expect(verdict.distinct).toBe(new Set(ids).size);
          const onceEach = new Set(ids).size === ids.length && ids.length === verdict.total;
          expect(verdict.clean ? onceEach : verdict.reason !== null).toBe(true);
          const expected = changes.length === 0 ? { ids: idsUpTo(count), clean: true } : {};
          expect({ ids, clean: verdict.clean }).toMatchObject(expected);
        },
      ),
      { numRuns: 400 },
    );
  });
});
