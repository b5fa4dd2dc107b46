import { Violation } from '@app/platform';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';
import { RedisUnavailableError, redisTrouble, shouldLeaveConnection } from '../protocol/errors.js';
import { FleetKeys } from '../protocol/keys.js';
import { FailingFastRedis, heldConnector } from './ioredis-clients.js';
import { type ClientOptions, PrimaryLocator } from './primary-locator.js';
import { proveRedis, withConnection } from './prove-redis.js';
import { parseRedisAddress, type RedisAddress } from './redis-address.js';

export interface IoRedisConnectionsOptions {
  /** In any form that REDIS_URL takes, with its password. */
  readonly url: string;
  /** Shown in Redis's own list of clients. */
  readonly processName: string;
  /** All keys begin with it, in braces. */
  readonly keyPrefix?: string;
}

const CONNECT_TIMEOUT_MS = 1_000;
const COMMAND_TIMEOUT_MS = 3_000;
/**
 * A connection that owes an answer and brings none for so long is broken: something between here and Redis has stopped
 * delivering without a reset. Shorter than the time of a command, so that the command is sent again in its time.
 */
const SILENCE_MS = 2_000;
/** The longest that BullMQ blocks on the connection that it makes by duplicating one of ours. */
const BULLMQ_BLOCKS_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;
const FIRST_RECONNECT_MS = 50;
const LONGEST_RECONNECT_MS = 1_000;
const HELD_RETRY_MS = 200;

const DEFAULT_KEY_PREFIX = 'novita-fleet';

/** Makes connections to the one configured Redis. Injected as `null` when none is configured (memory mode). */
export abstract class RedisConnections {
  /** The process's shared connection for commands and scripts: fails fast (one retry, 3 s). */
  abstract get commands(): Redis;
  /**
   * A connection of its own for a caller that blocks or subscribes; waits for ever. The caller closes it.
   *
   * @param blocksMs the longest time for which a command on it may block, in ms; without an answer for longer than that
   *   and a little, the connection counts as broken and is made anew
   */
  abstract dedicated(purpose: string, blocksMs?: number): Redis;
  /** Whether the user of REDIS_URL has the right to INFO. */
  abstract get mayReadInfo(): boolean;
}

/**
 * Connections to one Redis through ioredis: to a server, to the primary behind Sentinels, or to the node of a cluster that
 * holds our keys. All of them reconnect for ever; all are closed last at shutdown.
 */
@Injectable()
export class IoRedisConnections extends RedisConnections implements OnApplicationShutdown {
  private readonly logger = new Logger('Redis');
  private readonly open = new Set<Redis>();
  private readonly server: RedisAddress;
  /** Null where there is one server, which is always the same. */
  private readonly locator: PrimaryLocator | null;
  /** For logs and messages: hosts and ports. */
  readonly address: string;
  private shared: Redis | null = null;
  private infoIsAllowed = true;
  private isHeld = false;

  constructor(private readonly options: IoRedisConnectionsOptions) {
    super();
    const server = parseRedisAddress(options.url);
    if (server instanceof Violation) throw new Error(`the address of Redis ${server.problem}`);
    this.server = server;
    this.locator =
      server.kind === 'single'
        ? null
        : new PrimaryLocator(server, new FleetKeys(options.keyPrefix ?? DEFAULT_KEY_PREFIX).hashTag);
    this.address = addressText(server);
  }

  override get commands(): Redis {
    // Commands given while it reconnects wait for one attempt, then fail: nobody is kept waiting through an outage.
    this.shared ??= this.connect(FailingFastRedis, 'commands', {
      maxRetriesPerRequest: 1,
      commandTimeout: COMMAND_TIMEOUT_MS,
      socketTimeout: SILENCE_MS,
    });
    return this.shared;
  }

  override dedicated(purpose: string, blocksMs = 0): Redis {
    return this.connect(WaitingRedis, purpose, { maxRetriesPerRequest: null, socketTimeout: SILENCE_MS + blocksMs });
  }

