import { connect, createServer, type Server, type Socket } from 'node:net';
import { IoRedisConnections, type LockHold, RedisLockKeeper } from '@app/redis';
import { FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { RedisSyncStatusStore } from '../src/store/redis-sync-status-store.js';
import { SyncStatusUnavailableError } from '../src/store/sync-status-store.js';
import { aRun, at, NOT_STARTED, NOVITA } from './fakes/a-run.js';
import { LOCK_CLAIM, Watcher } from './status-harness.js';

const KEY_PREFIX = 'watched';
const BLOCK_MS = 200;
const PAUSE = { since: at(0), by: 'user:ops' };

describe('a watch in Redis', () => {
  let server: RedisFixture;
  let connections: IoRedisConnections;
  const watchers: Watcher[] = [];

  const start = async (redisArguments: readonly string[] = []): Promise<void> => {
    server = await startRedis(redisArguments);
    connections = new IoRedisConnections({ url: server.url, processName: 'test' });
  };
  const makeStore = (from: IoRedisConnections = connections): RedisSyncStatusStore =>
    new RedisSyncStatusStore(NOVITA, from, new FakeClock(), { keyPrefix: KEY_PREFIX, blockMs: BLOCK_MS });
  const watch = (store: RedisSyncStatusStore, from?: string): Watcher => {
    const watcher = new Watcher(store, from);
    watchers.push(watcher);
    return watcher;
  };
  const takeLock = async (): Promise<LockHold> => {
    const answer = await new RedisLockKeeper(connections, KEY_PREFIX).acquire(NOVITA.lock, LOCK_CLAIM);
    if (!answer.acquired) throw new Error('somebody holds it');
    return answer.hold;
  };
  const untilBack = (): Promise<unknown> =>
    vi.waitFor(() => connections.commands.ping(), { timeout: 10_000, interval: 50 });

  beforeEach(() => Logger.overrideLogger(false));
  afterEach(async () => {
    await Promise.all(watchers.splice(0).map((watcher) => watcher.stop()));
    await connections.close();
    await server.stop();
  });

  it('goes on after Redis was away, with all that came meanwhile', async () => {
    await start(['--appendonly', 'yes']);
    const store = makeStore();
    const watcher = watch(store);
    await store.setPaused(PAUSE);
    await watcher.has(1);
    await server.kill();
    await expect(store.read()).rejects.toThrow(SyncStatusUnavailableError);
    await expect(store.setPaused(null)).rejects.toThrow(SyncStatusUnavailableError);
    await server.start();
    await untilBack();
    await store.setPaused(null);
    await store.setPaused(PAUSE);
    const types = (await watcher.has(3)).map(({ type }) => type);
    expect(types).toEqual(['sync.paused', 'sync.resumed', 'sync.paused']);
  });

  it('emits the status as it stands when Redis came back empty, and goes on from there', async () => {
    await start();
    const store = makeStore();
    const watcher = watch(store);
    await store.publish('sync.started', aRun(), await takeLock());
    await watcher.has(1);
    await server.kill();
    await server.start();
    expect((await watcher.has(2))[1]).toMatchObject({
      id: '0-0',
      type: 'sync.progress',
      run: NOT_STARTED,
      paused: null,
    });
    await store.setPaused(PAUSE);
    expect((await watcher.has(3))[2]).toMatchObject({ type: 'sync.paused', paused: PAUSE });
  });

  it('detects that Redis was emptied although the connection stays', async () => {
    await start();
    const store = makeStore();
    const watcher = watch(store);
    await store.setPaused(PAUSE);
    await watcher.has(1);
    await connections.commands.flushall();
    expect((await watcher.has(2))[1]).toMatchObject({ id: '0-0', type: 'sync.progress', paused: null });
  });

  it('follows a stream that an older copy of Redis brought back', async () => {
    await start();
    const store = makeStore();
    await store.publish('sync.started', aRun(), await takeLock());
    const { eventId } = await store.read();
    const [ms] = eventId.split('-');
    const watcher = watch(store, `${Number(ms) + 60_000}-0`);
    expect((await watcher.has(1))[0]).toMatchObject({ id: eventId, type: 'sync.progress', run: aRun() });
    await store.setPaused(PAUSE);
    expect((await watcher.has(2))[1]).toMatchObject({ type: 'sync.paused', run: aRun() });
  });

  it('does not wait for ever on a connection that has died without a word', async () => {
    await start();
    const proxy = new MuteProxy(server.port);
    const behindProxy = new IoRedisConnections({ url: await proxy.start(), processName: 'test' });
    onTestFinished(async () => {
      await behindProxy.close();
      await proxy.stop();
    });
    const watcher = watch(makeStore(behindProxy));
    const store = makeStore();
    await store.setPaused(PAUSE);
    await watcher.has(1);
    proxy.mute();
    await store.setPaused(null);
    expect((await watcher.has(2))[1]).toMatchObject({ type: 'sync.resumed' });
  });

  it('leaves no connection behind when it ends, also while Redis is away', async () => {
    await start();
    const store = makeStore();
    const names = async (): Promise<string> => (await connections.commands.client('LIST')) as string;
    const watcher = new Watcher(store);
    await vi.waitFor(async () => expect(await names()).toContain('cmd=xread'), { timeout: 5_000 });
    await watcher.stop();
    await vi.waitFor(async () => expect(await names()).not.toContain('sync-status'), { timeout: 5_000 });
    const other = new Watcher(store);
    await vi.waitFor(async () => expect(await names()).toContain('cmd=xread'), { timeout: 5_000 });
    await server.kill();
    await other.stop();
    await server.start();
    await untilBack();
    expect(await names()).not.toContain('sync-status');
  });

  it('says so when somebody else closes its connection', async () => {
    await start();
    const made: { disconnect: () => void }[] = [];
    vi.spyOn(connections, 'dedicated').mockImplementation((purpose) => {
      const connection = IoRedisConnections.prototype.dedicated.call(connections, purpose);
      made.push(connection);
      return connection;
    });
    const events = makeStore().watch('0-0', new AbortController().signal)[Symbol.asyncIterator]();
    const next = events.next();
    made[0]?.disconnect();
    await expect(next).rejects.toThrow(SyncStatusUnavailableError);
  });
});

/** Stands between a client and a server, and can fall silent without closing anything, as a network that is cut does. */
export class MuteProxy {
  readonly pairs: (readonly [Socket, Socket])[] = [];
  private server: Server | null = null;

  constructor(private readonly targetPort: number) {}

  async start(): Promise<string> {
    const server = createServer((client) => {
      const target = connect(this.targetPort, '127.0.0.1');
      this.pairs.push([client, target]);
      client.pipe(target).pipe(client);
      for (const socket of [client, target]) socket.on('error', () => undefined);
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `redis://127.0.0.1:${address.port}`;
  }

  /** The connections that there are carry nothing any more; new ones do. */
  mute(): void {
    for (const [client, target] of this.pairs) {
      client.unpipe(target);
      target.unpipe(client);
      target.destroy();
    }
  }

  async stop(): Promise<void> {
    for (const [client, target] of this.pairs) for (const socket of [client, target]) socket.destroy();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}
