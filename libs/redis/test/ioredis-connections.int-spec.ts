import { connect as connectTo, createServer, type Server, type Socket } from 'node:net';
import { CommandNotSentError, IoRedisConnections, RedisUnavailableError } from '@app/redis';
import { freePort, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

/** The limits of a command and of a connection are 3 s and 1 s; one that waits for Redis would wait for ever. */
const FAST_MS = 20_000;

describe('IoRedisConnections', () => {
  let redis: RedisFixture;
  let connections: IoRedisConnections;

  const connect = (url: string): IoRedisConnections => {
    connections = new IoRedisConnections({ url, processName: 'test' });
    return connections;
  };

  beforeAll(async () => {
    Logger.overrideLogger(false);
    redis = await startRedis(['--requirepass', 'hunter2']);
  });
  afterEach(() => connections.close());
  afterAll(() => redis.stop());

  const url = (): string => `redis://:hunter2@127.0.0.1:${redis.port}`;

  it('shares one connection for commands and makes a new one for each dedicated use', async () => {
    const { commands } = connect(url());
    expect(connections.commands).toBe(commands);
    const first = connections.dedicated('feed');
    expect(connections.dedicated('feed')).not.toBe(first);
    await Promise.all([commands.ping(), first.ping()]);
    const names = ((await commands.client('LIST')) as string).match(/name=test-\w+/g);
    expect(names?.sort()).toEqual(['name=test-commands', 'name=test-feed', 'name=test-feed']);
  });

  it('proves at boot that Redis answers', async () => {
    await expect(connect(url()).verify()).resolves.toBeUndefined();
  });

  it('names host, port and cause at boot when nothing listens', async () => {
    const port = await freePort();
    const refused = await connect(`redis://:hunter2@127.0.0.1:${port}`)
      .verify()
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RedisUnavailableError);
    expect((refused as Error).message).toMatch(
      new RegExp(`^Redis at 127\\.0\\.0\\.1:${port} cannot be used: .*ECONNREFUSED`),
    );
    expect((refused as Error).message).not.toContain('hunter2');
  });

  it('names a wrong password as the cause', async () => {
    const refused = await connect(`redis://:wrong-password@127.0.0.1:${redis.port}`)
      .verify()
      .catch((error: unknown) => error);
    expect((refused as Error).message).toMatch(
      /^Redis at 127\.0\.0\.1:\d+ refuses the user name or password of REDIS_URL$/,
    );
    expect((refused as Error).message).not.toContain('wrong-password');
  });

  it('gives up at boot on a server that takes the connection and says nothing', async () => {
    const silent: Server = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const started = performance.now();
    await expect(connect(`redis://127.0.0.1:${port}`).verify()).rejects.toThrow(
      `Redis at 127.0.0.1:${port} cannot be used`,
    );
    expect(performance.now() - started).toBeLessThan(FAST_MS);
    await connections.close();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('fails commands fast while Redis is away, keeps dedicated ones waiting, and both go on when it is back', async () => {
    const { commands } = connect(url());
    const waiting = connections.dedicated('jobs');
    await Promise.all([commands.set('a', '1'), waiting.ping()]);
    await redis.kill();
    const started = performance.now();
    await expect(commands.get('a')).rejects.toThrow(/max retries|ECONNREFUSED|closed|timed out/i);
    expect(performance.now() - started).toBeLessThan(FAST_MS);
    const pending = waiting.ping();
    await redis.start();
    expect(await pending).toBe('PONG');
    await vi.waitFor(async () => expect(await commands.ping()).toBe('PONG'), { timeout: 5_000 });
  });

  it('distinguishes a command that was never sent from one whose answer was lost', async () => {
    const { commands } = connect(url());
    await commands.client('PAUSE', 4_000);
    const lost = await commands.set('a', '1').catch((error: unknown) => error);
    expect(lost).toBeInstanceOf(Error);
    expect(lost).not.toBeInstanceOf(CommandNotSentError);

    await redis.kill();
    await vi.waitFor(() => expect(commands.status).toBe('reconnecting'));
    const answers = await Promise.allSettled([commands.set('a', '1'), commands.evalsha('0'.repeat(40), 0)]);
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: expect.any(CommandNotSentError) as Error });
    }
    await redis.start();
  });

  it('does not send a command later that has failed while it waited for a connection', async () => {
    const sockets = new Set<Socket>();
    let isOpen = false;
    const gate = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      if (!isOpen) return;
      const server = connectTo(redis.port, '127.0.0.1').on('error', () => undefined);
      socket.pipe(server).pipe(socket);
    });
    await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
    const address = gate.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { commands } = connect(`redis://:hunter2@127.0.0.1:${port}`);
    await expect(commands.set('late', '1')).rejects.toBeInstanceOf(CommandNotSentError);
    isOpen = true;
    await vi.waitFor(async () => expect(await commands.ping()).toBe('PONG'), { timeout: 10_000 });
    expect(await commands.get('late')).toBeNull();
    await connections.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => gate.close(resolve));
  }, 20_000);

  it('closes everything it made, also what cannot connect', async () => {
    const made = [connect(url()).commands, connections.dedicated('a'), connections.dedicated('b')];
    await made[0]?.ping();
    await connections.onApplicationShutdown();
    await vi.waitFor(() => expect(made.map(({ status }) => status)).toEqual(['end', 'end', 'end']));
    const away = connect(`redis://127.0.0.1:${await freePort()}`).commands;
    await connections.onApplicationShutdown();
    await vi.waitFor(() => expect(away.status).toBe('end'));
  });
});
