import { IoRedisConnections, RedisLockKeeper, redisTrouble } from '@app/redis';
import {
  freePort,
  type RedisFixture,
  type RedisGroup,
  startRedis,
  startRedisCluster,
  startSentinels,
} from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const KEY = '{novita-fleet}:probe';
/** Of the servers with Sentinels, and of the Sentinels. */
const PASSWORD = 'hunter2';
const BACK_WITHIN_MS = 15_000;
const CLAIM = { owner: 'worker@host:1', purpose: 'run-1', ttlMs: 60_000 };

let connections: IoRedisConnections | null = null;

function connect(url: string): IoRedisConnections {
  connections = new IoRedisConnections({ url, processName: 'test' });
  return connections;
}

/** What a start says of this Redis: nothing, or why it is refused. */
async function verdict(url: string): Promise<string> {
  return connect(url)
    .verify()
    .then(
      () => '',
      (error: Error) => error.message,
    );
}

beforeAll(() => Logger.overrideLogger(false));
afterEach(async () => {
  await connections?.close();
  connections = null;
});

let cluster: RedisGroup;
let sentinels: RedisGroup;
/** Each test leaves both well. */
beforeAll(async () => {
  [cluster, sentinels] = await Promise.all([startRedisCluster('{novita-fleet}'), startSentinels(PASSWORD)]);
}, 60_000);
afterAll(() => Promise.all([cluster?.stop(), sentinels?.stop()]));

describe.each([
  ['a Redis Cluster', () => cluster],
  ['Sentinels', () => sentinels],
] as const)('%s', (_, groupOf) => {
  let group: RedisGroup;
  beforeEach(() => {
    group = groupOf();
  });

  it('leads to the server that takes our writes', async () => {
    expect(await verdict(group.url)).toBe('');
    const { commands } = connect(group.url);
    await commands.set(KEY, '1');
    const primary = new Redis((await group.primary()).url);
    const stored = await primary.get(KEY);
    primary.disconnect();
    expect(stored).toBe('1');
  });

  it('is left at once by a client that is closed while it still looks for it', async () => {
    const { commands } = connect(group.url);
    await connections?.close();
    await vi.waitFor(() => expect(commands.status).toBe('end'));
  });

  it('goes on with what took the place of a primary that was killed: each client, and each copy of one', async () => {
    const { commands } = connect(group.url);
    const waiting = connections?.dedicated('jobs', 1_000);
    const copy = waiting?.duplicate({ connectionName: 'copy' });
    if (waiting === undefined || copy === undefined) throw new Error('no connection');
    copy.on('error', () => undefined);
    await Promise.all([commands.ping(), waiting.ping(), copy.ping()]);
    const blocked = copy.bzpopmin(`${KEY}:queue`, 30);
    const lost = await group.primary();
    await lost.kill();
    const said = await commands.set(KEY, '2').then(
      () => '',
      (error: Error) => error.message,
    );
    expect(said).toMatch(/max retries|ECONNREFUSED|closed|timed out|CLUSTERDOWN|READONLY/i);
    const written = waiting.zadd(`${KEY}:queue`, 1, 'job');
    expect(await written).toBe(1);
    expect(await blocked).toEqual([`${KEY}:queue`, 'job', '1']);
    await vi.waitFor(async () => expect(await commands.set(KEY, '3')).toBe('OK'), { timeout: BACK_WITHIN_MS });
    expect((await group.primary()).port).not.toBe(lost.port);
    copy.disconnect();
    await lost.start();
  }, 40_000);

  it('leaves a primary that is alive and has been demoted', async () => {
    const { commands } = connect(group.url);
    await commands.set(KEY, '4');
    const demoted = await group.primary();
    await demote(demoted.url, group);
    await vi.waitFor(async () => expect((await group.primary()).port).not.toBe(demoted.port), {
      timeout: BACK_WITHIN_MS,
    });
    await vi.waitFor(async () => expect(await commands.set(KEY, '5')).toBe('OK'), { timeout: BACK_WITHIN_MS });
  }, 40_000);
});

