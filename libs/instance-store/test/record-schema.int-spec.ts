import { readdirSync, readFileSync } from 'node:fs';
import { NewerRecordError, RECORD_SCHEMA } from '@app/instance-store';
import { expect, it } from 'vitest';
import { COMMAND, insert, read } from './harness.js';
import { RedisUnderTest, TAG } from './redis-harness.js';

const FOLDER = new URL('./fixtures/record-schemas/', import.meta.url);
const world = new RedisUnderTest();

/** The document of a release that wrote this schema. */
function documentOf(schema: number): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`${schema}.json`, FOLDER), 'utf8')) as Record<string, unknown>;
}

/** Puts a document in place of a record's own, as another release would have written it. */
async function keep(id: string, document: Record<string, unknown>): Promise<void> {
  await world.redis.hset(`${TAG}:instance:${id}`, 'doc', JSON.stringify({ ...document, id }));
}

it('has a document of each schema', () => {
  const expected = Array.from({ length: RECORD_SCHEMA }, (_, i) => `${i + 1}.json`);
  expect(readdirSync(FOLDER).toSorted()).toEqual(expected.toSorted());
});

it.each(Array.from({ length: RECORD_SCHEMA }, (_, i) => i + 1))(
  'reads schema %i, named in it or not',
  async (schema) => {
    const { schema: named, ...document } = documentOf(schema);
    expect(named).toBe(schema);
    const { schema: _, ...present } = documentOf(RECORD_SCHEMA);
    for (const stored of [document, { schema, ...document }]) {
      const { id } = await insert(world.newStore());
      await keep(id, stored);
      expect((await read(world.newStore(), id)).record).toEqual({ ...present, id });
    }
  },
);

it('writes a record of an earlier schema back in the present one', async () => {
  const { id } = await insert(world.newStore());
  await keep(id, { ...documentOf(1), revision: 1 });
  const store = world.newStore();
  const { record } = await read(store, id);
  expect((await store.records.write({ ...record, name: 'renamed' }, COMMAND)).outcome).toBe('written');
  const doc = (await world.redis.hget(`${TAG}:instance:${id}`, 'doc')) ?? '';
  expect(JSON.parse(doc)).toMatchObject({ schema: RECORD_SCHEMA, name: 'renamed', cost: null, stopHold: null });
});

it('leaves a record of a later release as it is: it is neither read, written over nor removed', async () => {
  const record = await insert(world.newStore(), { name: 'later' });
  await keep(record.id, { ...record, schema: RECORD_SCHEMA + 1 });
  const before = await world.redis.hgetall(`${TAG}:instance:${record.id}`);
  const store = world.newStore();
  await expect(store.records.get(record.id)).rejects.toBeInstanceOf(NewerRecordError);
  await expect(store.records.write({ ...record, name: 'mine' }, COMMAND)).rejects.toBeInstanceOf(NewerRecordError);
  await expect(store.records.remove(record.id, record.revision)).rejects.toBeInstanceOf(NewerRecordError);
  expect(await world.redis.hgetall(`${TAG}:instance:${record.id}`)).toEqual(before);
});
