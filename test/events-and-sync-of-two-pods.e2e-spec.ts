import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ApiClient } from './support/api-client.js';
import { ROOT } from './support/built-process.js';
import { Churn } from './support/churn.js';
import { EventReader } from './support/event-readers.js';
import { Fleet, OPERATOR_KEY, VIEWER_KEY } from './support/fleet.js';
import { SyncClient, type SyncEnvelope } from './support/sync-client.js';
import { type FollowedEvent, loadSyncExample } from './support/sync-examples.js';
import { SyncFollower } from './support/sync-follower.js';
import { headersOf, SyncWatch } from './support/sync-watch.js';
import { until } from './support/until.js';

/** Shorter than it takes until the queue gives a dead worker's job to another one, so that the gap can be seen. */
const LOCK_TTL_MS = 4_000;
/** How much longer than its lock a dead run may be taken for a living one: clocks differ. */
const MARGIN_MS = 2_000;

/** `READERS=500 SECONDS=60` is the whole proof; the suite makes sure that it holds at all. */
const READERS = Number(process.env['READERS'] ?? 24);
const SECONDS = Number(process.env['SECONDS'] ?? 6);
const END_POD_AT_SECOND = Math.floor(SECONDS / 3);

/** What docs/events.md shows. */
interface Example {
  followEvents(options: {
    readonly url: string;
    readonly key: string;
    readonly signal: AbortSignal;
    readonly onEvent: (type: string, data: unknown, id: string | undefined) => void;
  }): Promise<void>;
}

/** On twenty pages, each of which is progress. */
const COUNT = 1_000;

/** Two APIs that have seen no sync yet; the first worker brings one, a second one follows, and one of them is lost on the way. */
let fleet: Fleet;
let clients: readonly [ApiClient, ApiClient];
let first: SyncClient;
let second: SyncClient;

beforeAll(async () => {
  fleet = await Fleet.start({
    apis: 2,
    workers: 0,
    env: {
      NOVITA_PAGE_SIZE: '50',
      NOVITA_TIMEOUT: '70s',
      CREATE_RETRY_GRACE: '80s',
      NOVITA_MAX_REQUESTS_PER_SECOND: '1000',
      SYNC_ENABLE_AUTOMATIC_SYNC: 'false',
      SYNC_LOCK_TTL: `${LOCK_TTL_MS}ms`,
    },
    sandbox: { instances: COUNT },
  });
  clients = fleet.clients as unknown as readonly [ApiClient, ApiClient];
  [first, second] = [new SyncClient(clients[0]), new SyncClient(clients[1])];
});
afterAll(async () => {
  await fleet?.stop();
});

async function expectOneAtATime(sync: SyncClient): Promise<void> {
  const runs = (await sync.history()).toReversed();
  for (const [index, { startTime }] of runs.entries()) {
    const before = runs[index - 1];
    if (before !== undefined) expect(startTime >= before.endTime).toBe(true);
  }
}

