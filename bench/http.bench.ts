import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InstanceId, redisStore } from '@app/instance-store';
import { SystemClock } from '@app/platform';
import { freePort, type RedisFixture, seedInstances, startRedis, TraceReceiver } from '@app/testing';
import { Redis } from 'ioredis';
import { type Figure, type Load, measureAgainst } from './measure.js';
import { describeMachine, type Row, writeResults } from './results.js';
import { residentMb, type ServerProcess, startServer } from './server-process.js';

/**
 * `npm run bench -- http [--quick] [one|list|touch|size|traces ...]`: the API's hot paths, each against its own limit in the
 * same run. With names, only these are measured, and bench/RESULTS.md stays as it is. `build --against=<dist of another
 * build>` measures this build against that one, as to see what a change costs those who do not use it.
 */
const DIST = join(import.meta.dirname, '..');
const PREFIX = 'bench';
const KEY = 'benchmark-operator-key';
const AUTHORIZED = { authorization: `Bearer ${KEY}` };
const ROUNDS = process.argv.includes('--quick') ? { rounds: 3, seconds: 2 } : { rounds: 14, seconds: 2 };
const AGAINST = process.argv.find((argument) => argument.startsWith('--against='))?.slice('--against='.length);
const SCENARIOS = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const SORTS = ['-createdAt', 'name', 'status', '-uptime'] as const;
const PAGES_PER_ORDER = 100;
const SIZES = { small: 100, usual: 10_000, large: 100_000 } as const;

/** One Redis with a seeded fleet, the API on it, and the bare handlers beside it. */
interface Bench {
  readonly redis: RedisFixture;
  readonly ids: readonly InstanceId[];
  readonly api: ServerProcess;
  stop(): Promise<void>;
}

interface Page {
  /** At the API. */
  readonly path: string;
  readonly sort: string;
  readonly offset: number;
  readonly instances: readonly { readonly id: string }[];
}

const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-bench-'));

function isWanted(scenario: string): boolean {
  return SCENARIOS.length === 0 || SCENARIOS.includes(scenario);
}

async function startBench(size: number): Promise<Bench> {
  const redis = await startRedis();
  const connection = new Redis(redis.url);
  const ids = await seedInstances(redisStore(connection, new SystemClock(), { keyPrefix: PREFIX }).records, size);
  connection.disconnect();
  const api = await startApi(redis);
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

/** @param dist of the build */
async function startApi(
  redis: RedisFixture,
  env: Readonly<Record<string, string>> = {},
  dist = DIST,
): Promise<ServerProcess> {
  const port = await freePort();
  return startServer(
    join(dist, 'apps', 'api', 'src', 'main.js'),
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
      ...env,
    },
    `http://127.0.0.1:${port}`,
    '/health/ready',
  );
}

interface PageAnswer {
  readonly instances: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
}

/**
 * The pages of 50 in one order, from the first on: their addresses, and what they hold. Different ones, so that no two
 * requests under way ask for the same.
 */
