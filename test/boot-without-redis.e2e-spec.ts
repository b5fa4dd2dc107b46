import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildMarker } from '../libs/instance-store/src/record/identity.js';
import type { Answer, InstanceView } from './support/api-client.js';
import type { BuiltProcess } from './support/built-process.js';
import { createAtConsole } from './support/console-instance.js';
import { Fleet, OPERATOR_KEY } from './support/fleet.js';
import { until } from './support/until.js';

const CREATE = { productName: 'RTX 4090 24GB', image: 'nginx:1.27' };
const KEEPS_DATA = ['--appendonly', 'yes', '--appendfsync', 'always'];
/** The first sync is not to fail because a busy machine answers late: the next one is far away. */
const PATIENT = { NOVITA_TIMEOUT: '15s', CREATE_RETRY_GRACE: '20s' };
const OURS = buildMarker('t3st', '01JQ7ZC8M4T5V6W7X8Y9ZABCDE');

interface Health {
  readonly status: string;
  readonly details: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface ListView {
  readonly instances: readonly InstanceView[];
  readonly total: number;
}

let fleet: Fleet;

const list = (): Promise<Answer<ListView>> => fleet.api.request<ListView>('GET', '/api/v1/instances?limit=100');
const create = (name: string): Promise<Answer> => fleet.api.request('POST', '/api/v1/instances', { ...CREATE, name });
const workerUrl = (): string => fleet.workerUrls[0] ?? '';

async function health(url: string): Promise<[number, Health]> {
  const response = await fetch(`${url}/health/ready`);
  return [response.status, (await response.json()) as Health];
}

/** Every process is well, with nothing left that waits for Redis. */
async function areHealthy(): Promise<void> {
  for (const url of [fleet.api.url, ...fleet.workerUrls]) {
    await until(`${url} is healthy`, async () => {
      const [code, { details }] = await health(url);
      return code === 200 && details['redis']?.['status'] === 'up' && details['store']?.['state'] !== 'degraded';
    });
  }
  await until('the API shows the latest', async () => {
    const { headers } = await list();
    return headers.get('x-data-source') === 'redis';
  });
}

/** All that there was of it is one process afterwards, at the same address and without Redis. */
async function isStartedAgainAsOneProcess(): Promise<BuiltProcess> {
  const { port } = new URL(fleet.api.url);
  await Promise.all([...fleet.apis.splice(0), ...fleet.workers.splice(0)].map((one) => one.end('SIGTERM')));
  fleet.clients.length = 0;
  fleet.workerUrls.length = 0;
  await fleet.redis.kill();
  return fleet.addStandalone({ PORT: port });
}

/** What it says of its Redis is that the password is wrong. */
async function namesThePassword(url: string): Promise<void> {
  const { details } = await until('the password is named', async () => {
    const [, found] = await health(url);
    return found.details['redis']?.['state'] === 'password' && found;
  });
  expect(details['redis']?.['message']).toContain('refuses the user name or password of REDIS_URL');
}

const inState = (id: string, status: string): Promise<InstanceView> =>
  until(`${id} is ${status}`, async () => {
    const instance = await fleet.api.get(id);
    return instance.status === status && instance;
  });

/** The control events of a new reader, in their order. */
async function firstEvents(): Promise<string> {
  const { body } = await fetch(`${fleet.api.url}/api/v1/events`, {
    headers: { authorization: `Bearer ${OPERATOR_KEY}` },
  });
  if (body === null) throw new Error('no stream');
  let text = '';
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes('event: degraded')) break;
  }
  return text;
}

