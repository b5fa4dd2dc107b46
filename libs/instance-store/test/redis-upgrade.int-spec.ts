import { readFileSync } from 'node:fs';
import {
  type AuditEntry,
  DEADLINE_KINDS,
  type DeadlineKind,
  type FleetCounts,
  type InstanceId,
  type InstanceStore,
  redisStore,
  type SpendReading,
  type StoredInstance,
} from '@app/instance-store';
import { FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { at, novitaId } from './harness.js';
import { unknownKeys } from './redis-harness.js';
import { allPages } from './scan.conformance.js';

/** What the version before kept, which had lists in Redis: all commands that bring it back, and what it answered. */
interface Dump {
  readonly commands: readonly Command[];
  /** What it changed when it inserted one more record. */
  readonly later: readonly Command[];
  readonly laterId: InstanceId;
  readonly answers: {
    readonly records: readonly StoredInstance[];
    readonly counts: FleetCounts;
    readonly due: Readonly<Record<DeadlineKind, readonly InstanceId[]>>;
    readonly ledgers: Readonly<Record<InstanceId, readonly AuditEntry[]>>;
    readonly lastUsedBy: string;
    readonly pictures: Readonly<Record<string, string | null>>;
    readonly spend: Omit<SpendReading, 'spentByDay' | 'savedByDay'> & {
      readonly spentByDay: readonly [number, number][];
      readonly savedByDay: readonly [number, number][];
    };
  };
}

type Command = readonly [name: string, ...args: string[]];

const PREFIX = 'old-fleet';
const DUMP = JSON.parse(readFileSync(new URL('./fixtures/lists-in-redis.json', import.meta.url), 'utf8')) as Dump;
/** As that version read them, with the members that did not exist then. */
const RECORDS: Dump['answers']['records'] = DUMP.answers.records.map((stored) => ({
  ...stored,
  record: {
    ...stored.record,
    createdBy: null,
    spot: null,
    migration: null,
    stopHold: null,
    cost: null,
    maxLifetimeMinutes: null,
    reportToken: null,
  },
}));

let server: RedisFixture;
let redis: Redis;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startRedis();
  redis = new Redis(server.url);
});
beforeEach(async () => {
  await redis.flushall();
  await load(DUMP.commands);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

describe('data of the version that kept lists in Redis', () => {
  it('is read as that version read it, and nothing of its lists is left', async () => {
    const store = newStore();
    const { answers } = DUMP;
    expect((await allPages(store, 7)).flat()).toEqual(RECORDS);
    expect(await store.records.counts()).toEqual(answers.counts);
    for (const kind of DEADLINE_KINDS)
      expect(await store.deadlines.due(kind, at(99_999), 200)).toEqual(answers.due[kind] ?? []);
    for (const { record } of answers.records) {
      expect(await store.audit.entries(record.id, 200)).toEqual(answers.ledgers[record.id]);
      expect(await store.records.findByName(record.name, 9)).toContainEqual(await store.records.get(record.id));
      if (record.novitaInstanceId === null) continue;
      const [digest] = await store.digests.of([record.novitaInstanceId]);
      expect(digest).toBe(answers.pictures[record.novitaInstanceId]);
    }
    const { spentByDay, savedByDay, ...spend } = await store.spend.read(20_454);
    expect({ ...spend, spentByDay: [...spentByDay], savedByDay: [...savedByDay] }).toEqual(answers.spend);
    expect(unknownKeys(await redis.keys('*'))).toEqual([]);
  });

  it('can be written, claimed and removed, which leaves nothing behind', async () => {
    const store = newStore();
    for (const { record } of RECORDS) {
      const written = await store.records.write({ ...record, status: 'failed' }, { kind: 'command' });
      expect(written.outcome).toBe('written');
    }
    expect((await store.records.counts()).byStatus.failed).toBe(DUMP.answers.records.length);
    for (const { record } of DUMP.answers.records) {
      expect(await store.records.remove(record.id, record.revision + 1)).toBe('removed');
    }
    await store.records.scan(null, 1);
    const left = (await redis.keys('*')).map((key) => key.slice(`{${PREFIX}}:`.length));
    expect(left.filter((key) => !/^(changes|told:|spend:|saved:)/.test(key))).toEqual([]);
  });

  it('is brought over by the next look when the first one was cut off', async () => {
    const cut = new Proxy(redis, {
      get: (target, property) =>
        property === 'evalsha'
          ? () => Promise.reject(new Error('Connection is closed.'))
          : (Reflect.get(target, property) as unknown),
    });
    await expect(newStore(cut).records.scan(null, 9)).rejects.toThrow('Redis');
    expect(unknownKeys(await redis.keys('*'))).not.toEqual([]);
    // As if the lists by status had gone already, and those by region not.
    await redis.del(...(await redis.keys('*:by-created:status:*')));
    expect((await newStore().records.scan(null, 200)).instances).toEqual(RECORDS);
    expect(unknownKeys(await redis.keys('*'))).toEqual([]);
    expect(await redis.exists(`{${PREFIX}}:old-lists`)).toBe(0);
  });

  it('is brought over by several processes at once', async () => {
    const pages = await Promise.all(Array.from({ length: 4 }, () => newStore().records.scan(null, 200)));
    for (const { instances } of pages) expect(instances).toEqual(RECORDS);
    expect(unknownKeys(await redis.keys('*'))).toEqual([]);
  });

  it('is complete when a process of that version wrote more beside this one', async () => {
    const store = newStore();
    await store.records.scan(null, 200);
    await load(DUMP.later);
    const { instances } = await store.records.scan(null, 200);
    expect(instances.map(({ record }) => record.id)).toEqual([
      ...DUMP.answers.records.map(({ record }) => record.id),
      DUMP.laterId,
    ]);
    expect((await store.records.findByName('made by an old process', 2)).map(({ record }) => record.id)).toEqual([
      DUMP.laterId,
    ]);
    expect(unknownKeys(await redis.keys('*'))).toEqual([]);
  });

  it('is left alone once it was brought over', async () => {
    const store = newStore();
    await store.records.scan(null, 9);
    const sent = vi.spyOn(redis, 'exists');
    const scripts = vi.spyOn(redis, 'evalsha');
    await store.records.scan(null, 9);
    expect([sent.mock.calls.length, scripts.mock.calls.length]).toEqual([1, 1]);
    vi.restoreAllMocks();
    expect(await store.records.get(novitaId('nov1'))).not.toBeNull();
  });
});

function newStore(connection: Redis = redis): InstanceStore {
  return redisStore(connection, new FakeClock(), { keyPrefix: PREFIX });
}

async function load(commands: readonly Command[]): Promise<void> {
  for (const [name, ...args] of commands) await redis.call(name, ...args);
}