describe('the first sync of a thousand instances', () => {
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
    const [client, otherPod] = clients;
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

describe('the sync of two APIs and two workers', () => {
  beforeAll(async () => {
    await fleet.addWorker();
  });

  it('asked many times at once, one runs and the others are refused with its owner, or join it', async () => {
    fleet.sandbox.faults.add({ kind: 'latency', operation: 'listInstances', page: 2, ms: 1_000 });
    // A process that is starved takes its Redis for away, and says so.
    const ask = (i: number, query = ''): Promise<Answer> =>
      until('a sync is made or refused', async () => {
        const answer = await (i % 2 === 0 ? first : second).attempt({}, query);
        return answer.status !== 503 && answer;
      });
    const refused = await until('of many one is carried out and others are refused', async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => ask(i)));
      expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
      const refused = answers.filter(({ status }) => status === 409);
      // That of the new worker's start may be under way, and all are refused.
      return refused.length > 0 && refused.length < answers.length && refused;
    });
    for (const { body, headers } of refused) {
      expect(body).toMatchObject({
        code: 'sync-in-progress',
        owner: expect.stringMatching(/^(api|worker) on .+, pid \d+$/) as string,
      });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }

    const joining = Array.from({ length: 12 }, (_, i) => ask(i, '?wait=true'));
    const joined = (await Promise.all(joining)) as unknown as readonly Answer<SyncEnvelope>[];
    expect(joined.map(({ status, body }) => [status, body.success])).toEqual(joined.map(() => [200, true]));
    fleet.sandbox.faults.clear();
    await expectOneAtATime(first);
  });

  it('a worker killed in the middle of a run: its lock lapses, the next run completes, and nobody is lied to', async () => {
    const watches = clients.map((client) => new SyncWatch(client));
    // The pages after the first come so late that the run lasts until its worker is killed; the next run is quick.
    const slow = fleet.sandbox.faults.add({ kind: 'latency', operation: 'listInstances', page: 2, ms: 60_000 });
    const asked = askFor(clients[0].url);
    await until('the run waits for its page', async () =>
      fleet.sandbox.faults.list().some(({ id, strikes }) => id === slow && strikes > 0),
    );
    const glances = await Promise.all(
      watches.map((watch) => watch.sees('is in progress', ({ status }) => status.status === 'in_progress')),
    );
    const doomed = glances[0]?.status.startTime ?? '';
    const busy = await second.attempt();
    expect(busy.status).toBe(409);
    const pid = Number(/pid (\d+)$/.exec(String(busy.body['owner']))?.[1]);
    const index = fleet.workers.findIndex((worker) => worker.pid === pid);
    expect(index).toBeGreaterThanOrEqual(0);
    const [worker] = fleet.workers.splice(index, 1);
    fleet.sandbox.faults.clear();
    await worker?.end('SIGKILL');
    const killedAt = Date.now();

    for (const watch of watches) {
      const dead = await watch.sees(
        'shows the dead run as failed',
        ({ status }) => status.status === 'failed' && status.startTime === doomed,
      );
      // Its lock is what ends it: by the worker's own timeouts it would last for a minute.
      expect(dead.at - killedAt).toBeLessThan(5 * (LOCK_TTL_MS + MARGIN_MS));
      expect(dead.headers.get('x-sync-error')).toMatch(/worker/);
      const next = await watch.sees(
        'shows a later run that completed',
        ({ status }) => status.status === 'completed' && (status.startTime ?? '') > doomed,
      );
      expect(next.status.resourceStatus.find(({ name }) => name === 'instances')?.count).toBe(COUNT);
    }
    // Whoever had asked is answered, by the worker that took over.
    expect([200, 202]).toContain((await asked).status);
    await Promise.all(watches.map((watch) => watch.stop()));

    for (const watch of watches) {
      const ofDoomed = watch.course.filter((text) => text.endsWith(`@${doomed}`));
      // A pod that is behind with the events may show once more what the worker wrote last.
      expect(new Set(ofDoomed)).toEqual(new Set([`in_progress@${doomed}`, `failed@${doomed}`]));
      expect(ofDoomed.at(-1)).toBe(`failed@${doomed}`);
      for (const { status, headers } of watch.glances) {
        const wanted = headersOf(status);
        const got = Object.fromEntries(Object.keys(wanted).map((name) => [name, headers.get(name)]));
        expect(got).toEqual(wanted);
      }
    }
    await expectOneAtATime(first);
  });
});

