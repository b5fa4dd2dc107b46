import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RedisFixture, startRedis } from '@app/testing';
import { Redis } from 'ioredis';
import { cpuSeconds, type ServerProcess, startServer } from './server-process.js';

const DIST = join(import.meta.dirname, '..');
export const PREFIX = 'bench';
export const KEY = 'benchmark-admin-key';
export const AUTHORIZED = { authorization: `Bearer ${KEY}` };

/** A Redis with processes on it, whose processor time and memory are read. */
export class ScaleGround {
  private readonly processes: ServerProcess[] = [];

  private constructor(
    readonly redis: RedisFixture,
    readonly connection: Redis,
    private readonly folder: string,
    private readonly novitaUrl: string,
  ) {}

  /** @param novitaUrl of a stand-in; without one nothing answers there */
  static async start(novitaUrl = 'http://127.0.0.1:9'): Promise<ScaleGround> {
    const redis = await startRedis();
    const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-bench-'));
    return new ScaleGround(redis, new Redis(redis.url), folder, novitaUrl);
  }

  async process(app: 'api' | 'worker', settings: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const port = await freePort();
    const server = await startServer(
      join(DIST, 'apps', app, 'src', 'main.js'),
      [],
      {
        NODE_ENV: 'production',
        LOG_LEVEL: 'warn',
        HOST: '127.0.0.1',
        [app === 'api' ? 'PORT' : 'WORKER_PORT']: String(port),
        REDIS_URL: this.redis.url,
        REDIS_KEY_PREFIX: PREFIX,
        NOVITA_API_KEY: 'bench',
        NOVITA_API_BASE_URL: this.novitaUrl,
        NOVITA_MAX_REQUESTS_PER_SECOND: '100000',
        API_KEYS: `bench:admin:${KEY}`,
        FLEET_ID: 'b3nc',
        RATE_LIMIT_PER_MINUTE: '100000000',
        SSE_MAX_STREAMS_PER_KEY: '5000',
        AUTO_STOP_ENABLED: 'false',
        SYNC_INTERVAL_MINUTES: '24h',
        DATA_DIR: this.folder,
        ...settings,
      },
      `http://127.0.0.1:${port}`,
      '/health/ready',
    );
    this.processes.push(server);
    return server;
  }

  async usedMemory(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(await this.connection.info('memory'))?.[1]);
  }

  async redisCpuSeconds(): Promise<number> {
    const text = await this.connection.info('cpu');
    const of = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)?.[1]);
    return of('used_cpu_user') + of('used_cpu_sys');
  }

  key(name: string): string {
    return `{${PREFIX}}:${name}`;
  }

  async memoryOf(key: string): Promise<number> {
    return Number(await this.connection.call('MEMORY', 'USAGE', this.key(key), 'SAMPLES', '0'));
  }

  /** All entries that the change feed ever had. */
  async feedEntries(): Promise<number> {
    const answer = (await this.connection.call('XINFO', 'STREAM', this.key('changes'))) as unknown[];
    return Number(answer[answer.indexOf('entries-added') + 1]);
  }

  async stop(): Promise<void> {
    this.connection.disconnect();
    for (const server of this.processes.toReversed()) await server.stop();
    await this.redis.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Microseconds of processor time that a process and Redis used meanwhile. */
export interface Used {
  readonly server: number;
  readonly redis: number;
}

export async function usedBy(ground: ScaleGround, server: ServerProcess, act: () => Promise<unknown>): Promise<Used> {
  const before = [await cpuSeconds(server.pid), await ground.redisCpuSeconds()] as const;
  await act();
  const after = [await cpuSeconds(server.pid), await ground.redisCpuSeconds()] as const;
  return { server: (after[0] - before[0]) * 1e6, redis: (after[1] - before[1]) * 1e6 };
}

export async function call<Answer>(
  server: ServerProcess,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { ...AUTHORIZED, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return (text === '' ? null : JSON.parse(text)) as Answer;
}
