import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InstanceId, RedisInstanceStore } from '@app/instance-store';
import { SystemClock } from '@app/platform';
import { freePort, type RedisFixture, seedInstances, startRedis } from '@app/testing';
import { Redis } from 'ioredis';
import { type Figure, type Load, measureInTurn } from './measure.js';
import { describeMachine, type Row, writeResults } from './results.js';
import { residentMb, type ServerProcess, startServer } from './server-process.js';

/** `npm run bench -- http [--quick]`: the API's hot paths, each against its own limit in the same run. */
const DIST = join(import.meta.dirname, '..');
const PREFIX = 'bench';
const KEY = 'benchmark-operator-key';
const AUTHORIZED = { authorization: `Bearer ${KEY}` };
const ROUNDS = process.argv.includes('--quick') ? { rounds: 1, seconds: 3 } : { rounds: 5, seconds: 4 };
const MOST_PAGES = 100;
const SIZES = { small: 100, usual: 10_000, large: 100_000 } as const;

/** One Redis with a seeded fleet, the API on it, and the bare handlers beside it. */
interface Bench {
  readonly redis: RedisFixture;
  readonly ids: readonly InstanceId[];
  readonly api: ServerProcess;
  stop(): Promise<void>;
}

const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-bench-'));

async function startBench(size: number): Promise<Bench> {
  const redis = await startRedis();
  const connection = new Redis(redis.url);
  const ids = await seedInstances(new RedisInstanceStore(connection, new SystemClock(), { keyPrefix: PREFIX }), size);
  connection.disconnect();
  const port = await freePort();
  const api = await startServer(
    join(DIST, 'apps', 'api', 'src', 'main.js'),
    [],
    {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: PREFIX,
      NOVITA_API_KEY: 'not-called',
      API_KEYS: `bench:operator:${KEY}`,
      FLEET_ID: 'b3nc',
      RATE_LIMIT_PER_MINUTE: '100000000',
      DATA_DIR: folder,
    },
    `http://127.0.0.1:${port}`,
    '/health/ready',
  );
  return {
    redis,
    ids,
    api,
    stop: async () => {
      await api.stop();
      await redis.stop();
    },
  };
}

/** The addresses of the first pages of 50. Different ones, so that no two requests under way ask for the same. */
async function pagesOf(bench: Bench): Promise<readonly string[]> {
  const paths = ['/api/v1/instances?limit=50'];
  while (paths.length < MOST_PAGES) {
    const page = JSON.parse(await answer(bench, paths.at(-1) ?? '')) as { nextCursor: string | null };
    if (page.nextCursor === null) break;
    paths.push(`/api/v1/instances?limit=50&cursor=${encodeURIComponent(page.nextCursor)}`);
  }
  return paths;
}

/** Stores what the API answers for each instance under keys that the bare handlers read. */
async function startBare(bench: Bench, pages: readonly string[]): Promise<ServerProcess> {
  const instances: { id: string }[] = [];
  for (const path of pages) {
    instances.push(...(JSON.parse(await answer(bench, path)) as { instances: { id: string }[] }).instances);
  }
  const redis = new Redis(bench.redis.url);
  const pipeline = redis.pipeline();
  // Those on the pages get their own answers, every other key one of the same kind.
  const sample = await answer(bench, `/api/v1/instances/${bench.ids[0]}`);
  for (const id of bench.ids) pipeline.set(`bare:${id}`, sample.replaceAll(bench.ids[0] ?? '', id));
  instances.forEach((instance, i) => {
    pipeline.set(`bare:${instance.id}`, JSON.stringify(instance));
    pipeline.zadd('bare-index', instances.length - i, `bare:${instance.id}`);
  });
  await pipeline.exec();
  redis.disconnect();
  const port = await freePort();
  return startServer(
    join(DIST, 'bench', 'bare-server.js'),
    [String(port), String(bench.redis.port)],
    {},
    `http://127.0.0.1:${port}`,
    '/instances',
  );
}

async function answer(bench: Bench, path: string): Promise<string> {
  const response = await fetch(`${bench.api.url}${path}`, { headers: AUTHORIZED });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.text();
}

function anyOf<Item>(items: readonly Item[]): Item {
  return items[Math.floor(Math.random() * items.length)] as Item;
}

function pageLoad(bench: Bench, pages: readonly string[]): Load {
  return { server: bench.api, method: 'GET', headers: AUTHORIZED, path: () => anyOf(pages) };
}

