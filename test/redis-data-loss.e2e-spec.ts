import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import type { ApiClient, InstanceView } from './support/api-client.js';
import { Fleet } from './support/fleet.js';
import { until } from './support/until.js';

const COUNT = 12;

let fleet: Fleet;
let admin: Redis | null = null;

afterEach(async () => {
  admin?.disconnect();
  admin = null;
  await fleet.stop();
});

interface InstanceList {
  readonly total: number;
  readonly instances: readonly InstanceView[];
}

interface Read {
  readonly status: number;
  readonly total: number;
  readonly body: unknown;
}

/** One instance and the list, again and again, and what each read came to. */
async function keepReading(client: ApiClient, id: string, reads: Read[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const one = await client.request('GET', `/api/v1/instances/${id}`);
    reads.push({ status: one.status, total: COUNT, body: one.body });
    const { status, body } = await client.request<InstanceList>('GET', '/api/v1/instances?limit=5&sort=name');
    reads.push({ status, total: body.total, body });
    await pause(20);
  }
}

async function empty(): Promise<void> {
  admin = new Redis(fleet.redis.url);
  await admin.flushall();
}

async function comesBackEmpty(): Promise<void> {
  await fleet.redis.kill();
  await pause(500);
  await fleet.redis.start();
}

describe.each([
  ['was emptied under open connections', empty],
  ['comes back with nothing', comesBackEmpty],
] as const)('a Redis that %s', { timeout: 180_000 }, (_, lose) => {
  it('gets back what was acknowledged: no read fails, nothing is stopped or bought twice', async () => {
    fleet = await Fleet.start({ apis: 2, workers: 1 });
    const names = Array.from({ length: COUNT }, (__, n) => `kept-${n}`);
    const made = await Promise.all(
      names.map((name) => fleet.api.create({ name, productName: 'RTX 4090 24GB', image: 'nginx:1.27' })),
    );
    const listed = async (client = fleet.api): Promise<readonly InstanceView[]> =>
      (await client.request<InstanceList>('GET', '/api/v1/instances?limit=200&sort=name')).body.instances;
    await until('all are ready', async () => (await listed()).every(({ status }) => status === 'ready'), {
      timeoutMs: 60_000,
    });
    const [used, stopped] = [made[0]?.id ?? '', made[1]?.id ?? ''];
    const [creates, stops] = ['createInstance', 'stopInstance'].map((call) => fleet.sandbox.world.calls(call));
    const reads: Read[] = [];
    const end = new AbortController();
    const reading = fleet.clients.map((client) => keepReading(client, used, reads, end.signal));
    const { body: use } = await fleet.api.request('PUT', `/api/v1/instances/${used}/last-used`, {});
    await fleet.api.get(used);
    const stop = await fleet.api.request('POST', `/api/v1/instances/${stopped}/stop`);
    expect(stop.status).toBe(202);

    await lose();

    await until(
      'the stop has reached Novita, and every instance is as it was wished',
      async () =>
        (await listed()).length === COUNT &&
        (await listed()).every(({ id, status }) => status === (id === stopped ? 'stopped' : 'ready')),
      { timeoutMs: 60_000 },
    );
    await until('a sync has run since', async () => {
      const { body } = await fleet.api.request<{ status: string }>('GET', '/api/v1/sync/status');
      return body.status === 'completed';
    });
    for (const client of fleet.clients) {
      await until('each API reads from Redis again', async () => {
        const { headers } = await client.request('GET', '/api/v1/instances?limit=1');
        return headers.get('x-data-source') === 'redis';
      });
      expect((await listed(client)).map(({ id }) => id).toSorted()).toEqual(made.map(({ id }) => id).toSorted());
    }
    end.abort();
    await Promise.all(reading);
    expect(reads.filter(({ status, total }) => status !== 200 || total !== COUNT)).toEqual([]);
    expect((await fleet.api.get(used))['lastUsedAt']).toBe(use['lastUsedAt']);
    expect(fleet.sandbox.world.calls('createInstance')).toBe(creates);
    // An API that ends it without Redis and the worker that finds it afterwards may both ask, each having looked first.
    const asked = fleet.sandbox.world.calls('stopInstance') - (stops ?? 0);
    expect([1, 2]).toContain(asked);
    const standing = fleet.sandbox.world.instances().filter(({ status }) => status !== 'running');
    expect(standing.map(({ id }) => id)).toEqual([(await fleet.api.get(stopped)).novitaInstanceId]);
  });
});