/** The second begins with what the first has left. */
describe('processes that are started before Redis', () => {
  let kept: InstanceView;

  afterAll(() => fleet?.stop());

  it('as API and worker go on with what Novita lists, say so, and are healthy without a restart once an empty Redis is there', async () => {
    fleet = await Fleet.start({ apis: 0, workers: 0, env: PATIENT, redis: KEEPS_DATA, sandbox: { instances: 3 } });
    const ours = await createAtConsole(fleet.sandbox, `train${OURS}`);
    await fleet.redis.kill();
    await Promise.all([fleet.addApi(), fleet.addWorker({}, 'open')]);

    const page = await list();
    expect(page.body.total).toBe(4);
    expect(page.headers.get('x-data-source')).toBe('memory');
    const { headers, body: shown } = await fleet.api.request<InstanceView>('GET', `/api/v1/instances/${ours}`);
    expect(shown).toMatchObject({ id: ours, novitaInstanceId: ours, name: 'train', origin: 'managed', marker: OURS });
    expect(headers.get('x-data-source')).toBe('memory');
    expect(headers.get('x-data-as-of')).toBe(shown['observedAt']);
    const elsewhere = page.body.instances.filter(({ id }) => id !== ours);
    expect(elsewhere.map(({ origin }) => origin)).toEqual(['discovered', 'discovered', 'discovered']);
    const comprehensive = await fleet.api.request('GET', '/api/v1/instances/comprehensive');
    expect(comprehensive.status).toBe(200);

    const waits: number[] = [];
    for (let n = 0; n < 3; n++) {
      const before = performance.now();
      expect(await create('too-early')).toMatchObject({ status: 503, body: { retryable: true } });
      waits.push(performance.now() - before);
    }
    // It does not wait for Redis, which the quickest of them shows whatever else the machine does.
    expect(Math.min(...waits)).toBeLessThan(1_000);

    expect(await firstEvents()).toMatch(/event: connected\n.*\n\nevent: degraded/);
    const [apiCode, api] = await health(fleet.api.url);
    expect(apiCode).toBe(200);
    expect(api).toMatchObject({
      status: 'degraded',
      details: { store: { state: 'degraded' }, redis: { state: 'away' } },
    });
    const [workerCode, worker] = await health(workerUrl());
    expect(workerCode).toBe(503);
    expect(worker.details['redis']).toMatchObject({ status: 'down', state: 'away' });
    const metrics = await fleet.api.request<{ text: string }>('GET', '/metrics');
    expect(metrics.body.text).toContain('novita_fleet_store_state{state="degraded"} 1');

    await fleet.redis.start();
    await areHealthy();
    kept = await inState(String((await create('kept')).body['id']), 'ready');
    // Ours is adopted by the first sync, under an id of ours; its Novita id goes on finding it.
    const adopted = await until('ours has a record', async () => {
      const { body, status } = await fleet.api.request<InstanceView>('GET', `/api/v1/instances/${ours}`);
      return status === 200 && body.id !== ours && body;
    });
    expect(adopted).toMatchObject({ origin: 'adopted', marker: OURS, name: 'train' });
    expect((await list()).body.instances.filter(({ novitaInstanceId }) => novitaInstanceId === ours)).toHaveLength(1);
  });

  it('as one process do the same, find the records of before once their Redis is there, and buy and stop nothing meanwhile', async () => {
    const { id, novitaInstanceId: novitaId = '' } = kept;
    const standalone = await isStartedAgainAsOneProcess();
    expect(await health(fleet.api.url)).toMatchObject([200, { details: { store: { state: 'degraded' } } }]);
    expect(await fleet.api.get(novitaId)).toMatchObject({ id: novitaId, name: 'kept', origin: 'managed' });
    await fleet.redis.start();
    await areHealthy();
    expect(await fleet.api.get(novitaId)).toMatchObject({ id, name: 'kept', status: 'ready', desired: 'running' });
    expect((await list()).body.total).toBe(5);
    const calls = fleet.sandbox.world.callLog().map(({ operation }) => operation);
    // Of ours at the console, and of what was kept.
    expect(calls.filter((operation) => operation === 'createInstance')).toHaveLength(2);
    expect(calls).not.toContain('stopInstance');
    await inState(String((await create('second')).body['id']), 'ready');
    expect(await standalone.end('SIGTERM')).toBe(0);
  });
});

describe('what is started before a Redis that is of no use', () => {
  const RIGHT = 'right';
  const WRONG = 'wrong';
  let redisUrl: string;

  beforeEach(async () => {
    fleet = await Fleet.start({ apis: 0, workers: 0, redis: ['--requirepass', RIGHT] });
    redisUrl = `redis://:${WRONG}@127.0.0.1:${fleet.redis.port}`;
    await fleet.redis.kill();
  });
  afterEach(() => fleet.stop());

  it('as API and worker says what is wrong, and ends and says why once that Redis lets it in and is of another fleet', async () => {
    const env = { REDIS_URL: redisUrl };
    const processes = await Promise.all([fleet.addApi(env), fleet.addWorker(env, 'open')]);
    await fleet.redis.start();
    for (const url of [fleet.api.url, workerUrl()]) await namesThePassword(url);

    const admin = new Redis(`redis://:${RIGHT}@127.0.0.1:${fleet.redis.port}`);
    await admin.set('{novita-fleet}:fleet-id', 'them');
    await admin.config('SET', 'requirepass', WRONG);
    admin.disconnect();
    for (const process of processes) {
      expect(await process.ended).toBe(1);
      expect(process.output).toMatch(/FLEET_ID is \\"t3st\\".*belong to the fleet \\"them\\"/);
    }
  });

  it('says what is wrong and ends in order on a signal, as one process and as API and worker', async () => {
    const env = { REDIS_URL: redisUrl };
    const processes = await Promise.all([fleet.addStandalone(env), fleet.addApi(env), fleet.addWorker(env, 'open')]);
    await fleet.redis.start();
    for (const { url } of fleet.clients) await namesThePassword(url);
    await namesThePassword(workerUrl());
    expect(await Promise.all(processes.map((process) => process.end('SIGTERM')))).toEqual([0, 0, 0]);
  });
});
