import type { RedisInstanceStore } from '@app/instance-store';
import { beforeEach, describe, expect, it } from 'vitest';
import { anImport, insert, novitaId, read, write } from './harness.js';
import { RedisUnderTest, TAG, UNDER } from './redis-harness.js';

const world = new RedisUnderTest();
let store: RedisInstanceStore;

beforeEach(() => {
  store = world.newStore();
});

describe('a list', () => {
  it('leaves out what ceased to match while its document was fetched', async () => {
    const [first, second] = [await insert(store, { status: 'ready' }), await insert(store, { status: 'ready' })];
    let isFirstRun = true;
    const interrupted = world.withScripts(async (run) => {
      const answer = await run();
      if (isFirstRun) await write(store, { ...first, status: 'stopping' });
      isFirstRun = false;
      return answer;
    });
    const page = await world
      .newStore({ connection: interrupted })
      .list({ limit: 10, sort: 'name', statuses: ['ready'] });
    expect(page.instances.map(({ record }) => record)).toEqual([second]);
  });
});

describe('what is remembered', () => {
  it('is not used once another process has written', async () => {
    const other = world.newStore();
    const first = await insert(store);
    expect((await read(other, first.id)).record).toEqual(first);
    const second = await write(store, { ...first, status: 'starting' });
    expect((await read(other, first.id)).record).toEqual(second);
    expect((await other.list({ limit: 1, sort: 'name' })).instances[0]?.record).toEqual(second);
    expect((await other.getMany([first.id]))[0]?.record).toEqual(second);
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

describe('reading many by what names them', () => {
  it('leaves documents in Redis that are remembered, whichever way they were read', async () => {
    const answers: unknown[] = [];
    const connection = world.withScripts(async (run) => {
      const answer = await run();
      answers.push(answer);
      return answer;
    });
    const watched = world.newStore({ connection });
    const record = await insert(watched, { novitaInstanceId: novitaId('n1'), marker: '-nfttm' });
    await insert(watched, { novitaInstanceId: novitaId('n2') });
    answers.length = 0;
    const ids = ['n1', 'n2'].map(novitaId);
    const [byId] = await watched.getManyByNovitaId(ids);
    const [byMarker] = await watched.getManyByMarker(['-nfttm']);
    expect(byId?.record).toEqual(record);
    expect(byMarker?.record).toBe(byId?.record);
    expect(answers.flat().filter((value) => typeof value === 'string' && value.startsWith('{'))).toEqual([]);
    await write(store, record);
    expect((await watched.getManyByNovitaId(ids))[0]?.record.revision).toBe(2);
  });
});

describe('an import', () => {
  it('does not push out what readers use', async () => {
    const small = world.newStore({ remembered: { maxRecords: 5, maxCharacters: 100_000 } });
    const { id } = await insert(small);
    const { record } = await read(small, id);
    await small.insertMany(
      Array.from({ length: 100 }, () => anImport()),
      UNDER,
    );
    expect((await read(small, id)).record).toBe(record);
  });
});
