import { join } from 'node:path';
import { redisStore } from '@app/instance-store';
import { SystemClock } from '@app/platform';
import { freePort, seedInstances } from '@app/testing';
import { pause, startPiece, until } from './jobs-ground.js';
import { type Load, measure } from './measure.js';
import { AUTHORIZED, call, KEY, PREFIX, ScaleGround, usedBy } from './scale-ground.js';
import type { UnitCosts } from './scale-model.js';
import { cpuSeconds, peakResidentMb, residentMb, type ServerProcess, startServer } from './server-process.js';

/** What single things cost, each measured alone. */

const SANDBOX = join(import.meta.dirname, '..', 'apps', 'sandbox', 'src', 'main.js');

async function startSandboxProcess(instances: number, speed: number): Promise<ServerProcess> {
  const port = await freePort();
  const options = ['--port', String(port), '--instances', String(instances), '--speed', String(speed)];
  return startServer(SANDBOX, options, {}, `http://127.0.0.1:${port}`, '/__sandbox/state');
}

export interface IdleFigures
  extends Pick<
    UnitCosts,
    | 'apiIdleMb'
    | 'workerIdleMb'
    | 'redisEmptyMb'
    | 'idleApiMicrosPerSecond'
    | 'idleWorkerMicrosPerSecond'
    | 'idleRedisMicrosPerSecond'
  > {
  /** Processor time of the API from its start until it was ready. */
  readonly startCpuMs: number;
}

/** An installation in which nothing happens. */
export async function measureIdle(seconds: number): Promise<IdleFigures> {
  const sandbox = await startSandboxProcess(0, 0);
  const ground = await ScaleGround.start(sandbox.url);
  const [worker, api] = [await ground.process('worker'), await ground.process('api')];
  const startCpuMs = (await cpuSeconds(api.pid)) * 1_000;
  await until('the first sync is over', async () => (await syncStatus(api)).status === 'completed');
  const workerBefore = await cpuSeconds(worker.pid);
  const used = await usedBy(ground, api, () => pause(seconds * 1_000));
  const figures = {
    apiIdleMb: await residentMb(api.pid),
    workerIdleMb: await residentMb(worker.pid),
    redisEmptyMb: (await ground.usedMemory()) / 1e6,
    idleApiMicrosPerSecond: used.server / seconds,
    idleWorkerMicrosPerSecond: ((await cpuSeconds(worker.pid)) - workerBefore) * (1e6 / seconds),
    idleRedisMicrosPerSecond: used.redis / seconds,
    startCpuMs,
  };
  await ground.stop();
  await sandbox.stop();
  return figures;
}

export interface RecordFigures {
  readonly redisBytes: number;
  readonly feedEntryBytes: number;
  /** Of an API process that has read all. */
  readonly apiMb: number;
  readonly apiStartCpuMs: number;
}

/** A fleet on record, and an API process that reads it: what it takes by its size. */
export async function measureRecords(
  size: number,
  then?: (fleet: SeededFleet) => Promise<void>,
): Promise<RecordFigures> {
  const ground = await ScaleGround.start();
  const emptyBytes = await ground.usedMemory();
  const store = redisStore(ground.connection, new SystemClock(), { keyPrefix: PREFIX });
  const ids = await seedInstances(store.records, size, { deadlines: {} });
  const feedBytes = await ground.memoryOf('changes');
  const redisBytes = (await ground.usedMemory()) - emptyBytes - feedBytes;
  const feedLength = await ground.connection.xlen(ground.key('changes'));
  const api = await ground.process('api');
  const figures = {
    redisBytes,
    feedEntryBytes: feedBytes / feedLength,
    apiMb: await peakResidentMb(api.pid),
    apiStartCpuMs: (await cpuSeconds(api.pid)) * 1_000,
  };
  await then?.({ ground, api, ids, store });
  await ground.stop();
  return figures;
}

export interface SeededFleet {
  readonly ground: ScaleGround;
  readonly api: ServerProcess;
  readonly ids: Awaited<ReturnType<typeof seedInstances>>;
  readonly store: ReturnType<typeof redisStore>;
}

export type RequestFigures = Pick<
  UnitCosts,
  | 'apiMicrosPerUse'
  | 'redisMicrosPerUse'
  | 'apiMicrosPerRead'
  | 'redisMicrosPerRead'
  | 'apiMicrosPerReadAgain'
  | 'redisMicrosPerReadAgain'
  | 'apiMicrosPerEvent'
  | 'apiMicrosPerEventAndReader'
