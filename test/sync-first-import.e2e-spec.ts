import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from './support/api-client.js';
import { Fleet, OPERATOR_KEY } from './support/fleet.js';
import { SyncClient } from './support/sync-client.js';
import { type FollowedEvent, loadSyncExample } from './support/sync-examples.js';
import { SyncFollower } from './support/sync-follower.js';
import { headersOf, SyncWatch } from './support/sync-watch.js';
import { until } from './support/until.js';

describe('the first sync of thousands of instances', () => {
  const COUNT = 2_000;
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start({
      apis: 2,
      workers: 0,
      env: { NOVITA_MAX_REQUESTS_PER_SECOND: '1000' },
      sandbox: { instances: COUNT },
    });
  });
  afterAll(async () => {
    await fleet?.stop();
  });

  it('is shown as it happens, the same by both APIs, and their headers agree', async () => {
    const example = await loadSyncExample();
    const followers = await Promise.all(fleet.clients.map(({ url }) => SyncFollower.start(example, url, OPERATOR_KEY)));
    const watches = fleet.clients.map((client) => new SyncWatch(client));
    await fleet.addWorker();
    await Promise.all(followers.map((f) => f.sees('the end', ({ event }) => event === 'sync.completed')));
    await Promise.all(watches.map((w) => w.sees('is completed', ({ status }) => status.status === 'completed')));
    await Promise.all([...followers, ...watches].map((each) => each.stop()));

    const [one, other] = followers.map(({ events }) => events);
    if (one === undefined || other === undefined) throw new Error('two were followed');
    expect(one[0]).toMatchObject({ event: 'sync.status', data: { status: { status: 'not_started' } } });
    expect(one.slice(1).map(({ event }) => event)).toEqual([
      'sync.started',
      ...one.slice(2, -1).map(() => 'sync.progress'),
      'sync.completed',
    ]);
    expect(one.length).toBeGreaterThan(20);
    expectOnlyForward(one);
    expect(other.slice(1)).toEqual(one.slice(1));

    const last = one.at(-1)?.data.status;
    expect(last).toMatchObject({ status: 'completed', syncedResources: 9, totalResources: 9 });
    expect(last?.resourceStatus.find(({ name }) => name === 'instances')).toMatchObject({ count: COUNT });
    for (const { glances } of watches) {
      expect(glances.some(({ status }) => status.status === 'in_progress')).toBe(true);
      for (const { status, headers } of glances) {
        const wanted = headersOf(status);
        expect(Object.fromEntries(Object.keys(wanted).map((name) => [name, headers.get(name)]))).toEqual(wanted);
      }
      expect(glances.at(-1)?.status).toEqual(last);
    }
    for (const client of fleet.clients) {
      const list = await until('the list has all of them, and says so while it lags', async () => {
        const answer = await client.request('GET', '/api/v1/instances?limit=1');
        if (answer.headers.get('x-data-source') === 'memory') return null;
        expect(answer.body['total']).toBe(COUNT);
        return answer;
      });
      expect(list.headers.get('x-sync-end-time')).toBe(last?.endTime);
    }
  });

  it('can be followed again from any of its events', async () => {
    const [client, otherPod] = fleet.clients;
    if (client === undefined || otherPod === undefined) throw new Error('two APIs were started');
    const example = await loadSyncExample();
    const { events } = await whole(example, client);
    const started = events.findIndex(({ event }) => event === 'sync.started');
    const again = await SyncFollower.start(example, otherPod.url, OPERATOR_KEY, events[started]?.id);
    await again.sees('the end', ({ event }) => event === 'sync.completed');
    await again.stop();
    expect(again.events).toEqual(events.slice(started + 1));
  });

  /** Follows one more small sync from its beginning to its end. */
  async function whole(example: Awaited<ReturnType<typeof loadSyncExample>>, client: ApiClient): Promise<SyncFollower> {
    const follower = await SyncFollower.start(example, client.url, OPERATOR_KEY);
    expect((await new SyncClient(client).answered({ resources: ['clusters', 'templates'] })).status).toBe(200);
    await follower.sees('the end', ({ event }) => event === 'sync.completed');
    await follower.stop();
    return follower;
  }
});

/** Ids grow, no count goes back, and what was completed stays so. */
function expectOnlyForward(events: readonly FollowedEvent[]): void {
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    if (before === undefined) continue;
    expect(numberOf(event.id)).toBeGreaterThan(numberOf(before.id));
    expect(event.data.status.syncedResources).toBeGreaterThanOrEqual(before.data.status.syncedResources);
    for (const resource of event.data.status.resourceStatus) {
      const earlier = before.data.status.resourceStatus.find(({ name }) => name === resource.name);
      expect(resource.count).toBeGreaterThanOrEqual(earlier?.count ?? 0);
      if (earlier?.status === 'completed') expect(resource.status).toBe('completed');
    }
  }
}

/** Milliseconds and the counter within them, as one number that can be compared. */
function numberOf(id = '0-0'): bigint {
  const [ms = '0', count = '0'] = id.split('-');
  return BigInt(ms) * 1_000_000n + BigInt(count);
}
