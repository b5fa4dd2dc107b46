import { instanceIdFromUlid, StoreUnavailableError, WriteOutcomeUnknownError } from '@app/instance-store';
import { QueueUnavailableError } from '@app/jobs';
import { lifecycleProblems } from '@app/lifecycle';
import {
  NovitaInsufficientBalanceError,
  NovitaInsufficientResourceError,
  NovitaRateLimitedError,
  NovitaTimeoutError,
  NovitaUnauthorizedError,
} from '@app/novita-client';
import { Problem } from '@app/platform';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const UNKNOWN_ID = instanceIdFromUlid('01K0000000000000000000000A');
const GOOD = { name: 'llama', productName: 'RTX 4090', image: 'nginx:latest' };

describe('writing instances', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '100000' });
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.commands.failure = null;
    api.commands.outcome = 'accepted';
    api.commands.stored = { record: Object.freeze(anInstance()), lastUsedAt: null };
    api.commands.calls.length = 0;
  });

  const create = (body: unknown, headers = {}): ReturnType<TestApi['send']> =>
    api.send({ method: 'POST', url: '/api/v1/instances', body, headers });

  describe('create', () => {
    it('hands the command on and answers where the instance is', async () => {
      const answer = await create({
        ...GOOD,
        gpuNum: 2,
        rootfsSize: 100,
        region: 'CN-HK-01',
        billingMode: 'spot',
        ports: ['8080/http', '22/tcp'],
        envs: [{ key: 'A', value: '' }],
        command: 'run',
        entrypoint: '/bin/sh',
        imageAuthId: 'auth',
        networkStorages: [{ id: 'storage' }],
        minCudaVersion: '12.4',
        webhookUrl: 'http://hooks:8080/x',
        autoStop: { enabled: true, thresholdMinutes: 0.5 },
        maxLifetimeMinutes: 480,
      });
      expect(answer.status).toBe(201);
      const { record } = api.commands.stored;
      expect(answer.headers['location']).toBe(`/api/v1/instances/${record.id}`);
      expect(answer.headers['etag']).toBe('"1"');
      expect(answer.json).toMatchObject({ id: record.id, status: 'creating', confirmedAt: null });
      expect(api.commands.calls).toEqual([
        {
          command: 'create',
          caller: 'the-operator',
          target: {
            ...GOOD,
            gpuNum: 2,
            rootfsSize: 100,
            region: 'CN-HK-01',
            billingMode: 'spot',
            ports: [
              { port: 8080, protocol: 'http' },
              { port: 22, protocol: 'tcp' },
            ],
            envs: [{ key: 'A', value: '' }],
            command: 'run',
            entrypoint: '/bin/sh',
            imageAuthId: 'auth',
            networkStorages: [{ id: 'storage', mountPoint: '/network' }],
            minCudaVersion: '12.4',
            webhookUrl: 'http://hooks:8080/x',
            autoStop: { enabled: true, thresholdMinutes: 0.5 },
            maxLifetimeMinutes: 480,
          },
        },
      ]);
    });

    it('invents nothing that was not asked for', async () => {
      await create({ name: 'x', productId: 'p', templateId: 't' });
      expect(api.commands.calls[0]?.target).toEqual({ name: 'x', productId: 'p', templateId: 't' });
    });

    it.each([
      ['gpuNum 0', { gpuNum: 0 }, '/gpuNum'],
      ['gpuNum 9', { gpuNum: 9 }, '/gpuNum'],
      ['gpuNum as text', { gpuNum: '1' }, '/gpuNum'],
      ['gpuNum 1.5', { gpuNum: 1.5 }, '/gpuNum'],
      ['rootfsSize 9', { rootfsSize: 9 }, '/rootfsSize'],
      ['rootfsSize 6145', { rootfsSize: 6145 }, '/rootfsSize'],
      ['a name of 300 characters', { name: 'a'.repeat(300) }, '/name'],
      ['an empty name', { name: '' }, '/name'],
      ['a name with a space', { name: 'a b' }, '/name'],
      ['no name', { name: undefined }, '/name'],
      ['port 2222', { ports: ['8080/http', '2222/tcp'] }, '/ports/1'],
      ['port 0', { ports: ['0/http'] }, '/ports/0'],
      ['port 65536', { ports: ['65536/http'] }, '/ports/0'],
      ['a port without protocol', { ports: ['8080'] }, '/ports/0'],
      ['a port with another protocol', { ports: ['8080/udp'] }, '/ports/0'],
      ['a port twice', { ports: ['80/http', '80/tcp'] }, '/ports/1'],
      ['a port that is a number', { ports: [8080] }, '/ports/0'],
      ['ports as one text', { ports: '80/http' }, '/ports'],
      ['16 ports', { ports: Array.from({ length: 16 }, (_, i) => `${i + 1}/http`) }, '/ports'],
      ['101 variables', { envs: Array.from({ length: 101 }, (_, i) => ({ key: `K${i}`, value: '' })) }, '/envs'],
      ['a variable without a value', { envs: [{ key: 'A' }] }, '/envs/0/value'],
      ['a variable with = in its name', { envs: [{ key: 'A=B', value: '' }] }, '/envs/0/key'],
      [
        'a variable twice',
        {
          envs: [
            { key: 'A', value: '' },
            { key: 'A', value: '' },
          ],
        },
        '/envs/1/key',
      ],
      ['a variable with a long value', { envs: [{ key: 'A', value: 'x'.repeat(4096) }] }, '/envs/0/value'],
      ['a variable that is a text', { envs: ['A=B'] }, '/envs/0'],
      ['an unknown member of a variable', { envs: [{ key: 'A', value: '', secret: 1 }] }, '/envs/0/secret'],
      ['a long command', { command: 'x'.repeat(2048) }, '/command'],
      [
        'a relative mount point',
        { networkStorages: [{ id: 's', mountPoint: 'data' }] },
        '/networkStorages/0/mountPoint',
      ],
      ['a CUDA version in words', { minCudaVersion: 'twelve' }, '/minCudaVersion'],
      ['an unknown billing mode', { billingMode: 'free' }, '/billingMode'],
      ['a webhook that is a file', { webhookUrl: 'file:///etc/passwd' }, '/webhookUrl'],
      ['a webhook with a password', { webhookUrl: 'https://u:p@host/' }, '/webhookUrl'],
      ['a threshold of 0', { autoStop: { thresholdMinutes: 0 } }, '/autoStop/thresholdMinutes'],
      ['a threshold "off"', { autoStop: { thresholdMinutes: 'off' } }, '/autoStop/thresholdMinutes'],
      ['a lifetime of 0', { maxLifetimeMinutes: 0 }, '/maxLifetimeMinutes'],
      ['a lifetime as a text', { maxLifetimeMinutes: '8h' }, '/maxLifetimeMinutes'],
      ['an unknown member of autoStop', { autoStop: { after: 5 } }, '/autoStop/after'],
      ['autoStop as a text', { autoStop: 'yes' }, '/autoStop'],
      ['an image with a space', { image: 'nginx latest' }, '/image'],
      ['neither image nor template', { image: undefined }, '/image'],
      ['neither product name nor id', { productName: undefined }, '/productName'],
      ['both product name and id', { productId: 'p' }, '/productId'],
      ['an unknown member', { gpus: 1 }, '/gpus'],
    ])('refuses %s and names it', async (_what, change, pointer) => {
      const answer = await create({ ...GOOD, ...change });
      expect(answer.status).toBe(400);
      expect(answer.json['code']).toBe('validation-failed');
      expect(answer.json['errors']).toEqual([{ pointer, detail: expect.any(String) as string }]);
      expect(api.commands.calls).toEqual([]);
    });

    it('reports all violations at once, and no submitted value', async () => {
      const answer = await create({ name: 'no spaces please', gpuNum: 9, token: 'hush-hush' });
      const pointers = (answer.json['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
      expect(pointers.toSorted()).toEqual(['/gpuNum', '/name', '/token']);
      expect(answer.text).not.toContain('hush-hush');
    });

    it.each([
      ['null', 'null'],
      ['a list', '[]'],
      ['a text', '"x"'],
      ['nothing', ''],
    ])('refuses %s for a body', async (_what, body) => {
      const answer = await create(body);
      expect(answer.status).toBe(400);
      expect(answer.json['code']).toBe('validation-failed');
    });

    it.each([
      [
        'an unknown product with the nearest ones',
        new Problem(lifecycleProblems['unknown-product'], {
          detail: 'No product "RTX 409".',
          errors: [{ pointer: '/productName', detail: 'nearest: RTX 4090 24GB' }],
          extensions: { nearest: ['RTX 4090 24GB'] },
        }),
        422,
        {
          code: 'unknown-product',
          nearest: ['RTX 4090 24GB'],
          errors: [{ pointer: '/productName', detail: 'nearest: RTX 4090 24GB' }],
        },
      ],
      [
        'an unknown region with the nearest ones',
        new Problem(lifecycleProblems['unknown-region'], {
          detail: 'No region.',
          extensions: { nearest: ['CN-HK-01'] },
        }),
        422,
        { code: 'unknown-region', nearest: ['CN-HK-01'] },
      ],
      [
        'a missing template',
        new Problem(lifecycleProblems['unknown-template'], { detail: 'No template.' }),
        422,
        { code: 'unknown-template' },
      ],
      [
        "Novita's 401",
        new NovitaUnauthorizedError('no', { call: 'GET /products' }),
        502,
        { code: 'provider-unauthorized', retryable: false },
      ],
      [
        "Novita's 429",
        new NovitaRateLimitedError('no', { call: 'GET /products', retryAfterMs: 2_500 }),
        503,
        { code: 'provider-rate-limited', retryable: true },
      ],
      ['out of stock', new NovitaInsufficientResourceError('no', { call: 'c' }), 409, { code: 'resource-constraints' }],
      [
        'out of balance',
        new NovitaInsufficientBalanceError('no', { call: 'c' }),
        402,
        { code: 'insufficient-balance' },
      ],
      ['a timeout', new NovitaTimeoutError('no', { call: 'c' }), 502, { code: 'network-error', retryable: true }],
      ['a queue that is away', new QueueUnavailableError('no'), 503, { code: 'outcome-unknown', retryable: false }],
      [
        'a queue that Redis refuses',
        new QueueUnavailableError('no', {
          cause: Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' }),
        }),
        503,
        {
          code: 'dependency-unavailable',
          detail: 'Redis is full: it has reached its maxmemory and takes no writes. The request was not carried out.',
        },
      ],
      ['a store that is away', new StoreUnavailableError('no'), 503, { code: 'dependency-unavailable' }],
      [
        'the lost answer to a write',
        new WriteOutcomeUnknownError(UNKNOWN_ID, new StoreUnavailableError('no')),
        503,
        { code: 'outcome-unknown', retryable: false, instanceId: UNKNOWN_ID },
      ],
      ['an error of ours', new Error('the secret inside'), 500, { code: 'internal-error', retryable: false }],
    ])('passes on %s', async (_what, failure, status, body) => {
      api.commands.failure = failure;
      const answer = await create(GOOD);
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.json).toMatchObject({ ...body, status, requestId: answer.headers['x-request-id'] });
      expect(answer.text).not.toContain('the secret inside');
      if (failure instanceof NovitaRateLimitedError) expect(answer.headers['retry-after']).toBe('3');
    });
  });

  describe('a command whose outcome nobody knows', () => {
    const failures = [
      ['outcome-unknown', new WriteOutcomeUnknownError(UNKNOWN_ID, new StoreUnavailableError('no'))],
      ['internal-error', new Error('a bug')],
    ] as const;
    const key = { 'idempotency-key': 'once' };

    it.each([
      ['a create without a key', 'POST', '', {}, false],
      ['a create with a key', 'POST', '', key, true],
      ['a start', 'POST', '/x1/start', {}, true],
      ['a stop', 'POST', '/x1/stop', {}, true],
      ['a delete', 'DELETE', '/x1', {}, true],
      ['a restart', 'POST', '/x1/restart', key, false],
      ['a change of settings', 'PATCH', '/x1', { 'if-match': '*' }, false],
    ] as const)('is to be repeated or not: %s', async (_what, method, path, headers, retryable) => {
      for (const [code, failure] of failures) {
        api.commands.failure = failure;
        const body = path === '' ? { body: GOOD } : method === 'PATCH' ? { body: { webhookUrl: null } } : {};
        const answer = await api.send({ method, url: `/api/v1/instances${path}`, headers, ...body });
        expect(answer.json).toMatchObject({ code, retryable });
        expect(answer.headers['retry-after'] === undefined).toBe(!(retryable && code === 'outcome-unknown'));
        expect(answer.json['suggestion']).not.toMatch(/^Try again/);
      }
    });
  });

  describe('delete', () => {
    it('is accepted, or was done before', async () => {
      const url = '/api/v1/instances/5f2c8d1e9a7b4c30';
      const accepted = await api.send({ method: 'DELETE', url });
      expect(accepted.status).toBe(202);
      expect(accepted.json).toMatchObject({
        instanceId: api.commands.stored.record.id,
        message: expect.stringContaining('terminated') as string,
      });
      api.commands.outcome = 'already';
      expect((await api.send({ method: 'DELETE', url })).status).toBe(200);
      expect(api.commands.calls[0]).toEqual({
        command: 'delete',
        target: '5f2c8d1e9a7b4c30',
        caller: 'the-operator',
        options: {},
      });
    });

    it('names the revision of If-Match', async () => {
      await api.send({ method: 'DELETE', url: '/api/v1/instances/x1', headers: { 'if-match': '"3"' } });
      expect(api.commands.calls[0]?.options).toEqual({ ifRevision: 3 });
    });
  });
});
