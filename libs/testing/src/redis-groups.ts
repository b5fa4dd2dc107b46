import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { type RedisFixture, startRedis } from './redis-server.js';

/** Several servers of which one takes the writes to a key, until it is lost and a replica takes its place. */
export interface RedisGroup {
  /** For REDIS_URL. */
  readonly url: string;
  /** All that hold data. */
  readonly servers: readonly RedisFixture[];
  /** The server that takes the writes at present. */
  primary(): Promise<RedisFixture>;
  stop(): Promise<void>;
}

/** A server that is silent for so long is replaced. As short as two busy cores allow. */
const FAILOVER_AFTER_MS = 1_500;
const READY_WITHIN_MS = 20_000;
const SLOTS = 16_384;

/**
 * A Redis Cluster of three primaries with a replica each, on loopback.
 *
 * @param key `primary` is the owner of this key
 */
export async function startRedisCluster(key: string): Promise<RedisGroup> {
  const servers = await Promise.all(Array.from({ length: 6 }, startNode));
  const clients = servers.map(({ url }) => new Redis(url));
  for (const client of clients) client.on('error', () => undefined);
  try {
    await form(clients, servers);
  } finally {
    for (const client of clients) client.disconnect();
  }
  return {
    url: `redis-cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    servers,
    primary: () => firstAnswer(servers, (redis) => ownerPort(redis, key)),
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}

async function startNode(): Promise<RedisFixture> {
  const options = {
    'cluster-enabled': 'yes',
    'cluster-port': String(await freePort()),
    'cluster-node-timeout': String(FAILOVER_AFTER_MS),
    'cluster-replica-validity-factor': '0',
    'repl-diskless-sync-delay': '0',
  };
  return startRedis(Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]));
}

async function form(clients: readonly Redis[], servers: readonly RedisFixture[]): Promise<void> {
  const primaries = clients.slice(0, 3);
  const replicas = clients.slice(3);
  await Promise.all(
    primaries.map(async (redis, index) => {
      const first = Math.ceil((SLOTS / 3) * index);
      const last = Math.ceil((SLOTS / 3) * (index + 1)) - 1;
      await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      await redis.call('CLUSTER', 'ADDSLOTSRANGE', first, last);
    }),
  );
  const [first] = clients;
  if (first === undefined) throw new Error('a cluster has nodes');
  for (const { port } of servers.slice(1)) {
    const [, busPort] = (await clientAt(clients, servers, port).config('GET', 'cluster-port')) as [string, string];
    await first.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
  }
  const ids = await Promise.all(primaries.map((redis) => redis.call('CLUSTER', 'MYID')));
  // Each has to have heard of its primary before it can follow it.
  await Promise.all(
    replicas.map((redis, index) => soon('replica', () => redis.call('CLUSTER', 'REPLICATE', String(ids[index])))),
  );
  await Promise.all(
    clients.map((redis) =>
      soon('cluster', async () => {
        const state = String(await redis.call('CLUSTER', 'INFO'));
        const replication = await redis.info('replication');
        if (!state.includes('cluster_state:ok') || !state.includes('cluster_known_nodes:6')) throw new Error(state);
        if (/role:slave[^]*master_link_status:down/.test(replication)) throw new Error(replication);
        if (/role:master[^]*connected_slaves:0/.test(replication)) throw new Error(replication);
      }),
    ),
  );
}

function clientAt(clients: readonly Redis[], servers: readonly RedisFixture[], port: number): Redis {
  const client = clients[servers.findIndex((server) => server.port === port)];
  if (client === undefined) throw new Error(`no server on port ${port}`);
  return client;
}

async function ownerPort(redis: Redis, key: string): Promise<number> {
  const slot = Number(await redis.call('CLUSTER', 'KEYSLOT', key));
  const ranges = (await redis.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
  const range = ranges.find(([first, last]) => first <= slot && slot <= last);
  if (range === undefined) throw new Error(`no node owns slot ${slot}`);
  return range[2][1];
}

const PRIMARY_NAME = 'novita-main';

/**
 * A primary with two replicas and three Sentinels that watch it, on loopback.
 *
 * @param password of all of them; empty for none
 */
export async function startSentinels(password = ''): Promise<RedisGroup> {
  const secret = password === '' ? [] : ['--requirepass', password, '--masterauth', password];
  const authority = password === '' ? '' : `:${password}@`;
  const start = async (...options: readonly string[]): Promise<RedisFixture> => {
    const server = await startRedis(['--repl-diskless-sync-delay', '0', ...secret, ...options]);
    return { ...server, url: `redis://${authority}127.0.0.1:${server.port}` };
  };
  const primary = await start();
  const replicas = await Promise.all([1, 2].map(() => start('--replicaof', `127.0.0.1 ${primary.port}`)));
  const servers = [primary, ...replicas];
  const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-sentinels-'));
  const sentinels = await Promise.all(
    [1, 2, 3].map(async (number) => {
      const sentinel = await startSentinel(join(folder, `${number}.conf`), primary, password);
      return { ...sentinel, url: `redis://${authority}127.0.0.1:${sentinel.port}` };
    }),
  );
  await firstAnswer([primary], async (redis) => {
    if (!(await redis.info('replication')).includes('connected_slaves:2')) throw new Error('not replicated yet');
    return primary.port;
  });
  await Promise.all(
    sentinels.map(({ url }) =>
      withClient(url, (redis) =>
        soon('Sentinels', async () => {
          const [known] = (await redis.call('SENTINEL', 'MASTERS')) as string[][];
          const of = (name: string): string => known?.[known.indexOf(name) + 1] ?? '';
          if (of('num-other-sentinels') !== '2' || of('num-slaves') !== '2') throw new Error('not all known yet');
        }),
      ),
    ),
  );
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  return {
    url: `redis-sentinel://${authority}${hosts}/${PRIMARY_NAME}`,
    servers,
    primary: () =>
      firstAnswer(
        sentinels,
        async (redis) =>
          Number(((await redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', PRIMARY_NAME)) as string[])[1]),
        servers,
      ),
    stop: async () => {
      await Promise.all([...sentinels, ...servers].map((server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startSentinel(file: string, primary: RedisFixture, password: string): Promise<RedisFixture> {
  await writeFile(
    file,
    [
      `sentinel monitor ${PRIMARY_NAME} 127.0.0.1 ${primary.port} 2`,
      `sentinel down-after-milliseconds ${PRIMARY_NAME} ${FAILOVER_AFTER_MS}`,
      `sentinel failover-timeout ${PRIMARY_NAME} 5000`,
      ...(password === '' ? [] : [`sentinel auth-pass ${PRIMARY_NAME} ${password}`, `requirepass ${password}`]),
      '',
    ].join('\n'),
  );
  return startRedis([], undefined, [file, '--sentinel']);
}

/** @param among where the server is that the port of the answer belongs to, when it is not one of those asked */
async function firstAnswer(
  asked: readonly RedisFixture[],
  question: (redis: Redis) => Promise<number>,
  among: readonly RedisFixture[] = asked,
): Promise<RedisFixture> {
  return soon('an answer', async () => {
    const port = await Promise.any(asked.map(({ url }) => withClient(url, question)));
    const server = among.find((one) => one.port === port);
    if (server === undefined) throw new Error(`no server on port ${port}`);
    return server;
  });
}

async function withClient<Answer>(url: string, question: (redis: Redis) => Promise<Answer>): Promise<Answer> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, commandTimeout: 1_000 });
  redis.on('error', () => undefined);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

async function soon<Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`, { cause: error });
      await pause(50);
    }
  }
}