  override get mayReadInfo(): boolean {
    return this.infoIsAllowed;
  }

  /**
   * Proves that this Redis can be used: it takes our writes, under our keys, by every kind of command that we send. Waits
   * for a server that is still loading its data.
   *
   * @param report called with one line on what is being waited for; null to refuse a server that is still loading
   * @param signal ends the attempt at once
   * @throws RedisUnavailableError
   */
  async verify(
    report: ((line: string) => void) | null = (line) => this.logger.log(line),
    signal?: AbortSignal,
  ): Promise<void> {
    const { keyPrefix = DEFAULT_KEY_PREFIX } = this.options;
    const onLoading =
      report === null ? null : () => report(`Redis at ${this.address} is still loading its data; waiting for it`);
    try {
      const proof = await proveRedis(() => this.plain(signal), keyPrefix, onLoading);
      const { mayReadInfo, isClusterNode, warnings } = proof;
      this.infoIsAllowed = mayReadInfo;
      if (isClusterNode && this.locator === null) this.logger.warn(`Redis at ${this.address} ${ONE_NODE_OF_MANY}`);
      for (const warning of warnings) this.logger.warn(`Redis at ${this.address} ${warning}`);
    } catch (error) {
      throw new RedisUnavailableError(this.address, error);
    }
  }

  /**
   * From here on no connection reaches Redis, as if it refused them, until `release`. To be called before any is made;
   * `verify` and `once` reach it all the same.
   */
  hold(): void {
    this.isHeld = true;
  }

  /** The connections that were made meanwhile connect by themselves at once. */
  release(): void {
    this.isHeld = false;
    for (const { options } of this.open) {
      options.enableReadyCheck = this.infoIsAllowed;
      options.enableOfflineQueue = true;
    }
  }

  /**
   * Uses a connection that is made for this alone, and neither waits nor reconnects.
   *
   * @throws RedisUnavailableError; what `use` throws of its own
   */
  async once<Result>(use: (redis: Redis) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    try {
      return await withConnection(() => this.plain(signal), use);
    } catch (error) {
      throw redisTrouble(error) === null ? error : new RedisUnavailableError(this.address, error);
    }
  }

  /** Without the ready check, which hides that a server is loading; and without reconnecting, which hides its reasons. */
  private plain(signal: AbortSignal | undefined): Redis {
    const redis = this.create(Redis, {
      lazyConnect: true,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectionName: `${this.options.processName}-boot`,
    });
    const leave = (): void => redis.disconnect();
    signal?.addEventListener('abort', leave);
    redis.once('end', () => signal?.removeEventListener('abort', leave));
    return redis;
  }