/** The server that takes our writes, by what every server of the cluster says. */
async function agreedOwner(): Promise<RedisFixture> {
  const clients = cluster.servers.map(({ url }) => new Redis(url));
  try {
    return await vi.waitFor(
      async () => {
        const [port, ...others] = new Set(await Promise.all(clients.map(ownerBy)));
        const owner = cluster.servers.find((server) => server.port === port);
        if (owner === undefined || others.length > 0) throw new Error('they do not agree');
        return owner;
      },
      { timeout: BACK_WITHIN_MS },
    );
  } finally {
    for (const redis of clients) redis.disconnect();
  }
}

/** @returns the port of the server that takes our writes, by what this one says */
const ownerBy = (redis: Redis): Promise<number> =>
  redis.get(KEY).then(
    () => Number(redis.options.port),
    (moved: Error) => Number(/^MOVED .*:(\d+)$/.exec(moved.message)?.[1]),
  );

/** A server that takes the writes to other slots. */
async function primaryBeside(owner: RedisFixture): Promise<RedisFixture> {
  const redis = new Redis(owner.url);
  const ranges = (await redis.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
  redis.disconnect();
  const port = ranges.map(([, , primary]) => primary[1]).find((one) => one !== owner.port);
  const found = cluster.servers.find((server) => server.port === port);
  if (found === undefined) throw new Error(`the cluster has no primary but port ${owner.port}`);
  return found;
}

/** As an operator does it, with every server alive. */
async function demote(url: string, group: RedisGroup): Promise<void> {
  const port = new URL(url).port;
  if (group.url.startsWith('redis-sentinel')) {
    const [, sentinel = '', name = ''] = /\/\/([^,]+),.*\/(.+)$/.exec(group.url) ?? [];
    const redis = new Redis(`redis://${sentinel}`);
    await vi.waitFor(() => redis.call('SENTINEL', 'FAILOVER', name), { timeout: BACK_WITHIN_MS, interval: 200 });
    redis.disconnect();
    return;
  }
  const redis = new Redis(url);
  const id = String(await redis.call('CLUSTER', 'MYID'));
  const replicas = await vi.waitFor(
    async () => {
      const nodes = (await redis.call('CLUSTER', 'REPLICAS', id)) as string[];
      const able = nodes.filter((line) => !line.includes('fail') && line.includes('connected'));
      if (able.length === 0) throw new Error(`port ${port} has no replica`);
      return able;
    },
    { timeout: BACK_WITHIN_MS },
  );
  redis.disconnect();
  const replicaPort = /:(\d+)@/.exec(replicas[0] ?? '')?.[1] ?? '';
  const replica = new Redis(`redis://127.0.0.1:${replicaPort}`);
  await vi.waitFor(() => replica.call('CLUSTER', 'FAILOVER'), { timeout: BACK_WITHIN_MS });
  replica.disconnect();
}

describe('a cluster that moves our slot', () => {
  it('is refused as busy until the move is over: nothing is written where only a part of our keys is', async () => {
    const from = await agreedOwner();
    const to = await primaryBeside(from);
    const [source, target] = [new Redis(from.url), new Redis(to.url)];
    // A slot is given away when it is empty.
    await source.flushall();
    const [sourceId, targetId, slot] = await Promise.all([
      source.call('CLUSTER', 'MYID'),
      target.call('CLUSTER', 'MYID'),
      source.call('CLUSTER', 'KEYSLOT', KEY),
    ]);
    const move = (redis: Redis, ...how: readonly unknown[]): Promise<unknown> =>
      redis.call('CLUSTER', 'SETSLOT', String(slot), ...how.map(String));
    const { commands } = connect(cluster.url);
    const locks = new RedisLockKeeper({ commands, dedicated: () => commands, mayReadInfo: true }, 'novita-fleet');
    await commands.ping();
    await move(target, 'IMPORTING', sourceId);
    await move(source, 'MIGRATING', targetId);
    const rejection: unknown = await locks.acquire('moved', CLAIM).catch((error: unknown) => error);
    const countAtTarget = await target.call('CLUSTER', 'COUNTKEYSINSLOT', String(slot));
    for (const redis of [target, source]) await move(redis, 'NODE', targetId);
    const taken = await vi.waitFor(() => locks.acquire('moved', CLAIM), { timeout: BACK_WITHIN_MS });
    const writtenTo = await target.call('CLUSTER', 'COUNTKEYSINSLOT', String(slot));
    source.disconnect();
    target.disconnect();
    expect(await agreedOwner()).toBe(to);
    expect(redisTrouble(rejection)).toEqual({ kind: 'busy', text: 'cannot serve at the moment (ASK)' });
    expect(countAtTarget).toBe(0);
    expect(taken.acquired).toBe(true);
    expect(writtenTo).toBe(2);
  }, 60_000);
});

describe('a start', () => {
  it('says which way leads to a cluster when it is given one node of it', async () => {
    const other = await primaryBeside(await agreedOwner());
    expect(await verdict(other.url)).toBe(
      `Redis at 127.0.0.1:${other.port} does not hold our keys: it is one node of a cluster, which REDIS_URL names as redis-cluster://host:port,host:port`,
    );
  }, 60_000);

  it('says that no node of a cluster has our slot', async () => {
    const node = await startRedis(['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())]);
    const said = await verdict(`redis-cluster://127.0.0.1:${node.port}`);
    await node.stop();
    expect(said).toMatch(/^Redis at 127.0.0.1:\d+ is a cluster in which no node serves our keys, those of slot \d+$/);
  });

  it('names the cause when no node and no Sentinel answers', async () => {
    const hosts = `127.0.0.1:${await freePort()},127.0.0.1:${await freePort()}`;
    expect(await verdict(`redis-cluster://:hunter2@${hosts}`)).toMatch(
      /^Redis at [\d.:,]+ cannot be used: no node of the cluster answers: connect ECONNREFUSED/,
    );
    expect(await verdict(`redis-sentinel://:hunter2@${hosts}/main`)).toMatch(
      /^Redis at [\d.:,]+\/main cannot be used: no Sentinel answers: connect ECONNREFUSED/,
    );
  });

  it('names a password that a node refuses', async () => {
    const node = await startRedis([
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      String(await freePort()),
      '--requirepass',
      'pw',
    ]);
    const said = await verdict(`redis-cluster://:hunter2@127.0.0.1:${node.port}`);
    await node.stop();
    expect(said).toMatch(/ refuses the user name or password of REDIS_URL$/);
  });

  it('says that a server is of another kind than REDIS_URL says, or knows no primary by that name', async () => {
    const server = await startRedis();
    const aSentinel = sentinels.url.replace(/^redis-sentinel:/, '').replace(/,.*$/, '');
    const [none, alone, clustered, inDatabase, asServer, unknown] = [
      await verdict(`redis-sentinel://127.0.0.1:${server.port}/main`),
      await verdict(`redis-cluster://127.0.0.1:${server.port}`),
      await verdict(`redis-cluster:${aSentinel}`),
      await verdict(`redis:${aSentinel}/2`),
      await verdict(`redis:${aSentinel}`),
      await verdict(sentinels.url.replace(/\/[^/]+$/, '/other')),
    ];
    await server.stop();
    expect(none).toMatch(/^Redis at [\d.:]+\/main is no Sentinel: REDIS_URL names a server as redis:/);
    for (const said of [alone, clustered]) expect(said).toMatch(/^Redis at [\d.:]+ is no node of a cluster: /);
    for (const said of [inDatabase, asServer])
      expect(said).toMatch(/^Redis at [\d.:]+ is a Sentinel, which holds no data: /);
    expect(unknown).toMatch(/its Sentinels know no primary by the name "other"$/);
  }, 60_000);

  it('gives Sentinels that ask for a password that of the servers', async () => {
    const [right, none, wrong] = [
      await verdict(sentinels.url),
      await verdict(sentinels.url.replace(`:${PASSWORD}@`, '')),
      await verdict(sentinels.url.replace(PASSWORD, 'guessed')),
    ];
    expect(right).toBe('');
    for (const said of [none, wrong]) expect(said).toMatch(/ refuses the user name or password of REDIS_URL$/);
  }, 60_000);
});
