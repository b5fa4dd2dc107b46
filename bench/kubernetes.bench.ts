import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { KINDS, KUBERNETES_KINDS } from '@app/kubernetes-source';
import { freePort, type RedisFixture, startRedis } from '@app/testing';
import { arrivals, countOf, pause, startPiece, until } from './jobs-ground.js';
import type { ChangesMade } from './kubernetes-writer.js';
import { delays, inWords, type Latency, quantiles } from './latency.js';
import { median } from './measure.js';
import { describeMachine, type Row, writeResults } from './results.js';
import { cpuSeconds, peakResidentMb, residentMb, type ServerProcess, startServer } from './server-process.js';

/**
 * `npm run bench -- kubernetes [--quick]`: a cluster of 10,000 pods of about 8 kB, mirrored. The first sync against a bare
 * fetch and parse of the same pages in the same run, memory, how soon a reader sees a change, and what a quiet time costs.
 */
const DIST = join(import.meta.dirname, '..');
const KEY = 'benchmark-operator-key';
const QUICK = process.argv.includes('--quick');
const PODS = 10_000;
const PAGE = 500;
const ROUNDS = QUICK ? 2 : 5;
const CHANGES_PER_SECOND = 200;
const CHANGES = CHANGES_PER_SECOND * (QUICK ? 10 : 30);
const MOST_MS = 250;
/** By which the processes around the fleet may be late. */
const MOST_LATE_MS = 50;
const QUIET_SECONDS = QUICK ? 20 : 60;
/** Each watch is opened again where the one before it ended; one that ends sooner than this leaves time for would back off. */
const WATCH_ENDS = 3;
const OF_POD = '"uid":"([^"]+)","resourceVersion":"(\\d+)"';

type Offer = 'watch-list' | 'list';

interface ClusterState {
  readonly url: string;
  readonly kubeconfig: string;
  readonly fullSets: number;
  readonly watches: number;
  readonly lateMs: number;
}

interface StatusAnswer {
  readonly status: string;
  readonly duration?: number;
  readonly error?: string;
}

/** The fleet on an empty Redis, which mirrors a cluster from its start on. */
interface Stack {
  readonly worker: ServerProcess;
  readonly api: ServerProcess;
  stop(): Promise<void>;
}

const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-bench-'));
const rows: Row[] = [];
const notes: string[] = [];

function startCluster(pods: number, offers: Offer): Promise<ServerProcess> {
  return startPiece('kubernetes-cluster', '/state', String(pods), offers);
}

async function stateOf(cluster: ServerProcess): Promise<ClusterState> {
  return (await (await fetch(`${cluster.url}/state`)).json()) as ClusterState;
}

async function tell<Answer>(piece: ServerProcess, path: string): Promise<Answer> {
  const response = await fetch(`${piece.url}/${path}`, { method: 'POST' });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

async function startStack(cluster: ServerProcess, novitaUrl: string): Promise<Stack> {
  const redis: RedisFixture = await startRedis();
  const kubeconfig = join(folder, `kubeconfig-${redis.port}`);
  await writeFile(kubeconfig, (await stateOf(cluster)).kubeconfig);
  const environment = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    REDIS_URL: redis.url,
    NOVITA_API_KEY: 'bench',
    NOVITA_API_BASE_URL: novitaUrl,
    API_KEYS: `bench:operator:${KEY}`,
    FLEET_ID: 'b3nc',
    RATE_LIMIT_PER_MINUTE: '100000000',
    SYNC_ENABLE_AUTOMATIC_SYNC: 'false',
    AUTO_STOP_ENABLED: 'false',
    DATA_DIR: folder,
    LOG_LEVEL: 'warn',
    KUBERNETES_SOURCE: 'true',
    KUBECONFIG: kubeconfig,
    // The cluster stands on this machine, without TLS.
    KUBERNETES_ALLOW_INSECURE_TLS: 'true',
  };
  const start = async (app: string, name: string): Promise<ServerProcess> => {
    const port = await freePort();
    const script = join(DIST, 'apps', app, 'src', 'main.js');
    const url = `http://127.0.0.1:${port}`;
    return startServer(script, [], { ...environment, [name]: String(port) }, url, '/health/live');
  };
  // The API is there first: what it does meanwhile is part of a first sync.
  const api = await start('api', 'PORT');
  const worker = await start('worker', 'WORKER_PORT');
  return {
    worker,
    api,
    stop: async () => {
      await api.stop();
      await worker.stop();
      await redis.stop();
    },
  };
}

/** Waits for the run that a worker begins by itself. @returns its milliseconds, from the connection to the last open watch */
async function firstSync({ api }: Stack): Promise<number> {
  for (const endMs = Date.now() + 120_000; Date.now() < endMs; await pause(50)) {
    const response = await fetch(`${api.url}/api/v1/sync/status?source=kubernetes`);
    const { status, duration, error } = (await response.json()) as StatusAnswer;
    if (status === 'failed') throw new Error(`the first sync failed: ${error}`);
    if (status === 'completed' && duration !== undefined) return duration;
  }
  throw new Error('the first sync does not end');
}

