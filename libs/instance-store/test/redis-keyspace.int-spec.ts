import { readFileSync } from 'node:fs';
import { redisStore, STORE_KEYS } from '@app/instance-store';
import { RedisLockKeeper } from '@app/redis';
import { FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FleetModel, modelRules, PATIENCE_MS } from './fleet-model.js';
import { LockHistory, operation, run } from './model-operations.js';
import { unknownKeys } from './redis-harness.js';
import { allPages } from './scan.conformance.js';

let server: RedisFixture;
let redis: Redis;
let prefixes = 0;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** These move idle deadlines by what no record says. */
const BESIDE_RECORDS = new Set(['warn', 'postpone']);

describe('the keys of the store', () => {
  it('hold after any operations what follows from the records alone', { timeout: 60_000 }, async () => {
    const operations = operation.filter(({ kind }) => !BESIDE_RECORDS.has(kind));
    await fc.assert(
      fc.asyncProperty(fc.array(operations, { minLength: 5, maxLength: 40, size: 'max' }), async (steps) => {
        const rules = modelRules();
        const [before, anew] = [`keys-${prefixes++}`, `keys-${prefixes++}`];
        const newStore = (keyPrefix: string) =>
          redisStore(redis, new FakeClock(), { keyPrefix, rules, confirmPatienceMs: PATIENCE_MS });
        const store = newStore(before);
        const model = new FleetModel(rules);
        const connections = { commands: redis, dedicated: () => redis, mayReadInfo: true };
        const history = new LockHistory(new RedisLockKeeper(connections, before), model);
        await history.change(true);
        for (const step of steps) await run(store, model, history, step);
        const records = (await allPages(store, 200)).flat();
        // Deadlines stand as they were written, under rules that may have changed since.
        await store.idle.reindex(records.map(({ record }) => record.id));
        await newStore(anew).records.restore(records);
        expect(await derivedKeys(before)).toEqual(await derivedKeys(anew));
        expect(unknownKeys(await redis.keys(`{${before}}*`))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('are all in the table of README.md', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows = STORE_KEYS.map(
      ({ key, type, holds, writtenBy }) => `| \`${key}\` | ${type} | ${holds} | ${writtenBy} |`,
    );
    expect(readme).toContain(`${rows.join('\n')}\n`);
  });
});

/**
 * Everything that follows from what records say: not their documents, not their histories, not the time of an accrual.
 */
async function derivedKeys(prefix: string): Promise<Record<string, unknown>> {
  const keys = (await redis.keys(`{${prefix}}:*`)).toSorted();
  const values = await Promise.all(keys.map(async (key) => [nameOf(key), await derivedValue(key)] as const));
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

const nameOf = (key: string): string => key.slice(key.indexOf('}:') + 2);

/** @returns undefined for what does not follow from records */
async function derivedValue(key: string): Promise<unknown> {
  const name = nameOf(key);
  if (/^(by-created:|by-name:|due:)/.test(name)) return redis.zrange(key, 0, '-1', 'WITHSCORES');
  if (name.startsWith('meter:')) return (await redis.zrange(key, 0, '-1')).toSorted();
  if (/^(by-marker|by-novita-id|counts|rates)$/.test(name)) return redis.hgetall(key);
  if (name === 'pictures') return (await redis.hkeys(key)).toSorted();
  if (name.startsWith('instance:')) return redis.hmget(key, 'doc', 'index', 'state', 'lastUsed');
  return undefined;
}
