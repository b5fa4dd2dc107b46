import { anInstance } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../../test/support/test-api.js';

const CREATE = { name: 'a', productName: 'RTX 4090', image: 'nginx' };

describe('input that is not valid', () => {
  let api: TestApi;
  const record = anInstance({ status: 'ready' });

  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '100000' });
    api.autoStop.stored = { record: Object.freeze(record), lastUsedAt: null };
  });
  afterAll(async () => {
    await api.stop();
  });

  const errorsOf = async (method: 'GET' | 'POST' | 'PUT' | 'PATCH', url: string, body?: unknown): Promise<unknown> => {
    const answer = await api.send({ method, url, body, headers: { 'if-match': '*' } });
    expect(answer.status).toBe(400);
    return answer.json['errors'];
  };

  it.each([
    [{ name: undefined }, '/name', 'is missing; it must be text'],
    [{ name: 5 }, '/name', 'must be text, not a number'],
    [{ gpuNum: '1' }, '/gpuNum', 'must be a whole number from 1 to 8, not text'],
    [{ gpuNum: 9 }, '/gpuNum', 'must be a whole number from 1 to 8'],
    [{ templateId: 212 }, '/templateId', 'must be text, not a number'],
    [{ minCudaVersion: 12.4 }, '/minCudaVersion', 'must be a version as text, such as "12.4", not a number'],
    [{ ports: '22/tcp' }, '/ports', 'must be a list such as ["8080/http"], not text'],
    [{ ports: ['22/tcp', 80] }, '/ports/1', 'must be text such as 8080/http, not a number'],
    [{ envs: { A: 'b' } }, '/envs', 'must be a list such as [{"key": "MODEL", "value": "llama"}], not an object'],
    [{ envs: [null] }, '/envs/0', 'must be an object such as {"key": "MODEL", "value": "llama"}'],
    [{ envs: [{ key: 'A' }] }, '/envs/0/value', 'is missing; it must be text'],
    [
      { envs: [{ key: 'A\u0001', value: '' }] },
      '/envs/0/key',
      'must be a name without =, spaces or control characters',
    ],
    [{ autoStop: 'off' }, '/autoStop', 'must be an object such as {"enabled": true, "thresholdMinutes": 20}, not text'],
    [{ webhookUrl: true }, '/webhookUrl', 'must be an http or https address, not true'],
    [{ productNam: 'RTX 4090' }, '/productNam', 'is not a known member; the nearest is productName'],
  ])('reports one violation of a create with %j', async (wrong, pointer, detail) => {
    expect(await errorsOf('POST', '/api/v1/instances', { ...CREATE, ...wrong })).toEqual([{ pointer, detail }]);
  });

  it.each([
    [{ productName: undefined }, '/productName', 'is missing; give productName or productId, which GET'],
    [{ productId: '4090' }, '/productId', 'must be left out where productName is given'],
    [{ image: undefined }, '/image', 'is missing; give image, or a templateId'],
    [{ ports: ['70000/http'] }, '/ports/0', 'must be a port from 1 to 65535'],
    [{ ports: ['2222/tcp'] }, '/ports/0', 'must be another port than 2222: Novita keeps'],
    [{ ports: ['80/tcp', '80/http'] }, '/ports/1', 'must be another port than 80, which stands there already'],
    [
      { autoStop: { thresholdMinutes: '5' } },
      '/autoStop/thresholdMinutes',
      'must be a number of minutes, not text; to',
    ],
  ])('says what a create with %j lacks, as a sentence about the member', async (wrong, pointer, detail) => {
    expect(await errorsOf('POST', '/api/v1/instances', { ...CREATE, ...wrong })).toEqual([
      { pointer, detail: expect.stringContaining(detail) as string },
    ]);
  });

  it.each([
    [{}, '', 'must hold autoStop, maxLifetimeMinutes or webhookUrl'],
    [
      { autoStop: null },
      '/autoStop',
      'must be an object such as {"enabled": true, "thresholdMinutes": 20}, not null; for the fleet\'s default give its members as null',
    ],
  ])('says what settings %j lack', async (body, pointer, detail) => {
    expect(await errorsOf('PATCH', `/api/v1/instances/${record.id}`, body)).toEqual([{ pointer, detail }]);
  });

  it.each(['instances/stop-all', 'instances/auto-stop/trigger'])(
    'refuses null for the dry run of %s, which would stop instances if it were left out',
    async (path) => {
      const detail = expect.stringContaining('must be true or false');
      expect(await errorsOf('POST', `/api/v1/${path}`, { dryRun: null })).toEqual([{ pointer: '/dryRun', detail }]);
    },
  );

  it.each([
    ['PUT', 'lease', { minutes: '5', reason: 'x' }, '/minutes'],
    ['PUT', 'lease', { minutes: 5, reason: 7 }, '/reason'],
    ['PUT', 'lease', { minutes: 5, until: '2027-01-01T00:00:00Z', reason: 'x' }, '/minutes'],
    ['PUT', 'lease', { until: '2026-11-29T11:55:09', reason: 'x' }, '/until'],
    ['PUT', 'lease', { until: '2026-02-30T11:55:09Z', reason: 'x' }, '/until'],
    ['PUT', 'lease', { until: 1_772_359_201_000, reason: 'x' }, '/until'],
    ['PUT', 'last-used', { lastUsedAt: '2026-01-01T11:00:00' }, '/lastUsedAt'],
    ['PUT', 'last-used', { lastUsedAt: '2026-01-01' }, '/lastUsedAt'],
  ] as const)('%s …/%s %j: reports one violation, of %s', async (method, part, body, pointer) => {
    const errors = await errorsOf(method, `/api/v1/instances/${record.id}/${part}`, body);
    expect(errors).toEqual([{ pointer, detail: expect.any(String) as string }]);
  });

  it.each([
    ['?limit=', '?limit', 'must be a whole number from 1 to 200'],
    ['?limit=1e2', '?limit', 'must be a whole number from 1 to 200'],
    ['?limit=0', '?limit', 'must be a whole number from 1 to 200'],
    ['?limit=201', '?limit', 'must be a whole number from 1 to 200'],
    ['?limit=0x10', '?limit', 'must be a whole number from 1 to 200'],
    ['?limit=5&limit=6', '?limit', 'must be given once'],
    ['?search=a&search=b', '?search', 'must be given once'],
    ['?sort=name&sort=-name', '?sort', 'must be given once'],
    ['?nam=x', '?nam', 'is not a known member; the nearest is name'],
  ])('a list with %s', async (query, pointer, detail) => {
    expect(await errorsOf('GET', `/api/v1/instances${query}`)).toEqual([{ pointer, detail }]);
  });
});

