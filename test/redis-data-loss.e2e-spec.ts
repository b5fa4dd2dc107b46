import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient, InstanceView } from './support/api-client.js';
import { Fleet } from './support/fleet.js';
import { until } from './support/until.js';

const COUNT = 12;

let fleet: Fleet;
let admin: Redis;

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
  await admin.flushall();
}

async function comesBackEmpty(): Promise<void> {
  await fleet.redis.kill();
  await pause(500);
  await fleet.redis.start();
}

const listed = async (client = fleet.api): Promise<readonly InstanceView[]> =>
  (await client.request<InstanceList>('GET', '/api/v1/instances?limit=200&sort=name')).body.instances;

/** Two APIs and one worker; what is lost is everything, twice. */
describe('a Redis', () => {
  let made: readonly InstanceView[];

  beforeAll(async () => {
    fleet = await Fleet.start({ apis: 2, workers: 1 });
    admin = new Redis(fleet.redis.url);
    admin.on('error', () => undefined);
    const names = Array.from({ length: COUNT }, (_, n) => `kept-${n}`);
    made = await Promise.all(
      names.map((name) => fleet.api.create({ name, productName: 'RTX 4090 24GB', image: 'nginx:1.27' })),
    );
  });
  afterAll(async () => {
    admin?.disconnect();
    await fleet?.stop();
  });

  it.each([
    ['was emptied under open connections', 1, empty],
    ['comes back with nothing', 2, comesBackEmpty],
  ] as const)(
    'that %s gets back what was acknowledged: no read fails, nothing is stopped or bought twice',
    async (_, nth, lose) => {
      const [used, stopped, before] = [made[0]?.id ?? '', made[nth]?.id ?? '', made.slice(1, nth).map(({ id }) => id)];
      const areAsDesired = async (stoppedOnes: readonly string[]): Promise<boolean> => {
        const instances = await listed();
        const isRight = ({ id, status }: InstanceView) => status === (stoppedOnes.includes(id) ? 'stopped' : 'ready');
        return instances.length === COUNT && instances.every(isRight);
      };
      await until('all are as they were desired', () => areAsDesired(before));
      const [creates, stops] = ['createInstance', 'stopInstance'].map((call) => fleet.sandbox.world.calls(call));
      const reads: Read[] = [];
      const end = new AbortController();
      const reading = fleet.clients.map((client) => keepReading(client, used, reads, end.signal));
      const { body: use } = await fleet.api.request('PUT', `/api/v1/instances/${used}/last-used`, {});
      await fleet.api.get(used);
      const stop = await fleet.api.request('POST', `/api/v1/instances/${stopped}/stop`);
      expect(stop.status).toBe(202);

      await lose();

      await until('the stop has reached Novita, and every instance is as it was desired', () =>
        areAsDesired([...before, stopped]),
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
      const wanted = await Promise.all(
        [...before, stopped].map(async (id) => (await fleet.api.get(id)).novitaInstanceId),
      );
      expect(new Set(standing.map(({ id }) => id))).toEqual(new Set(wanted));
    },
  );
});
