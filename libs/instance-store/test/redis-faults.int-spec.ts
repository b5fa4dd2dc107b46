import { type InstanceStore, StoreUnavailableError } from '@app/instance-store';
import { IoRedisConnections } from '@app/redis';
import { aNewInstance, anInstance, startRedis } from '@app/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { anImport, at, COMMAND, insert, novitaId, read, scannedIds } from './harness.js';
import { LOCK, RedisUnderTest, TAG, UNDER } from './redis-harness.js';

const world = new RedisUnderTest();
let store: InstanceStore;

const AN_IDLE_ONE = { revision: 1, lastUsedAt: null, idleSince: at(0), stopAt: at(1_200), reason: 'idle' };
const AN_ENTRY = { at: at(1), kind: 'decision', by: 'auto-stop', reason: 'kept' } as const;

beforeEach(() => {
  store = world.newStore();
});

describe('Redis', () => {
  it('may forget all scripts', async () => {
    const record = await insert(store);
    await world.redis.script('FLUSH');
    expect((await read(store, record.id)).record).toEqual(record);
    await world.redis.script('FLUSH');
    await Promise.all(Array.from({ length: 10 }, (_, i) => store.idle.touch(record.id, at(i))));
    expect((await read(store, record.id)).lastUsedAt).toBe(at(9));
  });

  it('may get a write twice when the first answer was lost', async () => {
    const twice = world.withScripts(async (run) => {
      await run();
      return run();
    });
    const repeating = world.newStore({ connection: twice });
    const record = await insert(repeating);
    const written = await repeating.records.write({ ...record, status: 'starting' }, COMMAND);
    expect(written).toMatchObject({ outcome: 'written', stored: { record: { revision: 2, status: 'starting' } } });
    expect(await world.entries()).toHaveLength(2);
    expect((await repeating.records.insert(aNewInstance({ id: record.id }))).outcome).toBe('exists');

    const imports = [anImport({ novitaInstanceId: novitaId('n1') }), anImport({ novitaInstanceId: novitaId('n1') })];
    expect(await repeating.records.insertMany(imports, UNDER)).toEqual([true, false]);
    expect(await world.entries()).toHaveLength(3);
    expect(await store.records.counts()).toMatchObject({ total: 2, discovered: 1 });
  });

  it('may get claims, warnings and entries twice when the first answer was lost', async () => {
    const twice = world.withScripts(async (run) => {
      await run();
      return run();
    });
    const repeating = world.newStore({ connection: twice });
    const record = await insert(store, { status: 'ready' });
    const { id } = record;
    // It was made, and the answer is late: nothing is said twice.
    expect(await repeating.idle.warn({ ...AN_IDLE_ONE, id })).toBe('already');
    await repeating.audit.append([{ id, entry: AN_ENTRY }]);
    const next = { ...record, status: 'stopping' } as const;
    const claim = { lastUsedAt: null, reason: 'idle' };
    expect(await repeating.idle.claim(next, claim)).toMatchObject({ outcome: 'claimed' });
    expect((await store.audit.entries(id, 10)).map(({ kind }) => kind)).toEqual([
      'status',
      'decision',
      'warning',
      'status',
      'wish',
    ]);
    expect(await world.entries()).toHaveLength(3);
  });

  it('may get a write again after its lock was lost: it was made while it was held', async () => {
    const connection = world.withScripts(async (run) => {
      await run();
      await world.redis.del(LOCK);
      return run();
    });
    const repeating = world.newStore({ connection });
    const record = await insert(repeating);
    await world.redis.hset(LOCK, 'token', UNDER.hold.token);
    const written = await repeating.records.write({ ...record, status: 'ready' }, COMMAND, UNDER);
    expect(written).toMatchObject({ outcome: 'written', stored: { record: { revision: 2 } } });
    await expect(repeating.records.write({ ...record, revision: 2 }, COMMAND, UNDER)).rejects.toThrow(/was lost/);
    expect((await read(store, record.id)).record.revision).toBe(2);
  });

  it("keeps a script's own error as it is", async () => {
    await world.redis.set(`${TAG}:by-marker`, 'not a hash');
    await expect(store.records.insert(aNewInstance())).rejects.toThrow(/WRONGTYPE/);
    await expect(store.records.insert(aNewInstance())).rejects.not.toBeInstanceOf(StoreUnavailableError);
  });

  it('refusing to write because it is full counts as away, and nothing is half written', async () => {
    const record = await insert(store);
    await world.redis.config('SET', 'maxmemory', '1');
    try {
      await expect(store.records.write({ ...record, status: 'ready' }, COMMAND)).rejects.toBeInstanceOf(
        StoreUnavailableError,
      );
      await expect(store.records.insert(aNewInstance())).rejects.toBeInstanceOf(StoreUnavailableError);
      await expect(store.records.insertMany([anImport()], UNDER)).rejects.toBeInstanceOf(StoreUnavailableError);
    } finally {
      await world.redis.config('SET', 'maxmemory', '0');
    }
    expect((await read(store, record.id)).record).toEqual(record);
    expect((await store.records.counts()).total).toBe(1);
  });

  it('being away fails every call before it is back, with the cause, and being back mends it', async () => {
    const ownServer = await startRedis();
    const connections = new IoRedisConnections({ url: ownServer.url, processName: 'test' });
    try {
      const away = world.newStore({ connection: connections.commands });
      const record = await insert(away);
      await ownServer.kill();
      const calls = [
        away.records.get(record.id),
        away.records.get(novitaId('n1')),
        away.records.getMany([record.id]),
        away.records.findByName('n', 1),
        away.records.findByMarker('m'),
        away.records.scan(null, 1),
        away.records.restore([{ record: anInstance(), lastUsedAt: null }]),
        away.records.counts(),
        away.deadlines.due('purgeAt', at(1), 1),
        away.idle.lastUsedBy(record.id),
        away.idle.warn({ ...AN_IDLE_ONE, id: record.id }),
        away.idle.postpone([record.id], at(1)),
        away.idle.reindex([record.id]),
        away.audit.entries(record.id, 1),
        away.audit.append([{ id: record.id, entry: AN_ENTRY }]),
        away.records.insertMany([anImport()], UNDER),
        away.digests.note([{ id: record.id, revision: 1, digest: 'p' }], UNDER),
        away.digests.of([novitaId('n1')]),
        away.digests.count(),
        scannedIds(away),
        away.records.getManyByNovitaId([novitaId('n1')]),
        away.records.getManyByMarker(['m']),
      ];
      // One that had been sent when the connection broke may have been carried out.
      const writesOfOne = [
        away.idle.touch(record.id, at(1)),
        away.idle.claim(anInstance(), { lastUsedAt: null, reason: 'idle' }),
        away.records.insert(aNewInstance()),
        away.records.write(anInstance(), COMMAND),
        away.records.remove(record.id, 1),
      ];
      for (const result of await Promise.allSettled(writesOfOne)) {
        const reason = expect.stringMatching(/^(StoreUnavailable|WriteOutcomeUnknown)Error$/);
        expect(result).toMatchObject({ status: 'rejected', reason: { name: reason, cause: expect.any(Error) } });
      }
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailableError' } });
        expect(result.status === 'rejected' && (result.reason as Error).cause).toBeInstanceOf(Error);
      }
      await ownServer.start();
      await vi.waitFor(() => away.records.counts(), { timeout: 5_000 });
      expect(await away.records.get(record.id)).toBeNull();
    } finally {
      await connections.close();
      await ownServer.stop();
    }
  });
});