describe('null for an optional member', () => {
  let api: TestApi;
  const record = anInstance({ status: 'ready' });

  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '100000' });
    api.autoStop.stored = { record: Object.freeze(record), lastUsedAt: null };
    api.store.put(record);
  });
  afterAll(async () => {
    await api.stop();
  });

  it('counts as left out', async () => {
    const nulls = {
      productId: null,
      templateId: null,
      gpuNum: null,
      rootfsSize: null,
      region: null,
      billingMode: null,
      ports: null,
      envs: null,
      command: null,
      entrypoint: null,
      imageAuthId: null,
      networkStorages: null,
      minCudaVersion: null,
      webhookUrl: null,
      autoStop: null,
    };
    const at = `/api/v1/instances/${record.id}`;
    const asked = [
      ['POST', '/api/v1/instances', { ...CREATE, ...nulls }, 201],
      ['POST', '/api/v1/instances', { ...CREATE, autoStop: { enabled: null, thresholdMinutes: null } }, 201],
      ['PUT', `${at}/lease`, { until: null, minutes: 5, reason: 'x' }, 200],
      ['PUT', `${at}/last-used`, { lastUsedAt: null, source: null }, 200],
      [
        'POST',
        '/api/v1/instances/sync',
        { forceSync: null, handleObsoleteInstances: null, dryRun: null, resources: null },
        200,
      ],
    ] as const;
    for (const [method, url, body, status] of asked) {
      const answer = await api.send({ method, url, body });
      expect([url, answer.status, answer.text.slice(0, 300)]).toEqual([url, status, expect.any(String)]);
    }
  });
});
