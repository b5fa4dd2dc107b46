import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient, InstanceView } from '../support/api-client.js';
import type { Fleet } from '../support/fleet.js';
import { killRedis } from '../support/redis-outage.js';
import { until } from '../support/until.js';

const COUNT = 12;
/** Of all that are its own. */
const NAME = 'kept-';
/** An outage lasts for many of these. */
const READ_EVERY_MS = 100;

interface InstanceList {
  readonly total: number;
  readonly instances: readonly InstanceView[];
}

interface Read {
  readonly url: string;
  readonly at: number;
  readonly ms: number;
  readonly status: number;
  readonly total: number;
  readonly source: string | null;
  readonly asOf: string | null;
}

/** One instance and a page of the list from each API, again and again, and what each read came to. */
class Reading {
  readonly reads: Read[] = [];
  private readonly ending = new AbortController();
  private readonly running: Promise<unknown>;

  constructor(clients: readonly ApiClient[], id: string) {
    this.running = Promise.all(clients.map((client) => this.keepReading(client, id)));
    // `end` reports it.
    this.running.catch(() => undefined);
  }

  /** @returns those that failed, or showed less than there is */
  async end(): Promise<readonly Read[]> {
    this.ending.abort();
    await this.running;
    return this.reads.filter(({ status, total }) => status !== 200 || total !== COUNT);
  }

  private async keepReading(client: ApiClient, id: string): Promise<void> {
    while (!this.ending.signal.aborted) {
      await this.read(client, `/${id}`, () => COUNT);
      await this.read(client, `?limit=5&sort=name&name=${NAME}`, ({ total }) => total);
      await pause(READ_EVERY_MS);
    }
  }

  private async read(client: ApiClient, path: string, totalOf: (body: InstanceList) => number): Promise<void> {
    const at = Date.now();
    const { status, headers, body } = await client.request<InstanceList>('GET', `/api/v1/instances${path}`);
    const [source, asOf] = [headers.get('x-data-source'), headers.get('x-data-as-of')];
    this.reads.push({ url: client.url, at, ms: Date.now() - at, status, total: totalOf(body), source, asOf });
  }
}

const listed = async (client: ApiClient): Promise<readonly InstanceView[]> =>
  (await client.request<InstanceList>('GET', `/api/v1/instances?limit=200&sort=name&name=${NAME}`)).body.instances;

/**
 * What is lost is everything, twice.
 *
 * @param fleetOf with more than one API and a Redis that keeps its data; the last of the APIs is asked for what may be lost
 */
