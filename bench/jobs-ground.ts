import { join } from 'node:path';
import { type InstanceId, type InstanceRecord, redisStore } from '@app/instance-store';
import { SystemClock } from '@app/platform';
import { FleetKeys, IoRedisConnections } from '@app/redis';
import { type Sandbox, startSandbox } from '@app/sandbox';
import { freePort, type RedisFixture, seedInstances, startRedis } from '@app/testing';
import { type ServerProcess, startServer } from './server-process.js';

const DIST = join(import.meta.dirname, '..');
const PREFIX = 'bench';
export const KEY = 'benchmark-admin-key';
/** Instances whose records this process writes. */
export const INSTANCES = 100;

export const nowMs = (): number => performance.timeOrigin + performance.now();
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Of one process that keeps when something arrived. */
export interface Arrivals<Times> {
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly times: readonly (readonly [string, Times])[];
}

export async function until(what: string, isThere: () => Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + 120_000; !(await isThere()); await pause(10)) {
    if (Date.now() > endMs) throw new Error(`waited in vain: ${what}`);
  }
}

export async function arrivals<Times>({ url }: ServerProcess): Promise<Arrivals<Times>> {
  return (await (await fetch(`${url}/arrivals`)).json()) as Arrivals<Times>;
}

/** How much has arrived. */
export async function countOf({ url }: ServerProcess): Promise<number> {
  return ((await (await fetch(`${url}/count`)).json()) as Pick<Arrivals<never>, 'count'>).count;
}

export async function forget({ url }: ServerProcess): Promise<void> {
  await (await fetch(`${url}/arrivals`, { method: 'DELETE' })).arrayBuffer();
}

/** Starts a file of this folder. */
export async function startPiece(name: string, probe: string, ...args: readonly string[]): Promise<ServerProcess> {
  const port = await freePort();
  const script = join(DIST, 'bench', `${name}.js`);
  return startServer(script, [String(port), ...args], {}, `http://127.0.0.1:${port}`, probe);
}

/** One worker process and one API process on a real Redis. */
export class JobsGround {
  private constructor(
    readonly redis: RedisFixture,
    readonly sandbox: Sandbox,
    readonly api: ServerProcess,
    readonly worker: ServerProcess,
    readonly connections: IoRedisConnections,
    private readonly records: Map<InstanceId, InstanceRecord>,
  ) {}

  static async start(folder: string): Promise<JobsGround> {
    const redis = await startRedis();
    const sandbox = await startSandbox({ migrationEndsIn: 'running' });
    sandbox.world.restock();
    const env = {
      // In production receivers need TLS.
      NODE_ENV: 'development',
      LOG_LEVEL: 'error',
      HOST: '127.0.0.1',
      REDIS_URL: redis.url,
      REDIS_KEY_PREFIX: PREFIX,
      NOVITA_API_KEY: 'bench',
      NOVITA_API_BASE_URL: sandbox.url,
      NOVITA_MAX_REQUESTS_PER_SECOND: '10000',
      API_KEYS: `bench:admin:${KEY}`,
      FLEET_ID: 'b3nc',
      RATE_LIMIT_PER_MINUTE: '100000000',
      SSE_MAX_STREAMS_PER_KEY: '5000',
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true',
      SYNC_ENABLE_AUTOMATIC_SYNC: 'false',
      AUTO_STOP_ENABLED: 'false',
      INSTANCE_POLL_INTERVAL: '300ms',
      DATA_DIR: folder,
    };
    const start = async (app: string, name: string): Promise<ServerProcess> => {
      const port = await freePort();
      const script = join(DIST, 'apps', app, 'src', 'main.js');
      return startServer(script, [], { ...env, [name]: String(port) }, `http://127.0.0.1:${port}`, '/health/ready');
    };
    const [worker, api] = [await start('worker', 'WORKER_PORT'), await start('api', 'PORT')];
    const connections = new IoRedisConnections({ url: redis.url, processName: 'bench' });
    return new JobsGround(redis, sandbox, api, worker, connections, new Map());
  }

  /** Instances that nobody but this process changes. */
  async seed(): Promise<void> {
    const { records } = this.store();
    const ids = await seedInstances(records, INSTANCES, { status: 'ready', deadlines: {} });
    for (const { record } of await records.getMany(ids)) this.records.set(record.id, record);
  }

  /** Makes one event of the instance in that place. @returns its instance and revision */
  async write(place: number): Promise<string> {
    const record = [...this.records.values()][place % INSTANCES];
    if (record === undefined) throw new Error('there are no instances');
    const price = { usdPerHour: record.revision };
    const result = await this.store().records.write({ ...record, price }, { kind: 'command' });
    if (result.outcome !== 'written') throw new Error(`a write came to ${result.outcome}`);
    this.records.set(record.id, result.stored.record);
    return `${record.id} ${result.stored.record.revision}`;
  }

  /** Deliveries that wait. */
  pending(): Promise<number> {
    return this.connections.commands.zcard(new FleetKeys(PREFIX).webhookPending);
  }

  async call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.api.url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${KEY}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  async stop(): Promise<void> {
    await this.connections.close();
    await this.api.stop();
    await this.worker.stop();
    await this.sandbox.close();
    await this.redis.stop();
  }

  private store() {
    return redisStore(this.connections.commands, new SystemClock(), { keyPrefix: PREFIX });
  }
}
