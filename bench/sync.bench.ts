import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RedisFixture, startRedis } from '@app/testing';
import { type Load, measureInTurn, median } from './measure.js';
import { loopOverPages } from './page-loop.js';
import { describeMachine, type Row, writeResults } from './results.js';
import { peakResidentMb, residentMb, type ServerProcess, startServer } from './server-process.js';

/** `npm run bench -- sync [--quick]`: a sync against a bare loop over the same pages, both in the same run. */
const DIST = join(import.meta.dirname, '..');
const KEY = 'benchmark-operator-key';
const AUTHORIZED = { authorization: `Bearer ${KEY}` };
const QUICK = process.argv.includes('--quick');
const SIZES = QUICK ? [1_000, 10_000] : [1_000, 10_000, 100_000];
const ROUNDS = QUICK ? 2 : 5;
/** Fresh stacks, each of which imports once. */
const IMPORTS = QUICK ? 1 : 3;
/** What the sync fetches side by side. */
const CONCURRENCY = 8;
const LATENCY_MS = 50;
const CHANGED_SHARE = 0.01;

interface Stack {
  readonly redis: RedisFixture;
  readonly sandbox: ServerProcess;
  readonly worker: ServerProcess;
  readonly api: ServerProcess;
  stop(): Promise<void>;
}

interface SyncEnvelope {
  readonly data: {
    readonly updated: number;
    readonly created: number;
    readonly instancesRemoved: number;
    readonly novitaInstances: number;
    readonly duration: number;
  };
}

interface StatusAnswer {
  readonly status: string;
  readonly duration?: number;
  readonly error?: string;
}

const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-bench-'));