export function redisLosesItsData(fleetOf: () => Fleet): void {
  describe('a Redis', () => {
    let fleet: Fleet;
    let admin: Redis;
    let made: readonly InstanceView[];

    beforeAll(async () => {
      fleet = fleetOf();
      admin = new Redis(fleet.redis.url);
      admin.on('error', () => undefined);
      const names = Array.from({ length: COUNT }, (_, n) => `${NAME}${n}`);
      made = await Promise.all(
        names.map((name) => fleet.api.create({ name, productName: 'RTX 4090 24GB', image: 'nginx:1.27' })),
      );
    });
    afterAll(() => admin?.disconnect());

    async function empty(): Promise<void> {
      await admin.flushall();
    }

    async function comesBackEmpty(): Promise<void> {
      const [, folder = ''] = await admin.config('GET', 'dir');
      await killRedis(fleet);
      await rm(join(folder, 'appendonlydir'), { recursive: true });
      await pause(500);
      await fleet.redis.start();
    }

    async function areAsDesired(stopped: readonly string[]): Promise<boolean> {
      const instances = await listed(fleet.api);
      const isRight = ({ id, status }: InstanceView) => status === (stopped.includes(id) ? 'stopped' : 'ready');
      return instances.length === COUNT && instances.every(isRight);
    }

    it('that was killed fails no read, neither meanwhile nor on the way back, and every answer says what it is made from', async () => {
      await until('all are ready', () => areAsDesired([]));
      await until('both know them', async () =>
        (await Promise.all(fleet.clients.map(listed))).every(({ length }) => length === COUNT),
      );
      const reading = new Reading(fleet.clients, made[0]?.id ?? '');
      const { reads } = reading;
      await until('both read from Redis', async () =>
        new Set(reads.slice(-20).map(({ source }) => source)).has('redis'),
      );
      await killRedis(fleet);
      const killedAt = Date.now();
      await until('each has read from memory for a while', async () => {
        const fromMemory = reads.filter(({ source, url, at }) => source === 'memory' && url !== '' && at > killedAt);
        return Date.now() - killedAt > 2_000 && new Set(fromMemory.map(({ url }) => url)).size === fleet.clients.length;
      });
      const backAt = Date.now();
      await fleet.redis.start();
      for (const { url } of fleet.clients) {
        await until(
          'it reads from Redis again',
          async () => reads.findLast((read) => read.url === url)?.source === 'redis',
        );
      }
      expect(await reading.end()).toEqual([]);
      for (const { asOf } of reads.filter(({ source, at }) => source === 'memory' && at < backAt)) {
        expect(Date.parse(asOf ?? '')).toBeLessThanOrEqual(killedAt);
      }
      // One that waited for Redis would take its limits, which are seconds; how fast they are else is for the benchmarks.
      const median = (of: string): number => {
        const times = reads.flatMap(({ source, ms }) => (source === of ? [ms] : [])).toSorted((a, b) => a - b);
        return times[Math.floor(times.length / 2)] ?? Number.NaN;
      };
      expect(median('memory')).toBeLessThan(100 + 10 * median('redis'));
    });

    it.each([
      ['was emptied under open connections', 1, empty],
      ['comes back with nothing', 2, comesBackEmpty],
    ] as const)(
      'that %s gets back what was acknowledged: no read fails, nothing is stopped or bought twice',
      async (_, nth, lose) => {
        const [used, stopped, before] = [
          made[0]?.id ?? '',
          made[nth]?.id ?? '',
          made.slice(1, nth).map(({ id }) => id),
        ];
        await until('all are as they were desired', () => areAsDesired(before));
        const { world } = fleet.sandbox;
        const asked = fleet.clients.at(-1) ?? fleet.api;
        /** Of each of them, in their order. */
        const stopCalls = async (ids: readonly string[]): Promise<readonly number[]> => {
          const views = await Promise.all(ids.map((id) => fleet.api.get(id)));
          const calls = world.callLog().filter(({ operation }) => operation === 'stopInstance');
          return views.map(
            ({ novitaInstanceId }) => calls.filter((call) => call.instanceId === novitaInstanceId).length,
          );
        };
        const stopsBefore = await stopCalls(before);
        const creates = world.calls('createInstance');
        const reading = new Reading(fleet.clients, used);
        const { body: use } = await asked.request('PUT', `/api/v1/instances/${used}/last-used`, {});
        await asked.get(used);
        const stop = await asked.request('POST', `/api/v1/instances/${stopped}/stop`);
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
        expect(await reading.end()).toEqual([]);
        expect((await fleet.api.get(used))['lastUsedAt']).toBe(use['lastUsedAt']);
        expect(world.calls('createInstance')).toBe(creates);
        // An API that ends it without Redis and the worker that finds it afterwards may both ask, each having looked first.
        expect([[1], [2]]).toContainEqual(await stopCalls([stopped]));
        expect(await stopCalls(before)).toEqual(stopsBefore);
        const standing = world.instances().filter(({ name, status }) => name.startsWith(NAME) && status !== 'running');
        const wanted = await Promise.all(
          [...before, stopped].map(async (id) => (await fleet.api.get(id)).novitaInstanceId),
        );
        expect(new Set(standing.map(({ id }) => id))).toEqual(new Set(wanted));
      },
    );
  });
}
