import { request } from 'node:http';
import { Draining } from '@app/platform';
import { SyncStatusUnavailableError } from '@app/sync-status';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SseReader } from './support/sse-reader.js';
import { KEYS, TestApi } from './support/test-api.js';

const START = Date.UTC(2026, 0, 1, 12);
const id = (n: number): string => `${START + n}-0`;
const ids = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, i) => id(from + i));

let api: TestApi;
let url: string;
const readers: SseReader[] = [];

async function start(): Promise<void> {
  api = await TestApi.start({ CORS_ORIGINS: 'https://fleet.example.com' });
  await api.app.listen(0, '127.0.0.1');
  url = `${await api.app.getUrl()}/api/v1/sync/events`;
}

async function open(headers: Readonly<Record<string, string>> = {}, query = '', isPaused = false): Promise<SseReader> {
  const reader = await SseReader.open(`${url}${query}`, headers, isPaused);
  readers.push(reader);
  return reader;
}

function closeReaders(): void {
  for (const reader of readers.splice(0)) reader.close();
}

const hasRead = (reader: SseReader, expected: readonly (string | null)[]): Promise<void> =>
  vi.waitFor(() => expect(reader.ids).toEqual(expected));

describe('GET /sync/events over a socket', () => {
  beforeAll(start);
  afterAll(() => api.stop());
  beforeEach(() => {
    api.sync.clear();
    api.syncStore.clear();
  });
  afterEach(async () => {
    closeReaders();
    await vi.waitUntil(() => api.sync.subscriptions === 0);
  });

  it('begins with the present state and goes on with every event', async () => {
    api.sync.publish(id(1), 'sync.started', { state: 'in_progress', step: 'sync' });
    const reader = await open();
    await hasRead(reader, [id(1)]);
    api.sync.publish(id(2), 'sync.completed', { state: 'completed', step: 'done' });
    await hasRead(reader, ids(1, 2));
    expect(reader.events.map(({ event }) => event)).toEqual(['sync.status', 'sync.completed']);
    expect(reader.events[1]?.data).toEqual({
      type: 'sync.completed',
      at: '2026-01-01T12:00:00.002Z',
      status: (await api.send({ url: '/api/v1/sync/status', as: null })).json,
    });
    expect(reader.text).toMatch(/^retry: \d+\n\n/);
    expect(api.syncStore.eventReads).toBe(0);
  });

  it('has the headers of every answer, and those that keep it from being held back', async () => {
    api.sync.set({ state: 'in_progress', step: 'sync' });
    const { answer } = await open({ 'x-request-id': 'trace-1', origin: 'https://fleet.example.com' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': expect.stringContaining('no-store') as string,
      'x-accel-buffering': 'no',
      'x-request-id': 'trace-1',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.any(String) as string,
      'access-control-allow-origin': 'https://fleet.example.com',
      'x-sync-status': 'in_progress',
      'x-sync-step': 'sync',
      'x-sync-progress': '0/9',
      'x-data-source': 'memory',
      ratelimit: expect.any(String) as string,
    });
    expect(answer.headers).not.toHaveProperty('content-encoding');
    expect(answer.headers).not.toHaveProperty('content-length');
  });

  it.each([
    ['header', { 'last-event-id': id(2) }, ''],
    ['query', {}, `?lastEventId=${id(2)}`],
    ['header before the query', { 'last-event-id': id(2) }, `?lastEventId=${id(9)}`],
  ])('goes on after the event named by the %s, without loss or repeat', async (_where, headers, query) => {
    for (const event of ids(1, 150)) api.sync.publish(event);
    let isFirst = true;
    api.syncStore.beforeRead = () => {
      // In the middle of the first read, when it is decided already what it answers.
      if (isFirst) api.sync.publish(id(151));
      isFirst = false;
    };
    const reader = await open(headers, query);
    await vi.waitFor(() => expect(reader.events).toHaveLength(149));
    api.sync.publish(id(152));
    await hasRead(reader, ids(3, 152));
  });

  it.each([
    ['trimmed away', id(1)],
    ['unknown', id(50_000)],
  ])('says reset and begins with the present state when the event is %s', async (_what, lastEventId) => {
    for (const event of ids(1, 5)) api.sync.publish(event);
    api.syncStore.trimmedTo = id(3);
    const reader = await open({ 'last-event-id': lastEventId });
    await hasRead(reader, [null, id(5)]);
    expect(reader.events.map(({ event }) => event)).toEqual(['reset', 'sync.status']);
    api.sync.publish(id(6));
    await hasRead(reader, [null, id(5), id(6)]);
  });

  it.each(['nonsense', '1', '1-0-0', '$', '0x1-0'])('refuses %j, which is no id of an event', async (lastEventId) => {
    const answer = await api.send({ url: '/api/v1/sync/events', headers: { 'last-event-id': lastEventId } });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ code: 'validation-failed', errors: [{ pointer: 'Last-Event-ID' }] });
    const queried = await api.send({ url: `/api/v1/sync/events?lastEventId=${encodeURIComponent(lastEventId)}` });
    expect(queried.json).toMatchObject({ code: 'validation-failed', errors: [{ pointer: '?lastEventId' }] });
    expect(api.sync.subscriptions).toBe(0);
  });

  it('needs a key', async () => {
    expect((await api.send({ url: '/api/v1/sync/events', as: null })).status).toBe(401);
  });

  it('answers HEAD with the headers alone', async () => {
    const answer = await api.send({ method: 'HEAD', url: '/api/v1/sync/events' });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-sync-status': 'not_started',
    });
    expect(answer.text).toBe('');
    expect(api.sync.subscriptions).toBe(0);
  });

  it('ends when events cannot be read, so that the reader comes back with its id', async () => {
    api.sync.publish(id(5));
    api.syncStore.failure = new SyncStatusUnavailableError('away');
    const reader = await open({ 'last-event-id': id(1) });
    await vi.waitFor(() => expect(reader.hasEnded).toBe(true));
    expect(reader.events).toEqual([]);
    expect(reader.answer.complete).toBe(true);
    expect(api.sync.subscriptions).toBe(0);
  });

  it('lets go of a reader that goes away', async () => {
    const reader = await open();
    await vi.waitFor(() => expect(api.sync.subscriptions).toBe(1));
    reader.close();
    await vi.waitFor(() => expect(api.sync.subscriptions).toBe(0));
  });

  it('cuts off a reader that does not read, and no other', async () => {
    const slow = await open({}, '', true);
    const quick = await open();
    const error = 'x'.repeat(2_000);
    const sent: string[] = [];
    for (let n = 1; n <= 20_000 && api.sync.subscriptions === 2; n++) {
      api.sync.publish(id(n), 'sync.progress', { error });
      sent.push(id(n));
      if (n % 40 === 0) await vi.waitFor(() => expect(quick.events).toHaveLength(n + 1), { interval: 2 });
    }
    expect(api.sync.subscriptions).toBe(1);
    await hasRead(quick, ['0-0', ...sent]);
    slow.answer.resume();
    await vi.waitFor(() => expect(slow.hasEnded).toBe(true));
    expect(slow.events.length).toBeLessThan(sent.length);
    expect((await api.send({ url: '/metrics', as: 'admin' })).text).toContain(
      'novita_fleet_sse_ended_total{stream="sync",reason="slow"} 1',
    );
  }, 20_000);

  it('serves 200 readers without a read of the store for each event', async () => {
    api.sync.publish(id(1));
    const many = await Promise.all(Array.from({ length: 200 }, () => open()));
    expect(api.sync.subscriptions).toBe(200);
    for (let n = 2; n <= 20; n++) api.sync.publish(id(n));
    await vi.waitFor(() => expect(many.every(({ events }) => events.length === 20)).toBe(true), { timeout: 5_000 });
    for (const { ids: read } of many) expect(read).toEqual(ids(1, 20));
    expect(api.syncStore.eventReads).toBe(0);
    expect((await api.send({ url: '/metrics', as: 'admin' })).text).toContain(
      'novita_fleet_sse_readers{stream="sync"} 200',
    );
  }, 20_000);
});

