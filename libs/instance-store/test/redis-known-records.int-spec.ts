import { type InstanceStore } from '@app/instance-store';
import { beforeEach, describe, expect, it } from 'vitest';
import { anImport, insert, novitaId, read, write } from './harness.js';
import { LOCK, RedisUnderTest, TAG, UNDER } from './redis-harness.js';

const world = new RedisUnderTest();
let store: InstanceStore;

beforeEach(() => {
  store = world.newStore();
});

describe('what is remembered', () => {
  it('is not used once another process has written', async () => {
    const other = world.newStore();
    const first = await insert(store);
    expect((await read(other, first.id)).record).toEqual(first);
    const second = await write(store, { ...first, status: 'starting' });
    expect((await read(other, first.id)).record).toEqual(second);
    expect((await other.records.scan(null, 1)).instances[0]?.record).toEqual(second);
    expect((await other.records.getMany([first.id]))[0]?.record).toEqual(second);
  });

  it('is not used for a revision that was lost with Redis and written anew', async () => {
    const key = `${TAG}:instance:`;
    const first = await insert(store);
    const saved = await world.redis.hgetall(key + first.id);
    await write(store, { ...first, status: 'failed' });
    await world.redis.hset(key + first.id, saved);
    const anew = await write(world.newStore(), { ...first, status: 'starting' });
    expect(anew.revision).toBe(2);
    expect((await read(store, first.id)).record.status).toBe('starting');
  });
});

describe('a write', () => {
  const answers: unknown[] = [];
  const watching = () => {
    answers.length = 0;
    return world.newStore({
      connection: world.withScripts(async (run) => {
        const answer = await run();
        answers.push(answer);
        return answer;
      }),
    });
  };

  it('takes one round trip after a read, and after a write', async () => {
    const { id } = await insert(store);
    const watched = watching();
    const { record } = await read(watched, id);
    const second = await write(watched, { ...record, status: 'starting' });
    const claim = { lastUsedAt: null, reason: 'idle' };
    expect(await watched.idle.claim({ ...second, status: 'stopping' }, claim)).toMatchObject({ outcome: 'claimed' });
    expect(await watched.records.remove(id, 3)).toBe('removed');
    expect(answers).toHaveLength(4);
  });

  it('takes a second one, made from the answer to the first, when the store did not read the record', async () => {
    const record = await insert(store, { novitaInstanceId: novitaId('n1') });
    const watched = watching();
    expect((await write(watched, { ...record, status: 'ready' })).revision).toBe(2);
    expect(answers).toHaveLength(2);
    expect(await world.newStore().records.remove(record.id, 2)).toBe('removed');
    expect((await world.redis.keys('*')).toSorted()).toEqual([`${TAG}:changes`, LOCK]);
  });
});

describe('an import', () => {
  it('does not push out what readers use', async () => {
    const small = world.newStore({ known: { maxRecords: 5, maxCharacters: 100_000 } });
    const { id } = await insert(small);
    const { record } = await read(small, id);
    await small.records.insertMany(
      Array.from({ length: 100 }, () => anImport()),
      UNDER,
    );
    expect((await read(small, id)).record).toBe(record);
  });
});
