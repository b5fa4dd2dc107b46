import { randomUUID } from 'node:crypto';
import { delay } from '@app/platform';
import type { Redis } from 'ioredis';
import { redisTrouble, sentinelAsServer } from '../protocol/errors.js';
import { FleetKeys } from '../protocol/keys.js';

export interface RedisProof {
  readonly mayReadInfo: boolean;
  /** Whether the server is part of a cluster; false where it may not be asked. */
  readonly isClusterNode: boolean;
  /** Each follows "Redis at host:port". */
  readonly warnings: readonly string[];
}

const LOADING_PAUSE_MS = 1_000;
const REPORT_EVERY_MS = 10_000;
const NEVER = new AbortController().signal;

/**
 * Tries what the product does with Redis: every kind of command, on keys that begin as all of ours do and are
 * removed again. A full Redis passes with a warning, because it is usable again without a restart.
 *
 * @param connect makes a connection that neither waits nor reconnects
 * @param onLoading called now and then while the server loads its data; null to throw instead of waiting for it
 * @throws what Redis answered, or why it could not be reached
 */
export async function proveRedis(
  connect: () => Redis,
  keyPrefix: string,
  onLoading: (() => void) | null,
): Promise<RedisProof> {
  let reportedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    try {
      return await withConnection(connect, (redis) => prove(redis, keyPrefix));
    } catch (error) {
      if (onLoading === null || redisTrouble(error)?.kind !== 'loading') throw error;
      if (performance.now() - reportedAt >= REPORT_EVERY_MS) {
        reportedAt = performance.now();
        onLoading();
      }
      await delay(LOADING_PAUSE_MS, NEVER);
    }
  }
}

/** @param connect makes a connection that neither waits nor reconnects; it is closed here */
export async function withConnection<Result>(
  connect: () => Redis,
  use: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  const redis = connect();
  // A refused connection or password comes as an event; the command itself only ever says that it gave up.
  let cause: unknown = null;
  redis.on('error', (error: unknown) => void (cause ??= error));
  try {
    await redis.connect();
    return await use(redis);
  } catch (error) {
    // What Redis answered to a command says more than a warning on the way, but less than a refused password.
    const answered = redisTrouble(error);
    throw answered === null || (answered.kind !== 'away' && answered.kind !== 'password') ? error : (cause ?? error);
  } finally {
    redis.disconnect();
  }
}

async function prove(redis: Redis, keyPrefix: string): Promise<RedisProof> {
  const warnings: string[] = [];
  const info = await readInfo(redis);
  if (info === null) {
    warnings.push('refuses its user the right to INFO: whether it may drop records when it is full is not known');
  } else if (/^redis_mode:sentinel/m.test(info)) {
    throw sentinelAsServer();
  } else if (/^role:slave/m.test(info)) {
    throw replyError('READONLY');
  }
  // ioredis goes on in database 0 when this fails, where another installation may keep its data.
  if (redis.options.db !== undefined && redis.options.db !== 0) await redis.select(redis.options.db);
  try {
    await tryCommands(redis, new FleetKeys(keyPrefix));
  } catch (error) {
    const trouble = redisTrouble(error);
    if (trouble?.kind !== 'full' && trouble?.kind !== 'cannot-save') throw error;
    warnings.push(trouble.text);
  }
  // Records live in Redis without a copy elsewhere: a Redis that drops keys when it is full loses instances.
  const policy = info === null ? undefined : /^maxmemory_policy:(.+?)\r?$/m.exec(info)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    warnings.push(`may drop records when it is full: its maxmemory-policy is ${policy}, not noeviction`);
  }
  return { mayReadInfo: info !== null, isClusterNode: /^redis_mode:cluster/m.test(info ?? ''), warnings };
}

async function readInfo(redis: Redis): Promise<string | null> {
  try {
    return await redis.info();
  } catch (error) {
    if (redisTrouble(error)?.kind === 'right') return null;
    throw error;
  }
}

/** One command of each kind by which rights are given, and a script that writes. Scripts name the bare hash tag as a key. */
async function tryCommands(redis: Redis, keys: FleetKeys): Promise<void> {
  const key = keys.bootProof(randomUUID());
  const part = (name: string): string => `${key}:${name}`;
  const parts = ['script', 'text', 'hash', 'sorted', 'list', 'stream'].map(part);
  const script = `redis.call('SET', KEYS[2], '1', 'PX', 1000) return redis.call('TIME')`;
  try {
    await redis.eval(script, 2, keys.hashTag, part('script'));
    await redis.set(part('text'), '1', 'PX', 1_000, 'NX');
    await redis.hset(part('hash'), 'field', '1');
    await redis.zadd(part('sorted'), 1, '1');
    await redis.bzpopmin(part('sorted'), 0.01);
    await redis.rpush(part('list'), '1');
    await redis.xadd(part('stream'), '*', 'field', '1');
    await redis.xread('COUNT', 1, 'BLOCK', 1, 'STREAMS', part('stream'), '0-0');
    await redis.multi().pexpire(part('list'), 1_000).exec();
    await redis.del(...parts);
  } catch (error) {
    // What was made before the error; should that fail too, a few empty keys stay.
    await redis.del(...parts).catch(() => undefined);
    throw error;
  }
}

/** The answer that Redis would give to the first write. */
function replyError(message: string): Error {
  const error = new Error(message);
  error.name = 'ReplyError';
  return error;
}