describe('the end of GET /sync/events', () => {
  beforeEach(start);
  afterEach(async () => {
    closeReaders();
    await api.stop();
  });

  it('ends cleanly when the process drains, and takes no new ones for long', async () => {
    const reader = await open();
    await hasRead(reader, ['0-0']);
    api.app.get(Draining).begin();
    await vi.waitFor(() => expect(reader.hasEnded).toBe(true));
    expect(reader.answer.complete).toBe(true);
    const late = await open();
    await vi.waitFor(() => expect(late.hasEnded).toBe(true));
    expect(late.text).toMatch(/^retry: /);
    expect(api.sync.subscriptions).toBe(0);
  });

  it('lets the process close although readers are there', async () => {
    const reader = await open();
    await api.app.close();
    await vi.waitFor(() => expect(reader.hasEnded).toBe(true));
  });

  it('counts as a request that took as long as it took to begin, whoever ended it', async () => {
    const left = await open({ 'x-request-id': 'left' });
    await open({ 'x-request-id': 'drained' });
    await new Promise((resolve) => setTimeout(resolve, 60));
    left.close();
    await vi.waitFor(() => expect(api.sync.subscriptions).toBe(1));
    api.app.get(Draining).begin();
    const lines = (): Readonly<Record<string, unknown>>[] =>
      api.log
        .records()
        .filter(({ requestId, status }) => status === 200 && ['left', 'drained'].includes(String(requestId)));
    await vi.waitFor(() => expect(lines()).toHaveLength(2));
    for (const line of lines()) {
      expect(line).toMatchObject({ method: 'GET', url: '/api/v1/sync/events', keyName: 'the-viewer' });
      expect(Number(line['openMs'])).toBeGreaterThanOrEqual(55);
      expect(Number(line['ms'])).toBeLessThan(Number(line['openMs']));
    }
    const { text } = await api.send({ url: '/metrics', as: 'admin' });
    const series = 'method="GET",route="/api/v1/sync/events",status="2xx"';
    expect(text).toContain(`http_request_duration_seconds_count{${series}} 2`);
    const sum = new RegExp(`http_request_duration_seconds_sum\\{${series}\\} (\\S+)`).exec(text)?.[1];
    const openMs = lines().reduce((total, line) => total + Number(line['openMs']), 0);
    expect(Number(sum) * 1_000).toBeLessThan(openMs);
  });
});

describe('POST /instances/sync over a socket', () => {
  beforeEach(async () => {
    api = await TestApi.start();
    await api.app.listen(0, '127.0.0.1');
  });
  afterEach(async () => {
    await api.stop();
  });

  it('ends the wait of a caller who went away, with a body that was read long before', async () => {
    const base = new URL(await api.app.getUrl());
    api.syncs.answer = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    const client = request({
      host: base.hostname,
      port: base.port,
      method: 'POST',
      path: '/api/v1/instances/sync',
      headers: { authorization: `Bearer ${KEYS.operator}`, 'content-type': 'application/json' },
    });
    client.on('error', () => undefined);
    client.end('{"dryRun":true}');
    await vi.waitFor(() => expect(api.syncs.calls).toHaveLength(1));
    const [call] = api.syncs.calls;
    expect(call?.signal.aborted).toBe(false);
    client.destroy();
    await vi.waitFor(() => expect(call?.signal.aborted).toBe(true));
    expect(api.log.records().filter(({ level }) => level === 'error')).toEqual([]);
  });
});