/** @param instances that exist at the stand-in for the provider; nothing in Redis yet */
async function startStack(instances: number): Promise<Stack> {
  const [redis, sandboxPort, apiPort, workerPort] = [
    await startRedis(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const sandbox = await startServer(
    join(DIST, 'apps', 'sandbox', 'src', 'main.js'),
    // Frozen: what changes is what this benchmark changes.
    ['--port', String(sandboxPort), '--instances', String(instances), '--speed', '0'],
    {},
    sandboxUrl,
    '/__sandbox/state',
  );
  const environment = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    REDIS_URL: redis.url,
    NOVITA_API_KEY: 'bench',
    NOVITA_API_BASE_URL: sandboxUrl,
    NOVITA_MAX_REQUESTS_PER_SECOND: '100000',
    API_KEYS: `bench:operator:${KEY}`,
    FLEET_ID: 'b3nc',
    RATE_LIMIT_PER_MINUTE: '100000000',
    SYNC_INTERVAL_MINUTES: '24h',
    DATA_DIR: folder,
    LOG_LEVEL: 'warn',
  };
  const start = (app: string, port: number, name: string): Promise<ServerProcess> =>
    startServer(
      join(DIST, 'apps', app, 'src', 'main.js'),
      [],
      { ...environment, [name]: String(port) },
      `http://127.0.0.1:${port}`,
      '/health/live',
    );
  const worker = await start('worker', workerPort, 'WORKER_PORT');
  const api = await start('api', apiPort, 'PORT');
  return {
    redis,
    sandbox,
    worker,
    api,
    stop: async () => {
      await api.stop();
      await worker.stop();
      await sandbox.stop();
      await redis.stop();
    },
  };
}

/** Waits for the run that a worker begins by itself, which is the first import. @returns its milliseconds */
async function importTime(stack: Stack): Promise<number> {
  for (;;) {
    const response = await fetch(`${stack.api.url}/api/v1/sync/status`);
    const { status, duration, error } = (await response.json()) as StatusAnswer;
    if (status === 'failed') throw new Error(`the first sync failed: ${error}`);
    if (status === 'completed' && duration !== undefined) return duration;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function sync(stack: Stack): Promise<SyncEnvelope['data']> {
  const response = await fetch(`${stack.api.url}/api/v1/instances/sync`, {
    method: 'POST',
    headers: { ...AUTHORIZED, 'content-type': 'application/json' },
    body: JSON.stringify({ resources: ['instances'] }),
  });
  if (response.status !== 200) throw new Error(`sync answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as SyncEnvelope).data;
}

async function control<Answer>(stack: Stack, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${stack.sandbox.url}/__sandbox/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** Gives a share of the instances another state, spread over all pages. @returns how many */
async function change(stack: Stack, all: readonly { id: string; status: string }[], round: number): Promise<number> {
  const step = Math.round(1 / CHANGED_SHARE);
  const chosen = all.filter((_, i) => i % step === round % step);
  for (let i = 0; i < chosen.length; i += 50) {
    await Promise.all(
      chosen
        .slice(i, i + 50)
        .map(({ id, status }) =>
          control(stack, 'POST', `instances/${id}/status`, { status: status === 'exited' ? 'running' : 'exited' }),
        ),
    );
  }
  return chosen.length;
}

const rows: Row[] = [];
const notes: string[] = [];
const perThousand = (milliseconds: number, size: number): string => ((milliseconds * 1_000) / size).toFixed(1);

function compare(what: string, ours: number, bare: number, size: number, most: number): void {
  rows.push({
    what,
    ours: `${Math.round(ours)} ms (${perThousand(ours, size)} ms per 1,000)`,
    limit: `${Math.round(bare)} ms (${perThousand(bare, size)} ms per 1,000)`,
    ratio: (ours / bare).toFixed(2),
    aim: `<= ${most}`,
    reached: ours / bare <= most,
  });
}

/** The changes of the feed so far: one for each record written. */
async function writesOf(stack: Stack): Promise<number> {
  const text = await (await fetch(`${stack.worker.url}/metrics`, { headers: AUTHORIZED })).text();
  return [...text.matchAll(/^novita_fleet_sync_changes_total\{[^}]*\} (\d+)/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

async function measureSize(size: number): Promise<void> {
  const label = `${size.toLocaleString('en')} instances`;
  const imports: number[] = [];
  const bareBefore: number[] = [];
  let stack: Stack | null = null;
  for (let i = 0; i < IMPORTS; i++) {
    await stack?.stop();
    stack = await startStack(size);
    imports.push(await importTime(stack));
    for (let round = 0; round < 3; round++) bareBefore.push(await loopOverPages(stack.sandbox.url, CONCURRENCY));
  }
  if (stack === null) throw new Error('no stack');

  const bare: number[] = [];
  const unchanged: number[] = [];
  const changed: number[] = [];
  const { instances } = await control<{ instances: { id: string; status: string }[] }>(stack, 'GET', 'instances');
  await sync(stack);
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await loopOverPages(stack.sandbox.url, CONCURRENCY));
    const before = await writesOf(stack);
    const still = await sync(stack);
    if (still.updated + still.created + still.instancesRemoved !== 0 || (await writesOf(stack)) !== before) {
      throw new Error(`an unchanged fleet was written: ${JSON.stringify(still)}`);
    }
    unchanged.push(still.duration);
    const count = await change(stack, instances, round);
    const moved = await sync(stack);
    if (moved.updated !== count) throw new Error(`${count} were changed, ${moved.updated} updated`);
    changed.push(moved.duration);
  }
  compare(`unchanged fleet, ${label}`, median(unchanged), median(bare), size, 1.3);
  compare(`1 % changed, ${label}`, median(changed), median(bare), size, 1.4);
  compare(`first import (all nine kinds), ${label}`, median(imports), median(bareBefore), size, 5);

  const fault = await control<{ id: string }>(stack, 'POST', 'faults', {
    kind: 'latency',
    ms: LATENCY_MS,
    operation: 'listInstances',
  });
  const [slowBare, slowSync] = [await loopOverPages(stack.sandbox.url, CONCURRENCY), (await sync(stack)).duration];
  compare(`unchanged, ${LATENCY_MS} ms latency per page, ${label}`, slowSync, slowBare, size, 1.3);
  const oneByOne = (size / 100) * LATENCY_MS;
  notes.push(
    `${label} at ${LATENCY_MS} ms per page: ${Math.round(slowSync)} ms; one page after the other would take at least ${oneByOne} ms.`,
  );
  await control(stack, 'DELETE', `faults/${fault.id}`);

  if (size === SIZES.at(-1)) {
    await measureReadsMeanwhile(
      stack,
      instances.map(({ id }) => id),
      label,
    );
  }
  const peak = await peakResidentMb(stack.worker.pid);
  await stack.stop();
  const idle = await idleWorkerMb();
  rows.push({
    what: `worker memory at its peak above idle, ${label}`,
    ours: `${Math.round(peak)} MB`,
    limit: `${Math.round(idle)} MB idle`,
    ratio: `+${Math.round(peak - idle)} MB`,
    aim: '< +300 MB',
    reached: peak - idle < 300,
  });
}

/** What a worker takes that has nothing to do. */
async function idleWorkerMb(): Promise<number> {
  const stack = await startStack(0);
  await importTime(stack);
  const idle = await residentMb(stack.worker.pid);
  await stack.stop();
  return idle;
}

/** One instance is read while syncs follow each other. */
async function measureReadsMeanwhile(stack: Stack, ids: readonly string[], label: string): Promise<void> {
  const path = (): string => `/api/v1/instances/${ids[Math.floor(Math.random() * ids.length)]}`;
  const load: Load = { server: stack.api, method: 'GET', headers: AUTHORIZED, path };
  const rounds = { rounds: QUICK ? 1 : 3, seconds: 4 };
  const { usual } = await measureInTurn({ usual: load }, rounds);
  const ending = new AbortController();
  const syncing = (async () => {
    let runs = 0;
    for (; !ending.signal.aborted; runs++) await sync(stack);
    return runs;
  })();
  const { meanwhile } = await measureInTurn({ meanwhile: load }, rounds);
  ending.abort();
  notes.push(`${await syncing} syncs of ${label} ran while instances were read.`);
  const show = (figure: typeof usual): string =>
    `${Math.round(figure.requestsPerSecond)}/s, p99 ${figure.p99Ms} ms, ${Math.round(figure.cpuMicroseconds)} µs CPU`;
  const ratio = meanwhile.requestsPerSecond / usual.requestsPerSecond;
  rows.push({
    what: `GET one instance while a sync of ${label} runs`,
    ours: show(meanwhile),
    limit: `${show(usual)} without a sync`,
    ratio: ratio.toFixed(2),
    aim: '>= 0.60 and p99 < 50 ms',
    reached: ratio >= 0.6 && meanwhile.p99Ms < 50,
  });
}

for (const size of SIZES) await measureSize(size);
await rm(folder, { recursive: true, force: true });
await writeResults(
  'sync',
  await describeMachine(
    `medians of ${ROUNDS} rounds (imports: of ${IMPORTS} fresh stacks); pages of 100, ${CONCURRENCY} side by side; ` +
      'sandbox, Redis, worker and API on the same machine. Compared with a loop that fetches and parses the same pages',
  ),
  rows,
  notes,
);
