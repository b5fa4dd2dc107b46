import { StoreUnavailableError } from '@app/instance-store';
import { Problem } from '@app/platform';
import { spendProblems } from '@app/spend';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const GOOD = { name: 'llama', productName: 'RTX 4090', image: 'nginx:latest' };

describe('the limit of what may be spent', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({ RATE_LIMIT_PER_MINUTE: '100000' });
  });
  afterAll(async () => {
    await api.stop();
  });

  const create = (body: unknown, headers = {}): ReturnType<TestApi['send']> =>
    api.send({ method: 'POST', url: '/api/v1/instances', body, headers });

  const rejection = new Problem(spendProblems['spend-limit-reached'], { detail: 'Today cost 250 USD.' });
  const key = { 'idempotency-key': 'key-1' };

  beforeEach(() => {
    api.commands.calls.length = 0;
    api.commands.repeatKeys.length = 0;
    api.commands.createdBefore = null;
    api.spend.rejection = rejection;
    api.spend.startRejection = null;
  });

  it('refuses a create, which then is not kept as the answer to its key', async () => {
    for (const headers of [{}, { 'idempotency-key': 'key-0' }]) {
      const answer = await create(GOOD, headers);
      expect(answer.status).toBe(402);
      expect(answer.json).toMatchObject({ code: 'spend-limit-reached' });
    }
    expect(api.commands.calls).toEqual([]);
    api.spend.rejection = null;
    expect((await create(GOOD, { 'idempotency-key': 'key-0' })).status).toBe(201);
  });

  it('of one create is a price of more than 0', async () => {
    api.spend.rejection = null;
    for (const maxPricePerHour of [0, '1', [1]]) {
      const answer = await create({ ...GOOD, maxPricePerHour });
      expect(answer.status).toBe(400);
      expect(answer.json['errors']).toMatchObject([{ pointer: '/maxPricePerHour' }]);
    }
    expect((await create({ ...GOOD, maxPricePerHour: 0.35 })).status).toBe(201);
    expect(api.commands.calls).toHaveLength(1);
    expect(JSON.stringify(api.commands.calls[0])).toContain('"maxPricePerHour":0.35');
  });

  it('is asked about after what is wrong with the request itself', async () => {
    expect((await create({ ...GOOD, gpuNum: 0 })).status).toBe(400);
  });

  it('lets the repeat of an accepted create answer the same', async () => {
    api.spend.rejection = null;
    const first = await create(GOOD, key);
    api.spend.rejection = rejection;
    const repeat = await create(GOOD, key);
    expect(repeat.status).toBe(201);
    expect(repeat.text).toBe(first.text);
    expect(repeat.headers['location']).toBe(first.headers['location']);
    expect(api.commands.calls).toHaveLength(1);
  });

  it('lets the repeat of a create answer whose answer was lost', async () => {
    api.commands.createdBefore = { record: Object.freeze(anInstance({ name: 'made-before' })), lastUsedAt: null };
    const answer = await create(GOOD, { 'idempotency-key': 'key-2' });
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({ id: api.commands.createdBefore.record.id, name: 'made-before' });
    expect(answer.headers['location']).toBe(`/api/v1/instances/${api.commands.createdBefore.record.id}`);
    expect(api.commands.calls).toEqual([]);
    expect(api.commands.repeatKeys).toHaveLength(1);
  });

  it('does not look for a repeat where nobody says that there was one, nor when the store is away', async () => {
    api.commands.createdBefore = api.commands.stored;
    expect((await create(GOOD)).status).toBe(402);
    api.spend.rejection = new StoreUnavailableError('no');
    expect((await create(GOOD, { 'idempotency-key': 'key-3' })).status).toBe(503);
    expect(api.commands.repeatKeys).toEqual([]);
  });

  it('lets an admin create and start over it, and nobody else', async () => {
    const url = '/api/v1/instances?overSpendLimit=true';
    const refused = await api.send({ method: 'POST', url, body: GOOD, as: 'operator' });
    expect([refused.status, refused.json]).toMatchObject([403, { code: 'forbidden' }]);
    expect((await api.send({ method: 'POST', url, body: GOOD, as: 'admin' })).status).toBe(201);
    expect(api.commands.calls).toMatchObject([{ command: 'create', target: { overSpendLimit: true } }]);
    api.spend.startRejection = rejection;
    const start = '/api/v1/instances/x1/start';
    expect((await api.send({ method: 'POST', url: start, as: 'admin' })).status).toBe(402);
    expect(
      (await api.send({ method: 'POST', url: '/api/v1/instances/start', body: { instanceName: 'a' } })).status,
    ).toBe(402);
    expect((await api.send({ method: 'POST', url: `${start}?overSpendLimit=true`, as: 'admin' })).status).toBe(202);
    expect(api.commands.calls.at(-1)).toMatchObject({ command: 'start', options: { overSpendLimit: true } });
    expect((await api.send({ method: 'POST', url: `${start}?overSpendLimit=yes`, as: 'admin' })).status).toBe(400);
  });

  it('is asked about by owner', async () => {
    api.spend.rejection = null;
    api.spend.purchases.length = 0;
    await create(GOOD);
    expect(api.spend.purchases).toEqual([{ kind: 'create', owner: expect.stringMatching(/^user:/) }]);
  });

  it('of creates alone leaves a start alone', async () => {
    expect((await api.send({ method: 'POST', url: '/api/v1/instances/x1/start' })).status).toBe(202);
  });
});