/** Waits until the API shows all pods. */
async function allShown({ api }: Stack): Promise<void> {
  const headers = { authorization: `Bearer ${KEY}` };
  await until('the API shows the pods', async () => {
    const response = await fetch(`${api.url}/api/v1/kubernetes`, { headers });
    return response.ok && (await response.text()).includes(`"count":${PODS}`);
  });
}

/** In a fresh process, as the worker is one. */
async function bareList(cluster: ServerProcess): Promise<number> {
  const { url } = await stateOf(cluster);
  const paths = KUBERNETES_KINDS.map((kind) => {
    const { group, version, plural } = KINDS[kind];
    return group === '' ? `/api/${version}/${plural}` : `/apis/${group}/${version}/${plural}`;
  });
  const lister = await startPiece('bare-lister', '/', url, JSON.stringify(paths), String(PAGE));
  try {
    const { ms, objects } = (await (await fetch(`${lister.url}/list`)).json()) as { ms: number; objects: number };
    if (objects < PODS) throw new Error(`only ${objects} objects came`);
    return ms;
  } finally {
    await lister.stop();
  }
}

interface FirstSyncs {
  readonly workerMb: number;
  readonly apiMb: number;
}

/** @param use what else is done with the last stack */
async function measureFirstSync(
  cluster: ServerProcess,
  novitaUrl: string,
  how: string,
  use: (stack: Stack) => Promise<void>,
): Promise<FirstSyncs> {
  const [ours, bare, cpu, workerMb, apiMb]: [number[], number[], number[], number[], number[]] = [[], [], [], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await bareList(cluster));
    const stack = await startStack(cluster, novitaUrl);
    try {
      ours.push(await firstSync(stack));
      cpu.push(await cpuSeconds(stack.worker.pid));
      await allShown(stack);
      workerMb.push(await peakResidentMb(stack.worker.pid));
      apiMb.push(await residentMb(stack.api.pid));
      if (round === ROUNDS - 1) await use(stack);
    } finally {
      await stack.stop();
    }
  }
  // Both halves of a round have met the same noise.
  const ratio = median(ours.map((ms, round) => ms / (bare[round] ?? Number.NaN)));
  rows.push({
    what: `first sync, ${how}`,
    ours: `${Math.round(median(ours))} ms`,
    limit: `${Math.round(median(bare))} ms`,
    ratio: ratio.toFixed(2),
    aim: '<= 1.5',
    reached: ratio <= 1.5,
  });
  const words = (list: readonly number[]): string => list.map((ms) => Math.round(ms)).join(', ');
  notes.push(
    `First syncs, ${how}: ${words(ours)} ms against ${words(bare)} ms; CPU of the worker from its start to the end of it ` +
      `${median(cpu).toFixed(1)} s.`,
  );
  return { workerMb: median(workerMb), apiMb: median(apiMb) };
}

async function measureIdle(novitaUrl: string): Promise<FirstSyncs> {
  const cluster = await startCluster(0, 'watch-list');
  const stack = await startStack(cluster, novitaUrl);
  await firstSync(stack);
  const figures = { workerMb: await peakResidentMb(stack.worker.pid), apiMb: await residentMb(stack.api.pid) };
  await stack.stop();
  await cluster.stop();
  return figures;
}

/**
 * From a write of the apiserver to its arrival at one open stream of events. The write lies between its request and its answer at
 * the one who writes, so that both are told: the aim is reached when the longer time is short enough, and missed when the shorter
 * one is too long. All processes read one clock. A run in which the ground itself was late says nothing.
 */
async function measureChanges(cluster: ServerProcess, { api, worker }: Stack): Promise<void> {
  const url = `${api.url}/api/v1/events?types=resource.*`;
  const writer = await startPiece('kubernetes-writer', '/', (await stateOf(cluster)).url);
  const reader = await startPiece('event-readers', '/open', url, '1', KEY, OF_POD);
  try {
    const run = async (count: number): Promise<ChangesMade> => {
      const before = await countOf(reader);
      const made = await tell<ChangesMade>(writer, `changes?count=${count}&perSecond=${CHANGES_PER_SECOND}`);
      await until('every change has arrived', async () => (await countOf(reader)) - before >= count);
      return made;
    };
    // All of it is compiled by then.
    await run(2 * CHANGES_PER_SECOND);
    await tell(cluster, 'forget');
    const [workerBefore, apiBefore] = [await cpuSeconds(worker.pid), await cpuSeconds(api.pid)];
    const { changes, lateMs: writerLateMs } = await run(CHANGES);
    const perChange = (used: number): number => Math.round((used * 1e6) / CHANGES);
    const [workerUs, apiUs] = [
      perChange((await cpuSeconds(worker.pid)) - workerBefore),
      perChange((await cpuSeconds(api.pid)) - apiBefore),
    ];
    const { lateMs: clusterLateMs } = await stateOf(cluster);
    const { times } = await arrivals<readonly number[]>(reader);
    const since = (begun: 'sentMs' | 'answeredMs'): Latency =>
      quantiles(delays(new Map(changes.map((change) => [change.name, change[begun]])), times));
    const [longest, shortest] = [since('sentMs'), since('answeredMs')];
    const sent = changes.map(({ sentMs }) => sentMs);
    const rate = (1_000 * (CHANGES - 1)) / (Math.max(...sent) - Math.min(...sent));
    const isValid = rate > 0.98 * CHANGES_PER_SECOND && Math.max(writerLateMs, clusterLateMs) < MOST_LATE_MS;
    rows.push({
      what: `from a write of the apiserver to a reader of events, ${CHANGES_PER_SECOND} a second`,
      ours: `${inWords(longest)} from the request of the write; p99 ${shortest.p99.toFixed(1)} ms from its answer`,
      limit: `${Math.round(rate)} a second were made`,
      ratio: '-',
      aim: `p99 < ${MOST_MS} ms`,
      reached: verdictOf(isValid, longest.p99, shortest.p99),
    });
    notes.push(
      `Changes are made over the apiserver's API by a process of their own. The ground was late by (p99): ${writerLateMs.toFixed(0)} ms who ` +
        `writes, ${clusterLateMs.toFixed(0)} ms the cluster; with more than ${MOST_LATE_MS} ms, or less than 98 % of the rate, the run shows nothing.`,
      `CPU of a change: ${workerUs} µs of the worker, ${apiUs} µs of the API.`,
    );
  } finally {
    await reader.stop();
    await writer.stop();
  }
}