  /** Not earlier: until here, jobs and requests may still be using them. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.open].map(closeConnection));
    this.open.clear();
    this.shared = null;
  }

  private connect(
    Connection: typeof Redis,
    purpose: string,
    options: Pick<RedisOptions, 'maxRetriesPerRequest' | 'commandTimeout' | 'socketTimeout'>,
  ): Redis {
    // One that waits for ever always sends again; the others hand the answer on when a new connection gives it too.
    const leaving = new Leaving(options.maxRetriesPerRequest === null, this.server.kind === 'cluster');
    const connection = this.create(Connection, {
      ...options,
      connectionName: `${this.options.processName}-${purpose}`,
      connectTimeout: CONNECT_TIMEOUT_MS,
      enableReadyCheck: this.infoIsAllowed,
      ...(this.isHeld && this.held(options)),
      reconnectOnError: (error) => {
        this.locator?.learn(error);
        return leaving.onError(error);
      },
      retryStrategy: (attempt) => {
        // It costs nothing, and the first to want Redis shall not wait.
        if (this.isHeld) return HELD_RETRY_MS;
        if (leaving.isRepeated) return LONGEST_RECONNECT_MS;
        return Math.min(FIRST_RECONNECT_MS * 2 ** Math.min(attempt, 10), LONGEST_RECONNECT_MS);
      },
    });
    this.open.add(connection);
    this.logOutages(connection, purpose);
    return connection;
  }

  private create(Client: typeof Redis, options: ClientOptions): Redis {
    if (this.server.kind === 'single') return new Client(this.server.url, options);
    return new Client({ ...this.locator?.clientOptions, ...options });
  }

  private held({
    maxRetriesPerRequest,
  }: Pick<RedisOptions, 'maxRetriesPerRequest'>): Pick<RedisOptions, 'Connector' | 'enableOfflineQueue'> {
    return {
      Connector: heldConnector(() => this.isHeld, this.locator?.clientOptions.Connector ?? null),
      // Nothing was sent, and a caller that does not wait gets the error at once.
      enableOfflineQueue: maxRetriesPerRequest === null,
    };
  }

  private logOutages(connection: Redis, purpose: string): void {
    let isAway = false;
    connection.on('error', (error: Error) => {
      // Whoever holds them says why, once for all of them.
      if (this.isHeld) return;
      if (!isAway) this.logger.warn('Redis is away', { purpose, address: this.address, err: error });
      isAway = true;
    });
    connection.on('ready', () => {
      if (isAway) this.logger.log('Redis is back', { purpose, address: this.address });
      isAway = false;
    });
    connection.on('end', () => this.open.delete(connection));
  }
}

/**
 * When a connection is left because of an answer. A failover may keep the connections to the demoted primary open: each
 * write is then refused for as long as the process lives, while the same address leads new connections to the new primary.
 */
class Leaving {
  private leftAt = Number.NEGATIVE_INFINITY;
  private before = Number.NEGATIVE_INFINITY;

  /** @param findsOwner whether the next connection leads to the node of a cluster that owns our slot by then */
  constructor(
    private readonly always: boolean,
    private readonly findsOwner: boolean,
  ) {}

  /** @returns what ioredis wants to hear: 2 to reconnect and send again, false to hand the error on */
  onError(error: Error): 2 | false {
    if (!shouldLeaveConnection(error, this.findsOwner)) return false;
    const now = performance.now();
    const sinceLeft = now - this.leftAt;
    // The answers to what was sent together come together.
    if (sinceLeft < SAME_LEAVE_MS) return 2;
    if (!this.always && sinceLeft < LEAVE_AGAIN_MS) return false;
    this.before = this.leftAt;
    this.leftAt = now;
    return 2;
  }

  /** Whether leaving did not help the last time: the next connection is not made at once. */
  get isRepeated(): boolean {
    return this.leftAt - this.before < LEAVE_AGAIN_MS && performance.now() - this.leftAt < LEAVE_AGAIN_MS;
  }
}

const SAME_LEAVE_MS = 50;
const LEAVE_AGAIN_MS = 2_500;

const ONE_NODE_OF_MANY =
  'is one node of a cluster: when another one takes our keys over, only redis-cluster:// in REDIS_URL leads there';

function addressText(server: RedisAddress): string {
  const hosts = server.hosts.map(({ host, port }) => `${/^[^[].*:/.test(host) ? `[${host}]` : host}:${port}`).join(',');
  return server.kind === 'sentinel' ? `${hosts}/${server.primaryName}` : hosts;
}

/** BullMQ makes the connection on which it blocks by duplicating the one that it is given. */
class WaitingRedis extends Redis {
  override duplicate(override: Partial<RedisOptions> = {}): Redis {
    return super.duplicate({ socketTimeout: SILENCE_MS + BULLMQ_BLOCKS_MS, ...override });
  }
}

async function closeConnection(connection: Redis): Promise<void> {
  if (connection.status !== 'ready') {
    connection.disconnect();
    return;
  }
  const timer = setTimeout(() => connection.disconnect(), CLOSE_TIMEOUT_MS);
  try {
    await connection.quit();
  } catch {
    connection.disconnect();
  } finally {
    clearTimeout(timer);
  }
}
