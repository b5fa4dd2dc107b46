import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type RedisFixture, startRedis } from '../../libs/testing/src/redis-server.js';
import { until } from '../../test/support/until.js';

/** Whatever was acknowledged is on the disk, so a crash loses nothing. */
const KEEPS_DATA = ['--appendonly', 'yes', '--appendfsync', 'always', '--repl-diskless-sync-delay', '0'];
const FAILOVER_PATIENCE_MS = 2_000;

/**
 * A primary with a replica, both of which write every change to the disk at once. A server that comes back is a primary, so
 * only the primary is ever killed.
 */
export class RedisPair {
  private turn: Promise<unknown> = Promise.resolve();
  private primary = 0;

  private constructor(private readonly servers: readonly [RedisFixture, RedisFixture]) {}

  static async start(): Promise<RedisPair> {
    const pair = new RedisPair(await Promise.all([startRedis(KEEPS_DATA), startRedis(KEEPS_DATA)]));
    await pair.withAdmin(1, (redis) => redis.replicaof('127.0.0.1', pair.primaryPort));
    return pair;
  }

  get primaryPort(): number {
    return this.of(this.primary).port;
  }

  /** Ends it as a crash does, and starts it again with what is on its disk. */
  async kill(downMs: number): Promise<void> {
    await this.inTurn(async () => {
      const server = this.of(this.primary);
      await server.kill();
      await pause(downMs);
      await server.start();
    });
  }

  /** It keeps its connections and says nothing. */
  async pause(forMs: number): Promise<void> {
    await this.inTurn(async () => {
      const server = this.of(this.primary);
      server.signal('SIGSTOP');
      await pause(forMs);
      server.signal('SIGCONT');
    });
  }

  /**
   * Hands over to the replica, once that has all that was written. @returns false when there was none to hand over to
   */
  async failOver(): Promise<boolean> {
    return this.inTurn(async () => {
      const other = 1 - this.primary;
      const isAccepted = await this.withAdmin(this.primary, (redis) =>
        redis.call('FAILOVER', 'TIMEOUT', FAILOVER_PATIENCE_MS).then(
          () => true,
          () => false,
        ),
      );
      if (!isAccepted) return false;
      await until('the failover has ended', async () =>
        this.withAdmin(this.primary, async (redis) =>
          (await redis.info('replication')).includes('master_failover_state:no-failover'),
        ),
      );
      const role = await this.withAdmin(other, async (redis) => (await redis.role())[0]);
      if (role !== 'master') return false;
      this.primary = other;
      return true;
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  private of(index: number): RedisFixture {
    const server = this.servers[index];
    if (server === undefined) throw new RangeError(`no server ${index}`);
    return server;
  }

  /** What happens to Redis happens one after the other: a replica that takes over must not be killed half-way. */
  private async inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async withAdmin<Value>(index: number, work: (redis: Redis) => Promise<Value>): Promise<Value> {
    const redis = new Redis(this.of(index).url, { lazyConnect: true, commandTimeout: 10_000 });
    redis.on('error', () => undefined);
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  }
}
