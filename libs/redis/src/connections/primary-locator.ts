import { createConnection, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { untilAborted } from '@app/platform';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import { NoPrimaryError, orOtherKind, redisTrouble } from '../protocol/errors.js';
import type { RedisAddress, RedisHost } from './redis-address.js';

type SeveralHosts = Exclude<RedisAddress, { readonly kind: 'single' }>;
type ConnectorClass = NonNullable<RedisOptions['Connector']>;
/** Options of a client that gets the answers as Redis gives them. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

const ANSWERS_WITHIN_MS = 1_000;
const CLOSES_WITHIN_MS = 1_000;

/**
 * Finds the server that takes our writes: the primary that Sentinels know, or the node of a cluster that owns the slot of
 * our hash tag. All of our keys are in that one slot, so each client needs a connection to one server only, and is made
 * anew when that server changes.
 *
 * A redirection by ASK is not followed: our scripts name the bare hash tag as their key, and would work on a node to which
 * only a part of the records has come yet.
 */
export class PrimaryLocator {
  /** Whom to ask, first those that are likely to answer. */
  private known: readonly RedisHost[];
  private movedTo: RedisHost | null = null;
  private asking: Promise<RedisHost> | null = null;

  constructor(
    private readonly address: SeveralHosts,
    private readonly hashTag: string,
  ) {
    this.known = address.hosts;
  }

  /** The options by which a client of ioredis reaches that server. `host` and `port` are for descriptions alone. */
  get clientOptions(): ClientOptions {
    const { hosts, tls, user, password } = this.address;
    return {
      ...hosts[0],
      ...(user !== '' && { username: user }),
      ...(password !== '' && { password }),
      ...(tls && { tls: {} }),
      ...(this.address.kind === 'sentinel' && { db: this.address.database }),
      Connector: connectorTo(this, tls),
    };
  }

  /** @throws NoPrimaryError; what a server answered that refuses to say; an error when none answers */
  locate(): Promise<RedisHost> {
    const { movedTo } = this;
    this.movedTo = null;
    if (movedTo !== null) return Promise.resolve(movedTo);
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  /** Takes up what the answer MOVED says: where our slot is now. */
  learn(error: Error): void {
    const [, host, port] = /^MOVED \d+ (\S+):(\d+)$/.exec(error.message) ?? [];
    if (host !== undefined) this.movedTo = { host, port: Number(port) };
  }

  /** The last answer turned out to be wrong: others are asked first from now on. */
  doubt(): void {
    this.known = [...this.known.slice(1), ...this.known.slice(0, 1)];
  }

  private async ask(): Promise<RedisHost> {
    let failure: unknown = null;
    for (const host of this.known) {
      try {
        const primary = await this.askOne(host);
        this.known = distinct([host, ...this.known]);
        return primary;
      } catch (error) {
        failure = moreSpecific(failure, error);
      }
    }
    if (!isUnreached(failure)) throw failure;
    const role = this.address.kind === 'sentinel' ? 'Sentinel' : 'node of the cluster';
    const reason = failure instanceof Error ? failure.message : String(failure);
    throw new Error(`no ${role} answers: ${reason}`, { cause: failure });
  }

  private askOne(host: RedisHost): Promise<RedisHost> {
    const { address } = this;
    switch (address.kind) {
      case 'cluster':
        return this.withServer(host, this.credentials(), (redis) => this.ownerOfSlot(redis, host));
      case 'sentinel':
        return this.askSentinel(host, address.primaryName);
    }
  }

  /** Sentinels that ask for a password are given that of the servers that they watch. */
  private async askSentinel(host: RedisHost, primaryName: string): Promise<RedisHost> {
    const question = (redis: Redis): Promise<RedisHost> => primaryBy(redis, primaryName);
    try {
      return await this.withServer(host, {}, question);
    } catch (error) {
      if (redisTrouble(error)?.kind !== 'password' || this.address.password === '') throw error;
      return this.withServer(host, this.credentials(), question);
    }
  }

  private async ownerOfSlot(redis: Redis, asked: RedisHost): Promise<RedisHost> {
    const [slot, ranges] = await Promise.all([
      redis.call('CLUSTER', 'KEYSLOT', this.hashTag),
      redis.call('CLUSTER', 'SLOTS'),
    ]);
    const shards = shardsFrom(ranges, asked);
    this.known = distinct([...this.known, ...shards.flatMap(({ nodes }) => nodes), ...this.address.hosts]);
    const owner = shards.find(({ first, last }) => first <= Number(slot) && Number(slot) <= last)?.nodes[0];
    if (owner !== undefined) return owner;
    throw new NoPrimaryError(
      'cluster-down',
      `is a cluster in which no node serves our keys, those of slot ${String(slot)}`,
    );
  }

  private credentials(): ClientOptions {
    const { user, password } = this.address;
    return { ...(user !== '' && { username: user }), ...(password !== '' && { password }) };
  }

  private async withServer(
    host: RedisHost,
    credentials: ClientOptions,
    question: (redis: Redis) => Promise<RedisHost>,
  ): Promise<RedisHost> {
    const redis = new Redis({
      ...host,
      ...credentials,
      ...(this.address.tls && { tls: {} }),
      lazyConnect: true,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      connectTimeout: ANSWERS_WITHIN_MS,
      socketTimeout: ANSWERS_WITHIN_MS,
    });
    // The command itself only says that it gave up.
    let cause: unknown = null;
    redis.on('error', (error: unknown) => void (cause ??= error));
    try {
      await redis.connect();
      return await question(redis);
    } catch (failure) {
      const error = orOtherKind(failure, this.address.kind);
      throw isUnreached(error) ? (cause ?? error) : error;
    } finally {
      redis.disconnect();
    }
  }
}

function connectorTo(locator: PrimaryLocator, tls: boolean): ConnectorClass {
  return class extends AbstractConnector {
    private stop = new AbortController();

    constructor() {
      super(CLOSES_WITHIN_MS);
    }

    override async connect(): Promise<Socket> {
      this.stop = new AbortController();
      this.connecting = true;
      delete this.firstError;
      this.stream = await this.open(this.stop.signal);
      return this.stream;
    }

    override disconnect(): void {
      this.stop.abort();
      super.disconnect();
    }

    /** @param info of the server, where its user may read it */
    override check(info: { readonly role?: string }): boolean {
      const takesWrites = info.role === undefined || info.role === 'master';
      if (!takesWrites) locator.doubt();
      return takesWrites;
    }

    private async open(signal: AbortSignal): Promise<Socket> {
      try {
        const target = await untilAborted(locator.locate(), signal);
        if (target === null) return new Socket().destroy();
        const stream = tls ? connectTls(target) : createConnection(target);
        stream.once('error', (error) => {
          this.firstError = error;
        });
        return stream;
      } catch (error) {
        if (error instanceof Error) this.firstError = error;
        // ioredis gives a client up for good whose connector throws; of a stream that is closed it makes another try.
        return new Socket().destroy();
      }
    }
  };
}

async function primaryBy(sentinel: Redis, name: string): Promise<RedisHost> {
  const answer = await sentinel.call('SENTINEL', 'get-master-addr-by-name', name);
  if (Array.isArray(answer)) return { host: String(answer[0]), port: Number(answer[1]) };
  throw new NoPrimaryError('away', `cannot be reached: its Sentinels know no primary by the name "${name}"`);
}

interface Shard {
  readonly first: number;
  readonly last: number;
  /** The primary, then its replicas. */
  readonly nodes: readonly RedisHost[];
}

/** Reads the answer to CLUSTER SLOTS. */
function shardsFrom(answer: unknown, asked: RedisHost): readonly Shard[] {
  if (!Array.isArray(answer)) return [];
  return answer.filter(Array.isArray).map(([first, last, ...nodes]: readonly unknown[]) => ({
    first: Number(first),
    last: Number(last),
    nodes: nodes.filter(Array.isArray).map(([host, port]: readonly unknown[]) => ({
      // A node that knows no address of another one, or none that we could use, means the one by which it was asked.
      host: typeof host === 'string' && host !== '' && host !== '?' ? host : asked.host,
      port: Number(port),
    })),
  }));
}

const distinct = (hosts: readonly RedisHost[]): readonly RedisHost[] => [
  ...new Map(hosts.map((host) => [`${host.host} ${host.port}`, host])).values(),
];

/** An answer says more than a server that was not reached. */
function moreSpecific(known: unknown, error: unknown): unknown {
  return known === null || isUnreached(known) ? error : known;
}

function isUnreached(error: unknown): boolean {
  return !(error instanceof NoPrimaryError) && (redisTrouble(error)?.kind ?? 'away') === 'away';
}
