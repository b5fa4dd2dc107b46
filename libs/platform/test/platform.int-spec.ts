import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NovitaSettings } from '@app/novita-client';
import { createHttpAdapter, Draining, endOnSignal, HttpSettings, PlatformModule, Settings } from '@app/platform';
import { LeaseKeeper, MemoryLeaseKeeper, RedisConnections, RedisLeaseKeeper, RedisModule } from '@app/redis';
import { loadSettings, readSettings } from '@app/settings';
import { freePort, MemoryLog, type RedisFixture, startRedis } from '@app/testing';
import { Controller, type DynamicModule, Get, type INestApplicationContext, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const log = new MemoryLog();
let started: PromiseWithResolvers<void>;
let released: PromiseWithResolvers<void>;

@Controller('slow')
class SlowController {
  constructor(@Inject(RedisConnections) private readonly connections: RedisConnections | null) {}

  @Get()
  async slow(): Promise<string> {
    started.resolve();
    await released.promise;
    return this.connections === null ? 'memory' : this.connections.commands.ping();
  }
}

const contextOf = (environment: NodeJS.ProcessEnv): Promise<INestApplicationContext> =>
  NestFactory.createApplicationContext(rootOf(loadSettings({ NODE_ENV: 'test', ...environment })), {
    logger: false,
    abortOnError: false,
  });

/** What every process of this project stands on. */
function rootOf(settings: Settings): DynamicModule {
  class RootModule {}
  const platform = PlatformModule.forRoot({ processName: 'test', logDestination: log, settings });
  return { module: RootModule, imports: [platform, RedisModule] };
}

describe('PlatformModule', () => {
  let redis: RedisFixture;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('works in memory without Redis', async () => {
    const app = await contextOf({});
    expect(app.get(RedisConnections)).toBeNull();
    expect(app.get(LeaseKeeper)).toBeInstanceOf(MemoryLeaseKeeper);
    await app.close();
  });

  it('works on Redis with an address of it', async () => {
    const app = await contextOf({ REDIS_URL: redis.url });
    expect(app.get(LeaseKeeper)).toBeInstanceOf(RedisLeaseKeeper);
    const { commands } = app.get(RedisConnections);
    expect(await commands.ping()).toBe('PONG');
    await app.close();
    await vi.waitFor(() => expect(commands.status).toBe('end'));
  });

  it('refuses to start when Redis is not there and nothing goes on without it', async () => {
    const port = await freePort();
    await expect(
      contextOf({ REDIS_ENABLE_FALLBACK: 'false', REDIS_URL: `redis://:hunter2@127.0.0.1:${port}` }),
    ).rejects.toThrow(`Redis at 127.0.0.1:${port} cannot be used`);
  });

  it('reports by /health/ready whether Redis answers', async () => {
    const own = await startRedis();
    const app = await httpApp(own.url);
    expect((await app.inject({ url: '/health/ready' })).json()).toMatchObject({
      status: 'ok',
      details: { redis: { status: 'up' } },
    });
    await own.kill();
    await vi.waitFor(async () => expect((await app.inject({ url: '/health/ready' })).statusCode).toBe(503), {
      timeout: 5_000,
    });
    expect((await app.inject({ url: '/health/live' })).statusCode).toBe(200);
    await own.start();
    await vi.waitFor(async () => expect((await app.inject({ url: '/health/ready' })).statusCode).toBe(200), {
      timeout: 5_000,
    });
    await app.close();
    await own.stop();
  });

  it('at a signal: not ready, still serving, then closed, and Redis last', async () => {
    started = Promise.withResolvers();
    released = Promise.withResolvers();
    const app = await httpApp(redis.url);
    await app.listen(0, '127.0.0.1');
    const address = await app.getUrl();
    const host = Object.assign(new EventEmitter(), {
      exit: vi.fn<(code: number) => void>(),
      getActiveResourcesInfo: () => [],
    });
    endOnSignal(app, host);
    const { commands } = app.get(RedisConnections);
    const answer = fetch(`${address}/slow`);
    await started.promise;
    host.emit('SIGTERM', 'SIGTERM');
    expect((await fetch(`${address}/health/ready`)).status).toBe(503);
    expect(app.get(Draining).isDraining).toBe(true);
    // The port is closed to new connections while the request is still being worked on.
    await vi.waitFor(async () => expect(await fetch(`${address}/health/live`).catch(() => 'refused')).toBe('refused'), {
      timeout: 5_000,
    });
    expect(commands.status).toBe('ready');
    expect(host.exit).not.toHaveBeenCalled();
    released.resolve();
    expect(await (await answer).text()).toBe('PONG');
    await vi.waitFor(() => expect(host.exit.mock.calls).toEqual([[0]]), { timeout: 5_000 });
    // Redis has said good-bye before the exit; that the socket is gone is told an event later.
    await vi.waitFor(() => expect(commands.status).toBe('end'));
  });
});

const HALF_A_BODY =
  'POST /health/live HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"a":';

describe('closing while clients hold connections', () => {
  let app: NestFastifyApplication;
  let port: number;
  let clients: Socket[];
  beforeEach(async () => {
    clients = [];
    started = Promise.withResolvers();
    released = Promise.withResolvers();
    app = await httpApp();
    await app.listen(0, '127.0.0.1');
    port = Number(new URL(await app.getUrl()).port);
  });
  afterEach(async () => {
    for (const client of clients) client.destroy();
    await app.close();
  });

  async function connectAndSend(text: string): Promise<Socket> {
    const client = connect(port, '127.0.0.1').resume();
    clients.push(client);
    await once(client, 'connect');
    if (text !== '') client.write(text);
    return client;
  }

  it.each([
    ['nothing', ''],
    ['half a head', 'GET /health HTTP/1.1\r\nHost: x\r\n'],
    ['half a body', HALF_A_BODY],
    ['a request, and half of the next one', 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /health/live HT'],
  ])('ends although one was sent %s', async (_name, text) => {
    const client = await connectAndSend(text);
    const ended = once(client, 'close');
    // Long enough for the server to have accepted it and read the text.
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await app.close();
    await ended;
  });

  it('lets a request that had begun come in, and be answered', async () => {
    const client = await connectAndSend('GET /slow HTTP/1.1\r\nHost: x\r\n');
    let answer = '';
    client.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = app.close();
    await vi.waitFor(() => expect(app.getHttpServer().listening).toBe(false));
    client.write('\r\n');
    await started.promise;
    // Longer than a request may take to come in: this one is being handled.
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(answer).toBe('');
    released.resolve();
    await closed;
    await vi.waitFor(() => expect(answer).toMatch(/^HTTP\/1.1 200 (.|\r\n)*connection: close(.|\r\n)*memory$/i));
  });
});

async function httpApp(redisUrl = ''): Promise<NestFastifyApplication> {
  @Module({
    imports: [
      PlatformModule.forRoot({
        processName: 'test',
        settings: loadSettings({ NODE_ENV: 'test', REDIS_URL: redisUrl }),
        logDestination: log,
      }),
      RedisModule,
    ],
    controllers: [SlowController],
  })
  class HttpModule {}
  const app = await NestFactory.create<NestFastifyApplication>(HttpModule, createHttpAdapter(), { logger: false });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

describe('settings of the environment and of .env', () => {
  const before = process.cwd();
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-env-'));
    process.chdir(folder);
  });
  afterEach(async () => {
    process.chdir(before);
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  it('are read from both, the environment winning, and never written back', async () => {
    await writeFile('.env', 'PORT=4000\nWORKER_PORT=4001\nNOVITA_TIMEOUT=20\n');
    vi.stubEnv('PORT', '5000');
    const settings = await readSettings();
    expect(settings.get(HttpSettings)).toMatchObject({ PORT: 5_000, WORKER_PORT: 4_001 });
    expect(settings.get(NovitaSettings)).toMatchObject({ NOVITA_TIMEOUT: 20_000 });
    expect((await readSettings({ PORT: '6000' })).get(HttpSettings)).toMatchObject({ PORT: 6_000 });
    expect(process.env['NOVITA_TIMEOUT']).toBeUndefined();
  });

  it('are read from a file in UTF-8 that begins with a mark', async () => {
    await writeFile('.env', '\uFEFFPORT=4000\n');
    expect((await readSettings()).get(HttpSettings)).toMatchObject({ PORT: 4_000 });
  });

  it.each([
    ['UTF-16 with a mark', Buffer.from('\uFEFFPORT=4000\r\n', 'utf16le'), 'UTF-16'],
    ['UTF-16 without one', Buffer.from('PORT=4000\r\n', 'utf16le'), 'UTF-16'],
    ['UTF-16, the other way round', Buffer.from('\uFEFFPORT=4000\n', 'utf16le').swap16(), 'UTF-16'],
    ['Latin-1', Buffer.from('DATA_DIR=donn\u00e9es\n', 'latin1'), 'another encoding'],
  ])('refuse a file in %s by name', async (_name, bytes, encoding) => {
    await writeFile('.env', bytes);
    await expect(readSettings()).rejects.toThrow(
      `  .env: is written in ${encoding}. Accepted: a readable file in UTF-8`,
    );
  });

  it('refuse a .env that is no file', async () => {
    await mkdir('.env');
    await expect(readSettings()).rejects.toThrow('  .env: cannot be read: EISDIR');
  });

  it('are injected, each section by its class', async () => {
    await writeFile('.env', 'WORKER_PORT=4001\n');
    const settings = await readSettings();
    const app = await NestFactory.createApplicationContext(rootOf(settings), { logger: false, abortOnError: false });
    expect(app.get(Settings)).toBe(settings);
    expect(app.get(HttpSettings)).toBe(settings.get(HttpSettings));
    expect(app.get(HttpSettings).WORKER_PORT).toBe(4_001);
    await app.close();
  });

  it('stop the start with every violation in one message', async () => {
    await writeFile('.env', 'PORT=x\nMETRICS_PUBLIC=maybe\n');
    await expect(readSettings()).rejects.toThrow(/PORT: "x"(.|\n)*METRICS_PUBLIC: "maybe"/);
  });
});