>;

/** More than are kept, so that those of all instances have to be read again. */
const MORE_USES_THAN_KEPT = 12_000;
const EVENTS = 2_000;
const READERS = 200;
const AT_ONCE = 50;

/** What requests and events cost, with a fleet on record. */
export async function measureRequests(fleet: SeededFleet, seconds: number): Promise<RequestFigures> {
  const anyId = (): string => fleet.ids[Math.floor(Math.random() * fleet.ids.length)] ?? '';
  const load = (method: Load['method'], end: string): Load => ({
    server: fleet.api,
    method,
    headers: AUTHORIZED,
    path: () => `/api/v1/instances/${anyId()}${end}`,
  });
  const perRequest = async (each: Load): Promise<readonly [number, number]> => {
    await measure(each, 2);
    const before = await fleet.ground.redisCpuSeconds();
    const { cpuMicroseconds, requestsPerSecond } = await measure(each, seconds);
    const redis = ((await fleet.ground.redisCpuSeconds()) - before) * 1e6;
    return [cpuMicroseconds, redis / (requestsPerSecond * seconds)];
  };
  const [apiMicrosPerRead, redisMicrosPerRead] = await perRequest(load('GET', ''));
  const [apiMicrosPerUse, redisMicrosPerUse] = await perRequest(load('PUT', '/last-used'));
  return {
    apiMicrosPerRead,
    redisMicrosPerRead,
    apiMicrosPerUse,
    redisMicrosPerUse,
    ...(await measureUsesReadAgain(fleet)),
    ...(await measureEvents(fleet)),
  };
}

/** A question that goes by idleness, after more uses than are kept, for each instance that can be idle. */
async function measureUsesReadAgain({ ground, api, ids, store }: SeededFleet) {
  const ready = (await store.records.counts()).byStatus.ready;
  const ask = (): Promise<unknown> => call(api, 'GET', '/api/v1/instances?sort=-idle&limit=1');
  const rounds = 2;
  const sum = { server: 0, redis: 0 };
  for (let round = 0; round < rounds; round++) {
    for (let done = 0; done < MORE_USES_THAN_KEPT; done += AT_ONCE) {
      const batch = Array.from({ length: AT_ONCE }, (_, place) => ids[(done + place) % ids.length] ?? '');
      await Promise.all(batch.map((id) => call(api, 'PUT', `/api/v1/instances/${id}/last-used`)));
    }
    const used = await usedBy(ground, api, ask);
    sum.server += used.server;
    sum.redis += used.redis;
  }
  return {
    apiMicrosPerReadAgain: sum.server / rounds / ready,
    redisMicrosPerReadAgain: sum.redis / rounds / ready,
  };
}

/** Changes of records, which the API follows: with nobody to tell, and with many readers. */
async function measureEvents({ ground, api, ids, store }: SeededFleet) {
  let round = 0;
  const write = async (): Promise<void> => {
    round += 1;
    for (let done = 0; done < EVENTS; done += AT_ONCE) {
      const found = await store.records.getMany(
        Array.from({ length: AT_ONCE }, (_, place) => ids[(done + place) % ids.length]).filter(
          (id) => id !== undefined,
        ),
      );
      await Promise.all(
        found.map(({ record }) =>
          store.records.write({ ...record, price: { usdPerHour: round } }, { kind: 'command' }),
        ),
      );
    }
    const last = ids[(EVENTS - 1) % ids.length] ?? '';
    await until('the API shows the last one', async () => {
      const { pricePerHour } = await call<{ pricePerHour?: number }>(api, 'GET', `/api/v1/instances/${last}`);
      return pricePerHour === round;
    });
  };
  await write();
  const alone = await usedBy(ground, api, write);
  const readers = await startPiece('event-readers', '/open', `${api.url}/api/v1/events`, String(READERS), KEY);
  const told = await usedBy(ground, api, write);
  await readers.stop();
  return {
    apiMicrosPerEvent: alone.server / EVENTS,
    apiMicrosPerEventAndReader: Math.max(0, told.server - alone.server) / (EVENTS * READERS),
  };
}

export type LifeFigures = Pick<
  UnitCosts,
  'workerMicrosPerReconcile' | 'redisMicrosPerReconcile' | 'redisBytesPerAuditLine' | 'eventsPerReconcile'
