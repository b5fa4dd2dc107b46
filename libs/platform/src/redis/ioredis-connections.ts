import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis, type RedisOptions } from 'ioredis';
import { RedisConnections } from './redis-connections.port.js';
import { RedisUnavailableError } from './redis-unavailable.error.js';

export interface IoRedisConnectionsOptions {
  /** redis:// or rediss:// address, with its password. */
  readonly url: string;
  /** Shown in Redis's own list of clients. */
  readonly processName: string;
}

const CONNECT_TIMEOUT_MS = 1_000;
const COMMAND_TIMEOUT_MS = 3_000;
const CLOSE_TIMEOUT_MS = 1_000;
const FIRST_RECONNECT_MS = 50;
const LONGEST_RECONNECT_MS = 1_000;

/** Connections to one Redis through ioredis. All of them reconnect for ever; all are closed last at shutdown. */
@Injectable()
export class IoRedisConnections extends RedisConnections implements OnApplicationShutdown {
  private readonly logger = new Logger('Redis');
  private readonly open = new Set<Redis>();
  private readonly address: string;
  private shared: Redis | null = null;

  constructor(private readonly options: IoRedisConnectionsOptions) {
    super();
    const { hostname, port } = new URL(options.url);
    this.address = `${hostname}:${port === '' ? '6379' : port}`;
  }

  override get commands(): Redis {
    // Commands given while it reconnects wait for one attempt, then fail: nobody is kept waiting through an outage.
    this.shared ??= this.connect('commands', { maxRetriesPerRequest: 1, commandTimeout: COMMAND_TIMEOUT_MS });
    return this.shared;
  }

  override dedicated(purpose: string): Redis {
    return this.connect(purpose, { maxRetriesPerRequest: null });
  }

  /**
   * Proves that the Redis answers.
   * @throws RedisUnavailableError
   */
  async verify(): Promise<void> {
    const { commands } = this;
    // A refused connection or password comes as an event; the command itself only ever says that it gave up.
    let cause: unknown = null;
    const remember = (error: unknown): void => void (cause ??= error);
    commands.on('error', remember);
    try {
      await commands.ping();
      await this.warnOfEviction(commands);
    } catch (error) {
      throw new RedisUnavailableError(this.address, cause ?? error);
    } finally {
      commands.off('error', remember);
    }
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

  private connect(purpose: string, options: Pick<RedisOptions, 'maxRetriesPerRequest' | 'commandTimeout'>): Redis {
    const connection = new Redis(this.options.url, {
      ...options,
      connectionName: `${this.options.processName}-${purpose}`,
      connectTimeout: CONNECT_TIMEOUT_MS,
      retryStrategy: (attempt) => Math.min(FIRST_RECONNECT_MS * 2 ** Math.min(attempt, 10), LONGEST_RECONNECT_MS),
    });
    this.open.add(connection);
    this.logOutages(connection, purpose);
    return connection;
  }

  private logOutages(connection: Redis, purpose: string): void {
    let isAway = false;
    connection.on('error', (error: Error) => {
      if (!isAway) this.logger.warn('Redis is away', { purpose, address: this.address, err: error });
      isAway = true;
    });
    connection.on('ready', () => {
      if (isAway) this.logger.log('Redis is back', { purpose, address: this.address });
      isAway = false;
    });
    connection.on('end', () => this.open.delete(connection));
  }

  /** Records live in Redis without a copy elsewhere: a Redis that drops keys when it is full loses instances. */
  private async warnOfEviction(commands: Redis): Promise<void> {
    const policy = /^maxmemory_policy:(.+?)\r?$/m.exec(await commands.info('memory'))?.[1];
    if (policy !== undefined && policy !== 'noeviction') {
      this.logger.warn(`Redis may drop records when it is full: its maxmemory-policy is ${policy}, not noeviction`);
    }
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