/** Null when it is not known. */
function verdictOf(isValid: boolean, longestMs: number, shortestMs: number): boolean | null {
  if (!isValid || (longestMs >= MOST_MS && shortestMs < MOST_MS)) return null;
  return longestMs < MOST_MS;
}

/** Nothing changes, and every watch comes to its end as often as in an hour. */
async function measureQuiet(cluster: ServerProcess, { worker }: Stack): Promise<void> {
  const { watches } = await stateOf(cluster);
  await tell(cluster, 'forget');
  const before = await cpuSeconds(worker.pid);
  for (let i = 0; i < WATCH_ENDS; i++) {
    await pause((QUIET_SECONDS * 1_000) / WATCH_ENDS);
    await tell(cluster, 'end-watches');
    await until('the watches are open again', async () => (await stateOf(cluster)).watches >= watches);
  }
  const { fullSets } = await stateOf(cluster);
  const used = ((await cpuSeconds(worker.pid)) - before) * 1_000;
  rows.push({
    what: `full sets read in a quiet time: ${QUIET_SECONDS} s in which all ${watches} watches end ${WATCH_ENDS} times`,
    ours: String(fullSets),
    limit: '-',
    ratio: '-',
    aim: '0',
    reached: fullSets === 0,
  });
  notes.push(
    `The quiet time took ${Math.round(used)} ms of the worker's CPU. It was ${QUIET_SECONDS} s, not an hour: in an hour each watch ` +
      'ends six to twelve times by itself, and what follows an end is what was run.',
  );
}

function addMemory(what: string, peak: number, idle: number, mostMb: number | null): void {
  rows.push({
    what,
    ours: `${Math.round(peak)} MB`,
    limit: `${Math.round(idle)} MB with an empty cluster`,
    ratio: `+${Math.round(peak - idle)} MB`,
    aim: mostMb === null ? '-' : `<= +${mostMb} MB`,
    reached: mostMb === null || peak - idle <= mostMb,
  });
}

const loadBefore = loadavg();
const novitaPort = await freePort();
const novita = await startServer(
  join(DIST, 'apps', 'sandbox', 'src', 'main.js'),
  ['--port', String(novitaPort), '--instances', '0', '--speed', '0'],
  {},
  `http://127.0.0.1:${novitaPort}`,
  '/__sandbox/state',
);
try {
  const idle = await measureIdle(novita.url);
  const lists = await startCluster(PODS, 'list');
  const listed = await measureFirstSync(lists, novita.url, 'by pages of 500', async () => undefined);
  await lists.stop();
  const cluster = await startCluster(PODS, 'watch-list');
  const watched = await measureFirstSync(cluster, novita.url, 'by WatchList', async (stack) => {
    await measureChanges(cluster, stack);
    await measureQuiet(cluster, stack);
  });
  await cluster.stop();
  addMemory('memory of the worker, its peak after a first sync by pages', listed.workerMb, idle.workerMb, 150);
  addMemory('memory of the worker, its peak after a first sync by WatchList', watched.workerMb, idle.workerMb, 150);
  addMemory('memory of the API that holds all of it', watched.apiMb, idle.apiMb, null);
} finally {
  await novita.stop();
  await rm(folder, { recursive: true, force: true });
}
notes.push(
  `Load of the machine (1, 5 and 15 minutes) before the run: ${loadBefore.map((load) => load.toFixed(1)).join(', ')}.`,
);
await writeResults(
  'kubernetes',
  await describeMachine(
    `${PODS.toLocaleString('en')} pods of about 8 kB and what belongs to them, all eleven kinds; medians of ${ROUNDS} fresh ` +
      'stacks, by turns with a fresh process that fetches the same objects by pages and parses them; cluster, Redis, worker and ' +
      'API on the same machine',
  ),
  rows,
  notes,
);