async function pagesOf(bench: Bench, sort: string, most = Number.POSITIVE_INFINITY): Promise<Page[]> {
  const pages: Page[] = [];
  for (let cursor: string | null = ''; cursor !== null && pages.length < most; ) {
    const path = `/api/v1/instances?limit=50&sort=${sort}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = JSON.parse(await answer(bench, path)) as PageAnswer;
    pages.push({ path, sort, offset: 50 * pages.length, instances: page.instances });
    cursor = page.nextCursor;
  }
  return pages;
}

/** So many pages in each of the orders. */
async function pagesInAllOrders(bench: Bench, most?: number): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (const sort of SORTS) pages.push(...(await pagesOf(bench, sort, most)));
  return pages;
}

/** Stores what the API answers for each instance under keys that the bare handlers read. */
async function startBare(bench: Bench, pages: readonly Page[]): Promise<ServerProcess> {
  const redis = new Redis(bench.redis.url);
  const pipeline = redis.pipeline();
  // Those on the pages get their own answers, every other key one of the same kind.
  const sample = await answer(bench, `/api/v1/instances/${bench.ids[0]}`);
  for (const id of bench.ids) pipeline.set(`bare:${id}`, sample.replaceAll(bench.ids[0] ?? '', id));
  for (const { sort, offset, instances } of pages) {
    instances.forEach((instance, place) => {
      pipeline.set(`bare:${instance.id}`, JSON.stringify(instance));
      pipeline.zadd(`bare-index:${sort}`, -(offset + place), `bare:${instance.id}`);
    });
  }
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

function pageLoad(bench: Bench, pages: readonly Page[]): Load {
  return { server: bench.api, method: 'GET', headers: AUTHORIZED, path: () => anyOf(pages).path };
}

function apiLoad(bench: Bench, method: Load['method'], path: (id: InstanceId) => string): Load {
  return { server: bench.api, method, headers: AUTHORIZED, path: () => path(anyOf(bench.ids)) };
}

const rows: Row[] = [];
const notes: string[] = [];

async function compare(what: string, ours: Load, limit: Load, aim: number): Promise<void> {
  const measured = await measureAgainst(ours, limit, ROUNDS);
  rows.push({
    what,
    ours: inWords(measured.ours),
    limit: inWords(measured.limit),
    ratio: measured.ratio.toFixed(2),
    aim: `>= ${aim}`,
    reached: measured.ratio >= aim,
  });
}

function inWords({ requestsPerSecond, p99Ms, cpuMicroseconds }: Figure): string {
  return `${Math.round(requestsPerSecond)}/s, p99 ${Math.round(p99Ms)} ms, ${Math.round(cpuMicroseconds)} µs CPU`;
}

/** The hot routes against the bare handlers. */
async function compareWithBare(): Promise<void> {
  const usual = await startBench(SIZES.usual);
  const idleMb = await residentMb(usual.api.pid);
  const pages = await pagesInAllOrders(usual, PAGES_PER_ORDER);
  const bare = await startBare(usual, pages);
  notes.push(
    `API start to first answer: ${Math.round(usual.api.startedInMs)} ms, with 10,000 records in Redis.`,
    `Idle memory: API ${Math.round(idleMb)} MB resident; the bare handler ${Math.round(await residentMb(bare.pid))} MB.`,
  );
  const bareLoad = (method: Load['method'], path: () => string): Load => ({ server: bare, method, path });
  const anyId = (): InstanceId => anyOf(usual.ids);

  if (isWanted('one')) {
    await compare(
      'GET one instance, 10,000 records',
      apiLoad(usual, 'GET', (id) => `/api/v1/instances/${id}`),
      bareLoad('GET', () => `/instances/${anyId()}`),
      0.95,
    );
  }
  if (isWanted('list')) {
    const anyPage = (): string => {
      const { offset, sort } = anyOf(pages);
      return `/instances?offset=${offset}&sort=${sort}`;
    };
    await compare(
      `list page of 50, ${PAGES_PER_ORDER} pages in each of ${SORTS.length} orders, 10,000 records`,
      pageLoad(usual, pages),
      bareLoad('GET', anyPage),
      1.2,
    );
  }
  if (isWanted('touch')) {
    await compare(
      'PUT last-used, 10,000 records',
      apiLoad(usual, 'PUT', (id) => `/api/v1/instances/${id}/last-used`),
      bareLoad('PUT', () => `/instances/${anyId()}/last-used`),
      0.85,
    );
  }
  await bare.stop();
  await usual.stop();
}

/** The hot routes of a large fleet against those of a small one, each over all of its records. */
async function compareSizes(): Promise<void> {
  const [small, large] = [await startBench(SIZES.small), await startBench(SIZES.large)];
  const [smallPages, largePages] = [await pagesInAllOrders(small), await pagesInAllOrders(large)];
  const one = (bench: Bench): Load => apiLoad(bench, 'GET', (id) => `/api/v1/instances/${id}`);
  const touch = (bench: Bench): Load => apiLoad(bench, 'PUT', (id) => `/api/v1/instances/${id}/last-used`);
  await compare('GET one: 100,000 records against 100', one(large), one(small), 0.9);
  await compare(
    `list page: ${largePages.length} of 100,000 records against ${smallPages.length} of 100`,
    pageLoad(large, largePages),
    pageLoad(small, smallPages),
    0.9,
  );
  await compare('last-used: 100,000 records against 100', touch(large), touch(small), 0.83);
  await small.stop();
  await large.stop();
}

/** The hot routes of one API against those of another on the same Redis. */
async function compareApis(
  what: string,
  ours: ServerProcess,
  other: ServerProcess,
  bench: Bench,
  aim: number,
): Promise<void> {
  const load = (server: ServerProcess, method: Load['method'], end: string): Load => ({
    server,
    method,
    headers: AUTHORIZED,
    path: () => `/api/v1/instances/${anyOf(bench.ids)}${end}`,
  });
  await compare(`GET one: ${what}`, load(ours, 'GET', ''), load(other, 'GET', ''), aim);
  await compare(`PUT last-used: ${what}`, load(ours, 'PUT', '/last-used'), load(other, 'PUT', '/last-used'), aim);
}

/** What traces cost while they are made; the receiver takes them at once. */
async function compareTraced(): Promise<void> {
  const [bench, receiver] = [await startBench(SIZES.usual), await TraceReceiver.start()];
  const traced = await startApi(bench.redis, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  await compareApis('traces made against none', traced, bench.api, bench, 0.4);
  await traced.stop();
  await bench.stop();
  await receiver.close();
}

async function compareBuilds(dist: string): Promise<void> {
  const bench = await startBench(SIZES.usual);
  const other = await startApi(bench.redis, {}, dist);
  await compareApis('this build against the other', bench.api, other, bench, 0.97);
  await other.stop();
  await bench.stop();
}

const loadBefore = loadavg();
if (['one', 'list', 'touch'].some((name) => isWanted(name))) await compareWithBare();
if (isWanted('size')) await compareSizes();
if (isWanted('traces')) await compareTraced();
if (SCENARIOS.includes('build') && AGAINST !== undefined) await compareBuilds(AGAINST);
await rm(folder, { recursive: true, force: true });
notes.push(
  `Load of the machine (1, 5 and 15 minutes) before the run: ${loadBefore.map((load) => load.toFixed(1)).join(', ')}.`,
);
await writeResults(
  'http',
  await describeMachine(
    `medians of ${ROUNDS.rounds} rounds of ${ROUNDS.seconds} s by turns, 40 connections, server, Redis and load generator on the same machine`,
  ),
  rows,
  notes,
  SCENARIOS.length === 0,
);
