import { SystemClock, UlidGenerator } from '@app/platform';
import { IoRedisConnections } from '@app/redis';
import { type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoredKubernetesSyncRequests } from '../src/requests/kubernetes-sync.js';
import { MemoryRelistQueue } from '../src/requests/memory-relist-queue.js';
import { RedisRelistQueue } from '../src/requests/redis-relist-queue.js';
import type { RelistOrder, RelistQueue } from '../src/requests/relist-queue.js';
import { RedisSyncStatusStore } from '../src/store/redis-sync-status-store.js';
import { at, KUBERNETES } from './fakes/a-run.js';

let server: RedisFixture;
let connections: IoRedisConnections;
let prefixes = 0;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startRedis();
  connections = new IoRedisConnections({ url: server.url, processName: 'test' });
});

afterAll(async () => {
  await connections.close();
  await server.stop();
});

/** A queue as the API has it, and as the worker has it. */
type Ends = readonly [api: RelistQueue, worker: RelistQueue];

function inMemory(): Ends {
  const queue = new MemoryRelistQueue();
  return [queue, queue];
}

function inRedis(keyPrefix = `relists-${prefixes++}`): Ends {
  return [new RedisRelistQueue(connections, keyPrefix), new RedisRelistQueue(connections, keyPrefix)];
}

function anOrder(id: string): RelistOrder {
  return { id, requestedBy: 'user:ops', at: at(0), kinds: ['Pod'], namespaces: [], force: false };
}

describe.each([
  ['memory', inMemory],
  ['Redis', inRedis],
])('requests to read anew, in %s', (_, make) => {
  it('wait until they are carried out, the oldest first', async () => {
    const [api, worker] = make();
    expect(await worker.waiting()).toEqual([]);
    const both = [anOrder('a'), { ...anOrder('b'), kinds: [], namespaces: ['default'], force: true }] as const;
    for (const order of both) await api.put(order);
    expect(await worker.waiting()).toEqual(both);
    expect(await worker.waiting()).toEqual(both);
    await worker.remove('a');
    await worker.remove('a');
    await worker.remove('elsewhere');
    expect(await worker.waiting()).toEqual([both[1]]);
  });

  it('are narrowed to what is still to be read, in their place', async () => {
    const [api, worker] = make();
    const wide = { ...anOrder('a'), kinds: [] };
    for (const order of [wide, anOrder('b')]) await api.put(order);
    await worker.waiting();
    for (const kinds of [['Pod', 'Node'], ['Node'], ['Node']]) await worker.narrow('a', kinds);
    await worker.narrow('elsewhere', ['Pod']);
    expect(await worker.waiting()).toEqual([{ ...wide, kinds: ['Node'] }, anOrder('b')]);
    await worker.remove('a');
    expect(await worker.waiting()).toEqual([anOrder('b')]);
  });

  it('are a hundred at most, the latest ones', async () => {
    const [api, worker] = make();
    for (let n = 0; n < 103; n += 1) await api.put(anOrder(`r-${n}`));
    const ids = (await worker.waiting()).map(({ id }) => id);
    expect(ids).toEqual(Array.from({ length: 100 }, (_, n) => `r-${n + 3}`));
  });
});

describe('requests in Redis', () => {
  it('that cannot be understood are dropped', async () => {
    const [api, worker] = inRedis('broken');
    await connections.commands.rpush('{broken}:sync:kubernetes:relists', 'nonsense', '{"id":"x"}');
    await api.put(anOrder('a'));
    expect(await worker.waiting()).toEqual([anOrder('a')]);
    expect(await connections.commands.llen('{broken}:sync:kubernetes:relists')).toBe(1);
  });

  it('are removed also when a later release has said more of them', async () => {
    const [, worker] = inRedis('later');
    await connections.commands.rpush('{later}:sync:kubernetes:relists', JSON.stringify({ ...anOrder('a'), more: 1 }));
    expect((await worker.waiting()).map(({ id }) => id)).toEqual(['a']);
    await worker.remove('a');
    expect(await worker.waiting()).toEqual([]);
  });

  it('are made with who asked and when, and a pause is kept as first made', async () => {
    const clock = new SystemClock();
    const store = new RedisSyncStatusStore(KUBERNETES, connections, clock, { keyPrefix: 'asked' });
    const [api, worker] = inRedis('asked');
    const requests = new StoredKubernetesSyncRequests(store, api, new UlidGenerator(), clock);
    const id = await requests.relist({ kinds: [], namespaces: ['a'], force: true }, { keyName: 'ci' });
    expect(await worker.waiting()).toEqual([
      { id, requestedBy: 'user:ci', at: expect.any(String) as string, kinds: [], namespaces: ['a'], force: true },
    ]);
    const pause = await requests.pause({ keyName: 'ci' });
    expect(pause.by).toBe('user:ci');
    expect(await requests.pause({ keyName: 'other' })).toEqual(pause);
    await requests.resume();
    expect((await store.read()).paused).toBeNull();
  });
});