function apiLoad(bench: Bench, method: Load['method'], path: (id: InstanceId) => string): Load {
  return { server: bench.api, method, headers: AUTHORIZED, path: () => path(anyOf(bench.ids)) };
}

const rows: Row[] = [];

function compare(what: string, ours: Figure, limit: Figure, aim: string, holds: (ratio: number) => boolean): void {
  const ratio = ours.requestsPerSecond / limit.requestsPerSecond;
  rows.push({
    what,
    ours: `${Math.round(ours.requestsPerSecond)}/s, p99 ${ours.p99Ms} ms, ${Math.round(ours.cpuMicroseconds)} µs CPU`,
    limit: `${Math.round(limit.requestsPerSecond)}/s, p99 ${limit.p99Ms} ms, ${Math.round(limit.cpuMicroseconds)} µs CPU`,
    ratio: ratio.toFixed(2),
    aim,
    reached: holds(ratio),
  });
}

const usual = await startBench(SIZES.usual);
const startMs = usual.api.startedInMs;
const idleMb = await residentMb(usual.api.pid);
const usualPages = await pagesOf(usual);
const bare = await startBare(usual, usualPages);
const bareMb = await residentMb(bare.pid);
const bareLoad = (method: Load['method'], path: (id: InstanceId) => string): Load => ({
  server: bare,
  method,
  path: () => path(anyOf(usual.ids)),
});

const one = await measureInTurn(
  { bare: bareLoad('GET', (id) => `/instances/${id}`), api: apiLoad(usual, 'GET', (id) => `/api/v1/instances/${id}`) },
  ROUNDS,
);
compare('GET one instance, 10,000 records', one.api, one.bare, '>= 0.75', (ratio) => ratio >= 0.75);

const page = await measureInTurn(
  {
    bare: bareLoad('GET', () => `/instances?offset=${50 * Math.floor(Math.random() * usualPages.length)}`),
    api: pageLoad(usual, usualPages),
  },
  ROUNDS,
);
compare('list page of 50, 10,000 records', page.api, page.bare, '>= 0.75', (ratio) => ratio >= 0.75);

const touch = await measureInTurn(
  {
    bare: bareLoad('PUT', (id) => `/instances/${id}/last-used`),
    api: apiLoad(usual, 'PUT', (id) => `/api/v1/instances/${id}/last-used`),
  },
  ROUNDS,
);
compare('PUT last-used, 10,000 records', touch.api, touch.bare, '>= 0.75', (ratio) => ratio >= 0.75);
await bare.stop();
await usual.stop();

const [small, large] = [await startBench(SIZES.small), await startBench(SIZES.large)];
const smallPages = await pagesOf(small);
// As many different ones as the small fleet has: it is the fleet's size that is to differ, and nothing else.
const largePages = (await pagesOf(large)).slice(0, smallPages.length);
const bySize = await measureInTurn(
  {
    smallOne: apiLoad(small, 'GET', (id) => `/api/v1/instances/${id}`),
    largeOne: apiLoad(large, 'GET', (id) => `/api/v1/instances/${id}`),
    smallPage: pageLoad(small, smallPages),
    largePage: pageLoad(large, largePages),
    smallTouch: apiLoad(small, 'PUT', (id) => `/api/v1/instances/${id}/last-used`),
    largeTouch: apiLoad(large, 'PUT', (id) => `/api/v1/instances/${id}/last-used`),
  },
  ROUNDS,
);
const growth = (ratio: number): boolean => 1 / ratio <= 1.2;
const GROWTH_AIM = '>= 0.83 (1.2 times the time)';
compare('GET one: 100,000 records against 100', bySize.largeOne, bySize.smallOne, GROWTH_AIM, growth);
compare('list page: 100,000 records against 100', bySize.largePage, bySize.smallPage, GROWTH_AIM, growth);
compare('last-used: 100,000 records against 100', bySize.largeTouch, bySize.smallTouch, GROWTH_AIM, growth);
await small.stop();
await large.stop();
await rm(folder, { recursive: true, force: true });

const notes = [
  `API start to first answer: ${Math.round(startMs)} ms, with 10,000 records in Redis.`,
  `Idle memory: API ${Math.round(idleMb)} MB resident; the bare handler ${Math.round(bareMb)} MB.`,
];
await writeResults(
  'http',
  await describeMachine(
    `medians of ${ROUNDS.rounds} rounds of ${ROUNDS.seconds} s, 40 connections, server, Redis and load generator on the same machine`,
  ),
  rows,
  notes,
);
