import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from './support/api-client.js';
import { ROOT } from './support/built-process.js';
import { Churn } from './support/churn.js';
import { EventReader } from './support/event-readers.js';
import { Fleet, VIEWER_KEY } from './support/fleet.js';
import { SyncClient } from './support/sync-client.js';
import { until } from './support/until.js';

/** `READERS=500 SECONDS=60` is the whole proof; the suite makes sure that it holds at all. */
const READERS = Number(process.env['READERS'] ?? 100);
const SECONDS = Number(process.env['SECONDS'] ?? 15);
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

describe('the events of two APIs', () => {
  let fleet: Fleet;
  let redis: Redis;
  const readers: EventReader[] = [];
  const urls: string[] = [];

  beforeAll(async () => {
    fleet = await Fleet.start({
      apis: 2,
      workers: 1,
      env: { SYNC_ENABLE_AUTOMATIC_SYNC: 'false', NOVITA_MAX_REQUESTS_PER_SECOND: '1000' },
      sandbox: { instances: 10 },
    });
    redis = new Redis(fleet.redis.url);
    urls.push(...fleet.clients.map(({ url }) => url));
    await new SyncClient(fleet.api).becomes('completed');
  });
  afterAll(async () => {
    for (const reader of readers) reader.close();
    redis?.disconnect();
    await fleet?.stop();
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
      onEvent: (type, _data, id) => shown.push(`${id} ${type}`),
    });
    await until('the example has begun', async () => shown.length > 0);

    const churn = new Churn(() => clientOf(survivor), ids, 400);
    const isEventful = (): boolean =>
      (churn.done['stop'] ?? 0) > 5 &&
      (churn.done['sync'] ?? 0) > 3 &&
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
      const latest = (await kept('0')).at(-1)?.split(' ')[0];
      await pause(500);
      const isQuiet = latest === (await kept('0')).at(-1)?.split(' ')[0];
      return isQuiet && readers.every(({ position }) => position === latest) && shown.at(-1)?.startsWith(`${latest} `);
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

  const known = new Map<string, readonly string[]>();
});
