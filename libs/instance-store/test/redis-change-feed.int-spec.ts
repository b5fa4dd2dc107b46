import {
  BEFORE_FIRST_ENTRY,
  type InstanceStatus,
  type InstanceStore,
  RedisChangeFeed,
  redisStore,
  StoreUnavailableError,
} from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import { IoRedisConnections } from '@app/redis';
import { aNewInstance, anInstance, FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FeedWatcher } from './change-feed.conformance.js';

const KEY_PREFIX = 'followed';
const BLOCK_MS = 200;

/** How often Redis carried out a command, those inside scripts included. */
async function callsOf(redis: Redis, command: string, act: () => Promise<unknown>): Promise<number> {
  await redis.config('RESETSTAT');
  await act();
  const stats = await redis.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

describe('a watch in Redis', () => {
  let server: RedisFixture;
  let connections: IoRedisConnections;
  let feed: RedisChangeFeed;
  let store: InstanceStore;

  const start = async (redisArguments: readonly string[] = []): Promise<void> => {
    server = await startRedis(redisArguments);
    connections = new IoRedisConnections({ url: server.url, processName: 'test' });
    feed = new RedisChangeFeed(connections, { keyPrefix: KEY_PREFIX, blockMs: BLOCK_MS });
    store = redisStore(connections.commands, new FakeClock(), { keyPrefix: KEY_PREFIX });
  };
  const insert = async (): Promise<string> => {
    await store.records.insert(aNewInstance());
    return feed.latestId();
  };
  const untilBack = (): Promise<unknown> =>
    vi.waitFor(() => connections.commands.ping(), { timeout: 10_000, interval: 50 });

  beforeEach(() => Logger.overrideLogger(false));
  afterEach(async () => {
    vi.restoreAllMocks();
    await connections.close();
    await server.stop();
  });

  it('goes on after Redis was away, with all that came meanwhile, and reports both', async () => {
    await start(['--appendonly', 'yes']);
    const watcher = new FeedWatcher(feed);
    const ids = [await insert()];
    await watcher.until(({ entries }) => entries.length === 1);
    await server.kill();
    await expect(feed.after(BEFORE_FIRST_ENTRY, 1)).rejects.toThrow(StoreUnavailableError);
    await expect(feed.latestId()).rejects.toThrow(StoreUnavailableError);
    await watcher.until(({ interruptions }) => interruptions.at(-1) === true);
    await server.start();
    await untilBack();
    ids.push(await insert(), await insert());
    await watcher.until(({ entries }) => entries.length === 3);
    expect(watcher.entries.map(({ entryId }) => entryId)).toEqual(ids);
    expect(watcher.losses).toEqual([]);
    expect(watcher.interruptions).toEqual([false, true, false]);
    await watcher.stop();
  });

  it('is not interrupted by a connection that is made anew at once', async () => {
    await start();
    const watcher = new FeedWatcher(feed);
    await insert();
    await watcher.until(({ entries }) => entries.length === 1);
    await connections.commands.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await insert();
    await watcher.until(({ entries }) => entries.length === 2);
    expect(watcher.interruptions).toEqual([false]);
    expect(watcher.losses).toEqual([]);
    await watcher.stop();
  });

  it('reports that Redis came back empty, also when there are new entries by then', async () => {
    await start();
    const watcher = new FeedWatcher(feed);
    await insert();
    await watcher.until(({ entries }) => entries.length === 1);
    const [{ entryId: known } = { entryId: '' }] = watcher.entries;
    // What a Redis does that was restarted and written to before the reader is back.
    const other = new Redis(server.url);
    const filler = redisStore(other, new FakeClock(), { keyPrefix: KEY_PREFIX });
    await other.multi().flushall().call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes').exec();
    await filler.records.insert(aNewInstance());
    await filler.records.insert(aNewInstance());
    await watcher.until(({ losses }) => losses.length === 1);
    expect(await feed.after(known, 10)).toBeNull();
    const latest = await insert();
    await watcher.until(({ entries }) => entries.at(-1)?.entryId === latest);
    // Both sides of the loss are read; it depends on when the loss was noticed which of the new entries are on which
    // side.
    expect((await feed.after(watcher.losses[0] ?? '', 10))?.map(({ entryId }) => entryId)).toEqual(
      watcher.entries.slice(1).map(({ entryId }) => entryId),
    );
    other.disconnect();
    await watcher.stop();
  });

  it('detects that Redis was emptied although the connection stays', async () => {
    await start();
    const watcher = new FeedWatcher(feed);
    await insert();
    await watcher.until(({ entries }) => entries.length === 1);
    await connections.commands.flushall();
    await watcher.until(({ losses }) => losses.length === 1);
    expect(watcher.losses).toEqual([BEFORE_FIRST_ENTRY]);
    await insert();
    await watcher.until(({ entries }) => entries.length === 2);
    expect(watcher.losses).toHaveLength(1);
    await watcher.stop();
  });

  it('leaves out what another version wrote, and damage, and loses nothing behind it', async () => {
    await start();
    const error = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
    const watcher = new FeedWatcher(feed);
    const key = `{${KEY_PREFIX}}:changes`;
    const first = await insert();
    for (let i = 0; i < 3; i++) await connections.commands.xadd(key, '*', 'type', 'instance.dreamt', 'id', 'x');
    await connections.commands.xadd(key, '*', 'type', 'sync.started', 'at', 'now', 'data', '{');
    const last = await insert();
    await watcher.until(({ entries }) => entries.length === 2);
    expect(watcher.entries.map(({ entryId }) => entryId)).toEqual([first, last]);
    expect((await feed.after(first, 1))?.map(({ entryId }) => entryId)).toEqual([last]);
    expect((await feed.after(BEFORE_FIRST_ENTRY, 2))?.map(({ entryId }) => entryId)).toEqual([first, last]);
    expect(error).toHaveBeenCalled();
    await watcher.stop();
  });

  it('costs a write one entry in its own round trip, and a second one only where it is due', async () => {
    await start();
    const { commands } = connections;
    const desired = { state: 'stopped', at: timestampFromMs(0), by: 'auto-stop' } as const;
    let record = anInstance({ status: 'ready', desired, revision: 1 });
    await store.records.insert(record);
    const write = (status: InstanceStatus) => async (): Promise<void> => {
      const result = await store.records.write({ ...record, status }, { kind: 'command' });
      if (result.outcome === 'written') record = result.stored.record;
    };
    const costs: Record<string, [entries: number, trips: number]> = {};
    // The first write makes Redis know the script.
    await write('running')();
    for (const status of ['ready', 'stopping', 'stopped'] as const) {
      let entries = 0;
      const trips = await callsOf(commands, 'evalsha', async () => {
        const before = await commands.xlen(`{${KEY_PREFIX}}:changes`);
        await write(status)();
        entries = (await commands.xlen(`{${KEY_PREFIX}}:changes`)) - before;
      });
      costs[status] = [entries, trips];
    }
    expect(costs).toEqual({ ready: [1, 1], stopping: [1, 1], stopped: [2, 1] });
  });

  it('leaves no connection behind when it ends, also while Redis is away', async () => {
    await start();
    const names = async (): Promise<string> => (await connections.commands.client('LIST')) as string;
    const watcher = new FeedWatcher(feed);
    await vi.waitFor(async () => expect(await names()).toContain('test-change-feed'), { timeout: 5_000 });
    await watcher.stop();
    await vi.waitFor(async () => expect(await names()).not.toContain('change-feed'), { timeout: 5_000 });
    const other = new FeedWatcher(feed);
    await vi.waitFor(async () => expect(await names()).toContain('test-change-feed'), { timeout: 5_000 });
    await server.kill();
    await other.stop();
    await server.start();
    await untilBack();
    expect(await names()).not.toContain('change-feed');
  });

  it('says so when somebody else closes its connection', async () => {
    await start();
    const made: { disconnect: () => void }[] = [];
    vi.spyOn(connections, 'dedicated').mockImplementation((purpose) => {
      const connection = IoRedisConnections.prototype.dedicated.call(connections, purpose);
      made.push(connection);
      return connection;
    });
    const never = new AbortController().signal;
    const pieces = feed.watch(BEFORE_FIRST_ENTRY, never, () => undefined)[Symbol.asyncIterator]();
    const next = pieces.next();
    made[0]?.disconnect();
    await expect(next).rejects.toThrow(StoreUnavailableError);
  });
});
