import type { InstanceRecord, NewFleetEvent, StoredInstance } from '@app/instance-store';
import { Draining, type Timestamp } from '@app/platform';
import { aNewInstance, type RedisFixture, startRedis } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RedisApi } from './support/redis-api.js';
import { SseReader } from './support/sse-reader.js';
import { KEYS } from './support/test-api.js';

const OPERATOR = { authorization: `Bearer ${KEYS.operator}` };
const WARNING: NewFleetEvent = {
  type: 'spend.warning',
  data: { day: '2026-01-01', levelPercent: 80, spentUsd: 41, limitUsd: 50, enforced: true },
};

describe('GET /events on a real Redis', () => {
  let redis: RedisFixture;
  let api: RedisApi;
  const others: RedisApi[] = [];
  const readers: SseReader[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    api = await RedisApi.start(redis.url);
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.close();
    await Promise.all(others.splice(0).map((other) => other.stop()));
  });
  afterAll(async () => {
    await api.stop();
    await redis.stop();
  });

  async function open(query = '', headers: Readonly<Record<string, string>> = {}, at = api): Promise<SseReader> {
    const reader = await SseReader.open(`${at.url}/api/v1/events${query}`, headers);
    readers.push(reader);
    return reader;
  }

  /** Opened, with its position. */
  async function connected(query = '', headers: Readonly<Record<string, string>> = {}, at = api): Promise<SseReader> {
    const reader = await open(query, headers, at);
    await sees(reader, ['connected']);
    return reader;
  }

  const names = (reader: SseReader): readonly string[] => reader.events.map(({ event }) => event);
  const sees = (reader: SseReader, expected: readonly string[]): Promise<void> =>
    vi.waitFor(() => expect(names(reader)).toEqual(expected), { timeout: 5_000 });
  const lastId = (reader: SseReader): string => reader.ids.findLast((id) => id !== null) ?? '';

  async function create(overrides: Parameters<typeof aNewInstance>[0] = {}, at = api): Promise<InstanceRecord> {
    const result = await at.store.records.insert(aNewInstance(overrides));
    if (result.outcome !== 'inserted') throw new Error('not inserted');
    return result.stored.record;
  }

  async function become(record: InstanceRecord, status: InstanceRecord['status'], at = api): Promise<InstanceRecord> {
    const result = await at.store.records.write({ ...record, status }, { kind: 'command' });
    if (result.outcome !== 'written') throw new Error(result.outcome);
    return (result.stored satisfies StoredInstance).record;
  }

  it('reports what happens from now on, with the id under which it is kept', async () => {
    const earlier = await connected();
    await create();
    await sees(earlier, ['connected', 'instance.created']);
    const reader = await connected();
    expect(reader.events[0]).toMatchObject({
      id: expect.stringMatching(/^\d+-\d+$/) as string,
      data: { type: 'connected' },
    });
    const record = await become(await become(await create(), 'starting'), 'ready');
    expect(await api.store.records.remove(record.id, record.revision)).toBe('removed');
    await sees(reader, ['connected', 'instance.created', 'instance.starting', 'instance.ready', 'instance.removed']);
    const [, created, , ready, removed] = reader.events;
    expect(created?.data).toMatchObject({
      id: created?.id,
      type: 'instance.created',
      instanceId: record.id,
      revision: 1,
    });
    expect(ready?.data).toMatchObject({ revision: 3, instance: { id: record.id, status: 'ready', revision: 3 } });
    expect(removed?.data).not.toHaveProperty('instance');
    expect(reader.answer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-data-source': 'redis',
    });
  });

  it('shows two processes the same, under the same ids', async () => {
    const second = await RedisApi.start(redis.url);
    others.push(second);
    const [one, two] = [await connected(), await connected('', {}, second)];
    let record = await create();
    record = await become(record, 'starting', second);
    await api.store.events.emitOnce('warning-both', WARNING);
    await become(record, 'failed');
    await sees(one, ['connected', 'instance.created', 'instance.starting', 'spend.warning', 'instance.failed']);
    await vi.waitFor(() => expect(two.events.slice(1)).toEqual(one.events.slice(1)));
  });

  it('goes on where a reader was, at this process or at another one', async () => {
    const reader = await connected();
    const record = await create();
    await sees(reader, ['connected', 'instance.created']);
    const id = lastId(reader);
    reader.close();
    await become(await become(record, 'starting'), 'ready');
    const second = await RedisApi.start(redis.url);
    others.push(second);
    for (const at of [api, second]) {
      const resumed = await open('', { 'last-event-id': id }, at);
      await sees(resumed, ['instance.starting', 'instance.ready']);
      const queried = await open(`?lastEventId=${id}`, {}, at);
      await sees(queried, ['instance.starting', 'instance.ready']);
      expect(queried.events).toEqual(resumed.events);
    }
  });

  it('shows values and passwords to operators only', async () => {
    const viewer = await connected();
    const operator = await connected('', OPERATOR);
    const before = lastId(viewer);
    await create({ spec: { envs: [{ key: 'TOKEN', value: 'secret-env' }] }, webhookUrl: 'https://hooks/secret-path' });
    await sees(viewer, ['connected', 'instance.created']);
    await sees(operator, ['connected', 'instance.created']);
    expect(operator.text).toContain('secret-env');
    expect(operator.text).toContain('secret-path');
    const resumed = await open('', { 'last-event-id': before });
    await sees(resumed, ['instance.created']);
    const anew = await open('', { 'last-event-id': '1-0' });
    await vi.waitFor(() => expect(names(anew).at(-1)).toBe('list'));
    for (const { text } of [viewer, resumed, anew]) expect(text).not.toContain('secret');
  });

  it('leaves out what is not wanted, by type and by instance', async () => {
    const record = await create({ novitaInstanceId: 'nv-filtered' as NonNullable<InstanceRecord['novitaInstanceId']> });
    const spend = await connected('?types=spend.*');
    const endings = await connected('?types=instance.ready,instance.failed');
    const mine = await connected('?instance=nv-filtered');
    const both = await connected(`?instance=${record.id}&types=instance.ready,spend.warning`);
    await create();
    await api.store.events.emitOnce('warning-filter', WARNING);
    await become(await become(record, 'starting'), 'ready');
    await become(await create(), 'failed');
    await sees(spend, ['connected', 'spend.warning']);
    await sees(endings, ['connected', 'instance.ready', 'instance.failed']);
    await sees(mine, ['connected', 'instance.starting', 'instance.ready']);
    await sees(both, ['connected', 'instance.ready']);
    expect(spend.events[1]?.data).toMatchObject({ type: 'spend.warning', levelPercent: 80 });
    expect(mine.events[2]).toEqual(both.events[1]);
  });

  it('says reset and lists what there is when the events are not kept any more', async () => {
    const short = await startRedis();
    const writer = await RedisApi.start(short.url, 50);
    others.push(writer);
    const reader = await connected('', {}, writer);
    const records: InstanceRecord[] = [];
    for (let i = 0; i < 300; i++)
      records.push(await create({ spec: { envs: [{ key: 'N', value: 'x'.repeat(2_000) }] } }, writer));
    const [first] = records;
    if (first === undefined) throw new Error('there are some');
    // It has no memory of its own of what came before it.
    const late = await RedisApi.start(short.url, 50);
    others.push(late);
    const anew = await open('', { 'last-event-id': reader.ids[0] ?? '', ...OPERATOR }, late);
    await vi.waitFor(() => expect(anew.events.at(-1)?.data['last']).toBe(true), { timeout: 5_000 });
    const [reset, ...lists] = anew.events;
    expect(reset).toMatchObject({
      id: null,
      event: 'reset',
      data: { type: 'reset', reason: expect.any(String) as string },
    });
    expect(lists.length).toBeGreaterThan(5);
    expect(lists.map(({ event, id, data }) => [event, id !== null, data['last']])).toEqual(
      lists.map((_, index) => ['list', index === lists.length - 1, index === lists.length - 1]),
    );
    const listed = lists.flatMap(
      ({ data }) => data['instances'] as { readonly id: string; readonly revision: number }[],
    );
    expect(listed.map(({ id }) => id)).toEqual(records.map(({ id }) => id));
    await become(first, 'starting', writer);
    await vi.waitFor(() => expect(names(anew).at(-1)).toBe('instance.starting'));
    // The end of the list is an id like any other.
    const again = await open('', { 'last-event-id': lists.at(-1)?.id ?? '' }, late);
    await sees(again, ['instance.starting']);

    const filtered = await open(
      `?instance=${first.id}&types=instance.*`,
      { 'last-event-id': reader.ids[0] ?? '' },
      late,
    );
    await sees(filtered, ['reset', 'list']);
    expect(filtered.events[1]?.data).toMatchObject({ instances: [{ id: first.id, status: 'starting' }], last: true });
    await Promise.all(others.splice(0).map((other) => other.stop()));
    await short.stop();
  });

  it('ends all streams when Redis was emptied; whoever comes back begins anew, with all that the process knew', async () => {
    const reader = await connected();
    const { id: created } = await create();
    await sees(reader, ['connected', 'instance.created']);
    const id = lastId(reader);
    await redis.kill();
    await redis.start();
    await vi.waitFor(() => expect(reader.hasEnded).toBe(true), { timeout: 10_000 });
    expect(reader.answer.complete).toBe(true);
    const anew = await open('', { 'last-event-id': id });
    // What is put back may be announced at once.
    await vi.waitFor(() => expect(names(anew).slice(0, 2)).toEqual(['reset', 'list']), { timeout: 10_000 });
    const known = expect.arrayContaining([expect.objectContaining({ id: created })]) as unknown;
    expect(anew.events[1]?.data).toMatchObject({ instances: known });
    await create();
    await vi.waitFor(() => expect(names(anew).at(-1)).toBe('instance.created'), { timeout: 10_000 });
  });

  it('says that events cannot be read, then that they can be again, and loses none', async () => {
    const durable = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    const stable = await RedisApi.start(durable.url);
    others.push(stable);
    const reader = await connected('', {}, stable);
    await create({}, stable);
    await sees(reader, ['connected', 'instance.created']);
    await durable.kill();
    await vi.waitFor(() => expect(names(reader).at(-1)).toBe('degraded'), { timeout: 10_000 });
    expect(reader.events.at(-1)).toMatchObject({
      id: null,
      data: { since: expect.stringMatching(/^20.*Z$/) as Timestamp },
    });
    await durable.start();
    await vi.waitFor(() => expect(names(reader).at(-1)).toBe('restored'), { timeout: 10_000 });
    await create({}, stable);
    await sees(reader, ['connected', 'instance.created', 'degraded', 'restored', 'instance.created']);
    expect(reader.hasEnded).toBe(false);
    await Promise.all(others.splice(0).map((other) => other.stop()));
    await durable.stop();
  }, 40_000);

  it('cuts off a reader that does not read, and no other', async () => {
    const paused = await SseReader.open(`${api.url}/api/v1/events`, OPERATOR, true);
    readers.push(paused);
    const quick = await connected('', OPERATOR);
    let count = 0;
    let slowEnds = 0;
    while (slowEnds === 0 && count < 4_000) {
      await Promise.all(
        Array.from({ length: 20 }, () => create({ spec: { envs: [{ key: 'A', value: 'x'.repeat(4_000) }] } })),
      );
      count += 20;
      await vi.waitFor(() => expect(quick.events).toHaveLength(count + 1), { timeout: 5_000, interval: 5 });
      if (count % 200 === 0) slowEnds = await endsOf('slow');
    }
    expect(slowEnds).toBe(1);
    paused.answer.resume();
    await vi.waitFor(() => expect(paused.hasEnded).toBe(true));
    expect(paused.events.length).toBeLessThan(count);
    expect(new Set(quick.ids).size).toBe(count + 1);
    expect(quick.hasEnded).toBe(false);
  }, 40_000);

  it('counts what it sends and who must begin anew', async () => {
    const text = await metrics();
    expect(text).toMatch(/novita_fleet_events_sent_total [1-9]/);
    expect(text).toMatch(/novita_fleet_events_resets_total [1-9]/);
    expect(text).toMatch(/novita_fleet_sse_ended_total\{stream="events",reason="lost"\} 1/);
  });

  it('ends its streams when it drains, and lets the process close', async () => {
    const draining = await RedisApi.start(redis.url);
    const reader = await connected('', {}, draining);
    draining.app.get(Draining).begin();
    await vi.waitFor(() => expect(reader.hasEnded).toBe(true));
    expect(reader.answer.complete).toBe(true);
    await draining.stop();
    expect(draining.log.records().filter(({ level }) => level === 'error')).toEqual([]);
  });

  async function metrics(): Promise<string> {
    return (await fetch(`${api.url}/metrics`, { headers: OPERATOR })).text();
  }

  async function endsOf(reason: string): Promise<number> {
    const match = new RegExp(`sse_ended_total\\{stream="events",reason="${reason}"\\} (\\d+)`).exec(await metrics());
    return Number(match?.[1] ?? 0);
  }
});
