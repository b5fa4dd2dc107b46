import { type InstanceId, type InstanceRecord, withOnlyToken } from '@app/instance-store';
import { aNewInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestAnswer, TestApi, type TestRequest } from '../../test/support/test-api.js';

describe('the token of an instance', () => {
  let api: TestApi;
  let id: InstanceId;

  beforeAll(async () => {
    api = await TestApi.start({ PUBLIC_URL: 'https://fleet.example.com/fleet/' });
  });
  afterAll(() => api.stop());

  beforeEach(async () => {
    api.store.clear();
    const envs = [{ key: 'HF_TOKEN', value: 'a-secret-of-the-instance' }];
    const record = aNewInstance({ status: 'ready', spec: { envs } });
    id = record.id;
    await api.metered.records.insert(record);
  });

  /** As a process shows it that has heard of the write. */
  async function issue(): Promise<string> {
    const answer = await api.send({ method: 'POST', url: `/api/v1/instances/${id}/token` });
    expect([answer.status, answer.headers['cache-control'], answer.json['instanceId']]).toEqual([201, 'no-store', id]);
    show(await stored());
    return String(answer.json['token']);
  }

  async function stored(): Promise<InstanceRecord> {
    const found = await api.metered.records.get(id);
    if (found === null) throw new Error('it is gone');
    return found.record;
  }

  const show = (record: InstanceRecord) => api.store.put(record);

  const sendAs = (token: string, request: TestRequest): Promise<TestAnswer> =>
    api.send({ ...request, as: null, headers: { authorization: `Bearer ${token}` } });

  it('reads its instance without its secrets, reports its use under its own name, and leases it', async () => {
    const token = await issue();
    const url = `/api/v1/instances/${id}`;
    const read = await sendAs(token, { url });
    expect([read.status, read.json['id'], read.json['envs']]).toEqual([200, id, [{ key: 'HF_TOKEN' }]]);
    expect(read.json['tokenIssuedAt']).toBe(api.clock.timestamp());
    expect(read.headers['ratelimit']).toContain('"key";r=599');
    expect((await sendAs(token, { method: 'PUT', url: `${url}/last-used` })).status).toBe(200);
    expect(api.store.touches.map(({ by }) => by)).toEqual([`user:instance:${id}`]);
    expect((await sendAs(token, { method: 'PUT', url: `/api/instances/${id}/last-used` })).status).toBe(200);
    const lease = await sendAs(token, { method: 'PUT', url: `${url}/lease`, body: { minutes: 5, reason: 'a run' } });
    expect(lease.status).toBe(200);
    expect((await sendAs(token, { method: 'DELETE', url: `${url}/lease` })).status).toBe(200);
    expect(api.log.lines.join('')).not.toContain(token.slice(-64));
  });

  it('asks Novita for nothing, however fresh it wants its instance', async () => {
    const headers = { authorization: `Bearer ${await issue()}`, prefer: 'min-fresh=0' };
    const read = await api.send({ url: `/api/v1/instances/${id}`, as: null, headers });
    expect([read.status, read.headers['preference-applied']]).toEqual([200, undefined]);
    expect(api.commands.calls.filter(({ command }) => command === 'refresh')).toEqual([]);
  });

  it('says what it may do where it may not', async () => {
    const token = await issue();
    const refused = await sendAs(token, { method: 'POST', url: `/api/v1/instances/${id}/stop` });
    expect(refused.json).toMatchObject({
      status: 403,
      code: 'forbidden',
      detail: `The token of instance ${id} may read this instance, report its use, and take or end its lease; nothing else.`,
    });
  });

  it('is not accepted any more once another was made, it was revoked, or the instance is deleted', async () => {
    const first = await issue();
    const second = await issue();
    const statusOf = async (token: string): Promise<number> =>
      (await sendAs(token, { url: `/api/v1/instances/${id}` })).status;
    expect([await statusOf(first), await statusOf(second)]).toEqual([401, 200]);
    const before = await stored();
    show({ ...before, desired: { ...before.desired, state: 'deleted' } });
    expect(await statusOf(second)).toBe(401);
    show({ ...before, status: 'terminated' });
    expect(await statusOf(second)).toBe(401);
    const revoked = await api.send({ method: 'DELETE', url: `/api/v1/instances/${id}/token` });
    expect([revoked.status, revoked.json['tokenIssuedAt']]).toEqual([200, undefined]);
    show(await stored());
    expect(await statusOf(second)).toBe(401);
  });

  it('of a wrong kind is counted as a failed key of its address', async () => {
    await issue();
    const guess = async (): Promise<number> => {
      const headers = { authorization: `Bearer nft_${id}_${'0'.repeat(64)}` };
      return (await api.send({ url: `/api/v1/instances/${id}`, as: null, headers, from: '198.51.100.9' })).status;
    };
    for (let count = 0; count < 30; count++) expect(await guess()).toBe(401);
    expect(await guess()).toBe(429);
  });

  it('has a budget of its own, whatever others spend', async () => {
    const token = await issue();
    const other = aNewInstance({ status: 'ready' });
    const at = other.timestamps.created;
    const otherToken = `nft_${other.id}_${'1'.repeat(64)}`;
    show(withOnlyToken({ ...other, revision: 1 }, otherToken, at));
    const left = async (whose: string, of: string): Promise<string> =>
      String((await sendAs(whose, { url: `/api/v1/instances/${of}` })).headers['ratelimit']);
    expect(await left(token, id)).toContain('r=599');
    expect(await left(token, id)).toContain('r=598');
    expect(await left(otherToken, other.id)).toContain('r=599');
  });

  it('is given at a create under the address of PUBLIC_URL, and refused without one by the name of the field', async () => {
    const body = { name: 'train', productName: 'RTX 4090', image: 'nginx', reportToken: true };
    expect((await api.send({ method: 'POST', url: '/api/v1/instances', body })).status).toBe(201);
    expect(api.commands.calls.at(-1)?.target).toMatchObject({
      reportTo: 'https://fleet.example.com/fleet/api/v1/instances',
    });
    const without = await TestApi.start();
    const refused = await without.send({ method: 'POST', url: '/api/v1/instances', body });
    await without.stop();
    expect(refused.json).toMatchObject({ code: 'validation-failed', errors: [{ pointer: '/reportToken' }] });
    expect(without.commands.calls).toEqual([]);
  });
});