>;

const LIVES = 150;

/** Instances that are made, become ready and are stopped, at a stand-in that is fast. */
export async function measureLives(): Promise<LifeFigures> {
  const sandbox = await startSandboxProcess(0, 20);
  await fetch(`${sandbox.url}/__sandbox/restock`, { method: 'POST' });
  const ground = await ScaleGround.start(sandbox.url);
  const [worker, api] = [await ground.process('worker', { INSTANCE_POLL_INTERVAL: '1s' }), await ground.process('api')];
  await until('the first sync is over', async () => (await syncStatus(api)).status === 'completed');
  const created: string[] = [];
  const live = async (): Promise<void> => {
    for (let place = 0; place < LIVES; place++) {
      const body = { name: `life-${place}`, productName: 'RTX 4090', image: 'nginx', gpuNum: 1, ports: [] };
      created.push((await call<{ id: string }>(api, 'POST', '/api/v1/instances', body)).id);
    }
    await until('all are ready', async () => (await countOf(api, 'ready')) === LIVES);
    for (const id of created) await call(api, 'POST', `/api/v1/instances/${id}/stop`);
    await until('all are stopped', async () => (await countOf(api, 'stopped')) === LIVES);
  };
  const [reconcilesBefore, eventsBefore] = [await reconcilesOf(worker), await ground.feedEntries()];
  const used = await usedBy(ground, worker, live);
  const reconciles = (await reconcilesOf(worker)) - reconcilesBefore;
  const events = (await ground.feedEntries()) - eventsBefore;
  let [bytes, lines] = [0, 0];
  for (const id of created.slice(0, 50)) {
    bytes += await ground.memoryOf(`ledger:${id}`);
    lines += await ground.connection.llen(ground.key(`ledger:${id}`));
  }
  await ground.stop();
  await sandbox.stop();
  return {
    workerMicrosPerReconcile: used.server / reconciles,
    redisMicrosPerReconcile: used.redis / reconciles,
    redisBytesPerAuditLine: bytes / lines,
    eventsPerReconcile: events / reconciles,
  };
}

async function reconcilesOf(worker: ServerProcess): Promise<number> {
  const text = await (await fetch(`${worker.url}/metrics`, { headers: AUTHORIZED })).text();
  const runs = text.matchAll(
    /^novita_fleet_job_runs_total\{[^}]*job="(?:RECONCILE_INSTANCE|STARTUP_MONITOR)"[^}]*\} (\d+)/gm,
  );
  return [...runs].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function countOf(api: ServerProcess, status: string): Promise<number> {
  const { total } = await call<{ total: number | null }>(api, 'GET', `/api/v1/instances?status=${status}&limit=1`);
  return total ?? -1;
}

export interface SyncFigures {
  /** Medians of syncs in which nothing had changed. */
  readonly seconds: number;
  readonly workerMicros: number;
  readonly redisMicros: number;
  /** At its most, the first import included. */
  readonly workerMb: number;
}

/** Syncs of a fleet of that size in which nothing changes. */
export async function measureSync(size: number, rounds: number): Promise<SyncFigures> {
  const sandbox = await startSandboxProcess(size, 0);
  const ground = await ScaleGround.start(sandbox.url);
  const [worker, api] = [await ground.process('worker'), await ground.process('api')];
  await until('the first import is over', async () => {
    const { status, error } = await syncStatus(api);
    if (status === 'failed') throw new Error(`the first sync failed: ${error}`);
    return status === 'completed';
  });
  const body = { resources: ['instances'] };
  let milliseconds = 0;
  const sync = async (): Promise<void> => {
    const { data } = await call<{ data: { duration: number } }>(api, 'POST', '/api/v1/instances/sync', body);
    milliseconds += data.duration;
  };
  await sync();
  milliseconds = 0;
  const used = await usedBy(ground, worker, async () => {
    for (let round = 0; round < rounds; round++) await sync();
  });
  const workerMb = await peakResidentMb(worker.pid);
  await ground.stop();
  await sandbox.stop();
  return {
    seconds: milliseconds / 1_000 / rounds,
    workerMicros: used.server / rounds,
    redisMicros: used.redis / rounds,
    workerMb,
  };
}

async function syncStatus(api: ServerProcess): Promise<{ readonly status: string; readonly error?: string }> {
  return call(api, 'GET', '/api/v1/sync/status');
}
