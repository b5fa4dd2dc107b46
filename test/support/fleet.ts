import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, type SandboxOptions, startSandbox } from '@app/sandbox';
import { freePort, type RedisFixture, startRedis } from '@app/testing/servers';
import { ApiClient } from './api-client.js';
import { BuiltProcess } from './built-process.js';
import { until } from './until.js';

export const OPERATOR_KEY = 'operator-key-for-tests-only';
export const VIEWER_KEY = 'viewer-key-for-tests-only-0';

/** Short times, so that a whole life fits into a test. */
export const QUICK: Readonly<Record<string, string>> = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'info',
  API_KEYS: `ops:operator:${OPERATOR_KEY},eyes:viewer:${VIEWER_KEY}`,
  NOVITA_API_KEY: 'sandbox-key',
  FLEET_ID: 't3st',
  NOVITA_TIMEOUT: '1s',
  NOVITA_MAX_REQUESTS_PER_SECOND: '200',
  CREATE_RETRY_GRACE: '2s',
  INSTANCE_POLL_INTERVAL: '300ms',
  INSTANCE_STARTUP_TIMEOUT: '60s',
  DEADLINE_SWEEP_INTERVAL: '1s',
  SHUTDOWN_DELAY: '50ms',
  RATE_LIMIT_PER_MINUTE: '100000',
  // The sandbox is in the process of the test, and a bill of thousands of instances keeps it from answering anything else.
  BILL_CHECK: 'false',
};

export interface FleetOptions {
  readonly apis?: number;
  readonly workers?: number;
  /** Each an API and a worker in one process, which costs half as much: for tests to which it is all the same. */
  readonly standalones?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly sandbox?: SandboxOptions;
  /** Further arguments of redis-server. */
  readonly redis?: readonly string[];
}

/** The production shape on loopback: redis-server, the sandbox as Novita, API and worker processes. */
export class Fleet {
  /** All that have the API. */
  readonly apis: BuiltProcess[] = [];
  readonly workers: BuiltProcess[] = [];
  readonly clients: ApiClient[] = [];
  /** Of the health and metrics routes of the workers. */
  readonly workerUrls: string[] = [];

  private constructor(
    readonly redis: RedisFixture,
    readonly sandbox: Sandbox,
    private readonly folder: string,
    /** What every process of it is given. */
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async start(options: FleetOptions): Promise<Fleet> {
    const [redis, sandbox, folder] = await Promise.all([
      startRedis(options.redis),
      startSandbox({ timing: QUICK_SANDBOX, ...options.sandbox }),
      mkdtemp(join(tmpdir(), 'novita-fleet-test-')),
    ]);
    const env = { ...QUICK, DATA_DIR: folder, REDIS_URL: redis.url, NOVITA_API_BASE_URL: sandbox.url, ...options.env };
    const fleet = new Fleet(redis, sandbox, folder, env);
    const { apis = 0, workers = 0, standalones = 0 } = options;
    try {
      await Promise.all([
        ...Array.from({ length: apis }, () => fleet.addApi()),
        ...Array.from({ length: standalones }, () => fleet.addStandalone()),
        ...Array.from({ length: workers }, () => fleet.addWorker()),
      ]);
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  /** The first API with an operator's key. */
  get api(): ApiClient {
    const client = this.clients[0];
    if (client === undefined) throw new Error('this fleet has no API');
    return client;
  }

  /** @param env with `PORT`, at an address that was served before */
  addApi(env: Readonly<Record<string, string>> = {}): Promise<BuiltProcess> {
    return this.addServing('api', env);
  }

  /** An API that is a worker too. @param env with `PORT`, at an address that was served before */
  addStandalone(env: Readonly<Record<string, string>> = {}): Promise<BuiltProcess> {
    return this.addServing('standalone', env);
  }

  /** @param wanted `open` for one that answers, and perhaps says that it is not ready */
  async addWorker(
    env: Readonly<Record<string, string>> = {},
    wanted: 'ready' | 'open' = 'ready',
  ): Promise<BuiltProcess> {
    const port = await freePort();
    const worker = new BuiltProcess('worker', { ...this.environment, WORKER_PORT: String(port), ...env });
    this.workers.push(worker);
    const url = `http://127.0.0.1:${port}`;
    try {
      await (wanted === 'ready' ? isReady(worker, url) : isOpen(worker, url));
    } catch (error) {
      if (!hasLostItsPort(worker)) throw error;
      this.workers.splice(this.workers.indexOf(worker), 1);
      return this.addWorker(env, wanted);
    }
    this.workerUrls.push(url);
    return worker;
  }

  /** Ends every worker as a power cut would. */
  async killWorkers(): Promise<void> {
    this.workerUrls.length = 0;
    await Promise.all(this.workers.splice(0).map((worker) => worker.end('SIGKILL')));
  }

  /** At once: what a process does on a signal is proved where that is the matter. */
  async stop(): Promise<void> {
    await Promise.all([...this.apis, ...this.workers].map((process) => process.end('SIGKILL')));
    await Promise.all([this.redis.stop(), this.sandbox.close()]);
    await rm(this.folder, { recursive: true, force: true });
  }

  private async addServing(app: 'api' | 'standalone', env: Readonly<Record<string, string>>): Promise<BuiltProcess> {
    const port = env['PORT'] ?? String(await freePort());
    const url = `http://127.0.0.1:${port}`;
    const api = new BuiltProcess(app, { PUBLIC_URL: url, ...this.environment, ...env, PORT: port });
    // Together, so that they stay in the same order whichever process is ready first.
    this.apis.push(api);
    this.clients.push(new ApiClient(url, OPERATOR_KEY));
    try {
      await isReady(api, url);
    } catch (error) {
      if (env['PORT'] !== undefined || !hasLostItsPort(api)) throw error;
      const index = this.apis.indexOf(api);
      this.apis.splice(index, 1);
      this.clients.splice(index, 1);
      return this.addServing(app, env);
    }
    return api;
  }
}

const QUICK_SANDBOX = {
  toCreateMs: 100,
  creatingMs: 200,
  pullingMs: 500,
  toStartMs: 100,
  startingMs: 300,
  toStopMs: 200,
  stoppingMs: 700,
  toRestartMs: 100,
  restartingMs: 300,
  toRemoveMs: 200,
  removingMs: 400,
  portOpenMs: 300,
  removedVisibleMs: 60_000,
} as const;

/** A port that was free a moment ago may have become the near end of somebody's connection. */
const hasLostItsPort = ({ output }: BuiltProcess): boolean => output.includes('is taken by another process');

async function isReady(process: BuiltProcess, url: string): Promise<void> {
  await process.alive(until(`${process.app} is ready`, async () => (await fetch(`${url}/health/ready`)).ok));
}

async function isOpen(process: BuiltProcess, url: string): Promise<void> {
  await process.alive(until(`${process.app} is open`, async () => (await fetch(`${url}/health/live`)).ok));
}