describe('the events of two APIs', () => {
  let redis: Redis;
  const readers: EventReader[] = [];
  const urls: string[] = [];
  const known = new Map<string, readonly string[]>();

  beforeAll(() => {
    redis = new Redis(fleet.redis.url);
    urls.push(...fleet.clients.map(({ url }) => url));
  });
  afterAll(() => {
    for (const reader of readers) reader.close();
    redis?.disconnect();
  });

  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(Math.random() * items.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  };

  const clientOf = (url: string): ApiClient => {
    const client = fleet.clients.find((known) => known.url === url);
    if (client === undefined) throw new Error(`no client of ${url}`);
    return client;
  };

  /** The id of the feed's last entry. */
  async function latest(): Promise<string | undefined> {
    return (await redis.xrevrange('{novita-fleet}:changes', '+', '-', 'COUNT', 1))[0]?.[0];
  }

  /** The feed itself: `id type` of each entry after that one. */
  async function kept(after: string): Promise<readonly string[]> {
    const entries = await redis.xrange('{novita-fleet}:changes', `(${after}`, '+');
    return entries.map(([id, fields]) => `${id} ${fields[fields.indexOf('type') + 1]}`);
  }

  it('are the same sequence for each of many readers, whoever is dropped and whichever process ends', async () => {
    const first = await Promise.all(
      Array.from({ length: 3 }, (_, i) =>
        fleet.api.create({ name: `churn-${i}`, productName: 'RTX 4090', image: 'nginx:latest', ports: ['80/http'] }),
      ),
    );
    const ids = first.map(({ id }) => id);
    await until('they are ready', async () => {
      const all = await Promise.all(ids.map((id) => fleet.api.get(id)));
      return all.every(({ status }) => status === 'ready');
    });

    for (let i = 0; i < READERS; i++) {
      // Half of them at each process to begin with, wherever there is one later.
      const home = urls[i % 2];
      let isFresh = true;
      readers.push(
        new EventReader(VIEWER_KEY, () => {
          const url = isFresh && home !== undefined ? home : pick(urls);
          isFresh = false;
          return url;
        }),
      );
    }
    await until('all have begun', async () => readers.every(({ isOpen, position }) => isOpen && position !== ''));

    const [survivor, ending] = urls;
    if (survivor === undefined || ending === undefined) throw new Error('there are two processes');
    const example = (await import(
      pathToFileURL(join(ROOT, 'docs', 'examples', 'events', 'follow-events.mjs')).href
    )) as Example;
    const leaving = new AbortController();
    const shown: string[] = [];
    const following = example.followEvents({
      url: ending,
      key: VIEWER_KEY,
      signal: leaving.signal,
      onEvent: (type, _data, id) => {
        // Without an id it is about the connection, as when a starved process takes its Redis for away.
        if (id !== undefined) shown.push(`${id} ${type}`);
      },
    });
    await until('the example has begun', async () => shown.length > 0);

    const churn = new Churn(() => clientOf(survivor), ids, 400);
    const isEventful = (): boolean =>
      (churn.done['stop'] ?? 0) > 3 &&
      (churn.done['sync'] ?? 0) > 2 &&
      readers.reduce((sum, { returns }) => sum + returns, 0) > READERS / 2;
    for (let second = 0; second < SECONDS || !isEventful(); second++) {
      await pause(1_000);
      pick(readers).drop();
      if (second !== END_POD_AT_SECOND) continue;
      urls.splice(urls.indexOf(ending), 1);
      const [pod] = fleet.apis.splice(1, 1);
      expect(await pod?.end('SIGTERM')).toBe(0);
      await until('its readers are at the other one', async () => readers.every(({ isOpen }) => isOpen));
      // As in a restart, the address is served again, by a process that remembers nothing.
      await fleet.addApi({ PORT: new URL(ending).port });
      urls.push(ending);
    }
    await churn.stop();
    await until('nothing happens any more, and all have seen it', async () => {
      const last = await latest();
      await pause(500);
      const isQuiet = last === (await latest());
      return isQuiet && readers.every(({ position }) => position === last) && shown.at(-1)?.startsWith(`${last} `);
    });
    leaving.abort();
    await following;

    expect(readers.filter(({ hasReset }) => hasReset)).toEqual([]);
    for (const reader of readers) {
      const expected = await keptAfter(reader.startedAt);
      if (
        reader.received.length !== expected.length ||
        reader.received.some((received, i) => received !== expected[i])
      ) {
        expect(reader.received).toEqual(expected);
      }
    }
    const [connected = '', ...received] = shown;
    expect(received).toEqual(await keptAfter(connected.split(' ')[0] ?? ''));
    const types = new Set(received.map((text) => text.split(' ')[1]));
    expect([...types]).toEqual(
      expect.arrayContaining([
        'instance.stopping',
        'instance.stopped',
        'instance.ready',
        'sync.started',
        'sync.completed',
      ]),
    );

    async function keptAfter(id: string): Promise<readonly string[]> {
      let entries = known.get(id);
      if (entries === undefined) {
        entries = await kept(id);
        known.set(id, entries);
      }
      return entries;
    }
  });
});

describe('a pause of the sync of two APIs', () => {
  it('holds through the restart of every process, and ends on demand', async () => {
    expect((await clients[0].request('POST', '/api/v1/sync/pause')).status).toBe(200);
    const paused = await until('the second shows it', async () => (await second.status()).paused);
    expect(paused).toMatchObject({ by: 'user:ops' });

    const processes = [...fleet.apis.splice(0), ...fleet.workers.splice(0)];
    fleet.clients.length = 0;
    await Promise.all(processes.map((process) => process.end('SIGTERM')));
    // One of each will do: what holds is not in the memory of any that was there before.
    const quick = { SYNC_ENABLE_AUTOMATIC_SYNC: 'true', SYNC_INTERVAL_MINUTES: '1s' };
    const [, worker] = await Promise.all([fleet.addApi(quick), fleet.addWorker(quick)]);
    const sync = new SyncClient(fleet.api);
    expect((await sync.status()).paused).toEqual(paused);
    await worker.says(/the sync is paused/);
    const automatic = async () => (await sync.history()).filter(({ trigger }) => trigger === 'schedule');
    expect(await automatic()).toEqual([]);
    await until('by hand it runs all the same', async () => (await sync.answered()).status === 200);
    expect((await sync.status()).paused).toEqual(paused);
    expect(await automatic()).toEqual([]);

    expect((await fleet.api.request('POST', '/api/v1/sync/resume')).status).toBe(200);
    await until('it runs by itself again', async () => (await automatic()).length >= 2);
    expect((await sync.status()).paused).toBeUndefined();
    await expectOneAtATime(sync);
  });
});

/** Asks for a sync, with more patience than a test's client has; the run before may hold the lock for a moment longer. */
async function askFor(url: string): Promise<Response> {
  for (;;) {
    const answer = await fetch(`${url}/api/v1/instances/sync`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR_KEY}` },
      signal: AbortSignal.timeout(70_000),
    });
    if (answer.status !== 409) return answer;
  }
}

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
