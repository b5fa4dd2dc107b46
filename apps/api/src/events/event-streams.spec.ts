import { BEFORE_FIRST_ENTRY } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';
import { EventStreams } from './event-streams.js';
import { EventFilter } from './events-query.js';

const ALL = new EventFilter(null, null);

describe('EventStreams', () => {
  let api: TestApi;
  let events: EventStreams;

  beforeAll(async () => {
    api = await TestApi.start();
    events = api.app.get(EventStreams);
    for (let n = 1; n <= 100; n++) api.feed.change(`${n}-0`, 'instance.updated', anInstance());
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.keptFeed.reads = 0;
    api.feed.remembers = 1_000;
  });

  it('reads nothing for a reader that was away for a moment', async () => {
    const found = await events.for(ALL, false).eventsAfter('97-0', 50);
    expect(found?.map(({ entryId }) => entryId)).toEqual(['98-0', '99-0', '100-0']);
    expect(api.keptFeed.reads).toBe(0);
  });

  it('reads what this process does not remember, a few reads for all who lack the same', async () => {
    api.feed.remembers = 10;
    const all = await Promise.all(Array.from({ length: 100 }, () => events.for(ALL, false).eventsAfter('5-0', 50)));
    for (const found of all) expect(found?.map(({ entryId }) => entryId).at(0)).toBe('6-0');
    expect(api.keptFeed.reads).toBeLessThanOrEqual(6);
  });

  it('gives no position to who comes before the feed was ever reached, and says that it is away', () => {
    const { pushedTo } = api.feed;
    api.feed.pushedTo = BEFORE_FIRST_ENTRY;
    const empty = events.for(ALL, false).begin().text;
    expect(empty).toMatch(/^id: 0-0\nevent: connected/);
    api.feed.since = timestampFromMs(0);
    const away = events.for(ALL, false).begin().text;
    expect(away).toMatch(/^event: connected\n.*\n\nevent: degraded/);
    api.feed.since = null;
    api.feed.pushedTo = pushedTo;
  });

  it('renders what is pushed to all of them once, and for a filter what is left', () => {
    const record = anInstance();
    const entries = [
      api.feed.change('101-0', 'instance.starting', record),
      api.feed.change('102-0', 'instance.ready', record),
      api.feed.change('103-0', 'instance.updated', record),
    ];
    const all = events.for(ALL, false).render(entries);
    expect(events.for(ALL, false).render(entries)).toBe(all);
    const some = events.for(new EventFilter(new Set(['instance.starting', 'instance.updated']), null), false);
    expect(String(some.render(entries)).match(/^id: .*$/gm)).toEqual(['id: 101-0', 'id: 103-0']);
    expect(entries.map((entry) => some.wants(entry))).toEqual([true, false, true]);
    expect(events.for(new EventFilter(new Set(['sync.failed']), null), false).render(entries)).toBe('');
  });
});
