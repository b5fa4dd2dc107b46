import { Draining, Problem } from '@app/platform';
import { SYNC_KINDS, type SyncKind, syncProblems } from '@app/sync';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { aReport } from '../../test/support/sync-fakes.js';
import { type TestAnswer, TestApi } from '../../test/support/test-api.js';

describe('POST /instances/sync', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.sync.clear();
    api.syncs.clear();
  });

  const sync = (body?: unknown, query = '', at = api): Promise<TestAnswer> =>
    at.send({ method: 'POST', url: `/api/v1/instances/sync${query}`, ...(body !== undefined && { body }) });

  it('answers with every member of the envelope', async () => {
    for (const url of ['/api/v1/instances/sync', '/api/instances/sync']) {
      const answer = await api.send({ method: 'POST', url, body: { handleObsoleteInstances: true } });
      expect(answer.status).toBe(200);
      expect(answer.json).toEqual({
        success: true,
        message: 'Instances synchronized successfully',
        data: {
          beforeSync: 5,
          afterSync: 3,
          novitaInstances: 3,
          localInstances: 5,
          mergedInstances: 3,
          totalInstances: 3,
          instancesRemoved: 4,
          duration: 1_250,
          timestamp: '2026-01-01T12:00:00.000Z',
          options: { forceSync: false, handleObsoleteInstances: true, dryRun: false, resources: [...SYNC_KINDS] },
          updated: 1,
          created: 2,
          adopted: 3,
          markedTerminated: 5,
          leftMissing: 6,
          joined: false,
          runId: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
          failures: [],
        },
      });
    }
  });

  it.each([
    ['no body', undefined],
    ['an empty body', ''],
    ['an empty object', {}],
  ])('takes %s for the usual options, and waits for a minute', async (_what, body) => {
    await sync(body);
    expect(api.syncs.calls).toMatchObject([
      {
        options: { forceSync: false, handleObsoleteInstances: true, dryRun: false, resources: SYNC_KINDS },
        caller: 'the-operator',
        wait: false,
        patienceMs: 60_000,
      },
    ]);
  });

  it('hands on what is asked for', async () => {
    const body = { forceSync: true, handleObsoleteInstances: false, dryRun: true, resources: ['jobs', 'instances'] };
    await sync(body, '?wait=true');
    expect(api.syncs.calls).toMatchObject([
      { options: { forceSync: true, handleObsoleteInstances: false, dryRun: true }, wait: true },
    ]);
    expect(api.syncs.calls[0]?.options.resources).toEqual(['instances', 'jobs']);
  });

  it.each([
    [{ dryrun: true }, '/dryrun'],
    [{ forceSync: 'yes' }, '/forceSync'],
    [{ dryRun: 1 }, '/dryRun'],
    [{ resources: 'instances' }, '/resources'],
    [{ resources: [] }, '/resources'],
    [{ resources: ['jobs', 'jobs'] }, '/resources/1'],
    [{ resources: ['instances', 'pods'] }, '/resources/1'],
    [{ resources: [null] }, '/resources/0'],
    [['instances'], ''],
  ])('refuses %j rather than do something else', async (body, pointer) => {
    const answer = await sync(body);
    expect(answer.status).toBe(400);
    expect(answer.json['errors']).toMatchObject([{ pointer }]);
    expect(api.syncs.calls).toEqual([]);
  });

  it.each(['?wait=maybe', '?wait=', '?waits=true'])('refuses %s', async (query) => {
    expect((await sync({}, query)).status).toBe(400);
    expect(api.syncs.calls).toEqual([]);
  });

  it('lists what a dry run would do', async () => {
    const action = {
      action: 'remove',
      instanceId: 'ins_1',
      novitaInstanceId: 'n1',
      name: 'a',
      reason: 'gone',
    } as const;
    const options = { ...aReport().options, dryRun: true };
    api.syncs.answer = {
      kind: 'finished',
      joined: false,
      report: aReport({ options, actions: [action], actionCount: 1 }),
    };
    const { json } = await sync({ dryRun: true });
    expect(json).toMatchObject({
      success: true,
      message: 'Dry run: nothing was changed; 1 action would be carried out',
      data: { actions: [action], actionCount: 1, options: { dryRun: true } },
    });
  });

  it('reports a listing that is held, one that is unclean, and a run that was joined', async () => {
    const held = { since: aReport().startedAt, reason: 'lacks 40 of 100', wouldRemove: 40 };
    api.syncs.answer = { kind: 'finished', joined: true, report: aReport({ held, unclean: 'total changed' }) };
    expect((await sync({})).json).toMatchObject({
      success: true,
      message: expect.stringContaining('held back') as string,
      data: { held, unclean: 'total changed', joined: true },
    });
  });

  it('leaves out the number of instances at Novita when they were not listed', async () => {
    api.syncs.answer = {
      kind: 'finished',
      joined: false,
      report: aReport({ novitaInstances: null, options: { ...aReport().options, resources: ['templates'] } }),
    };
    const { json } = await sync({ resources: ['templates'] });
    expect(json['message']).toBe('Catalogue synchronized successfully');
    expect(json['data']).not.toHaveProperty('novitaInstances');
    expect(json['data']).not.toHaveProperty('mergedInstances');
    expect(Object.values(json['data'] as object)).not.toContain(null);
  });

  const failed = (...resources: SyncKind[]): Partial<ReturnType<typeof aReport>> => ({
    outcome: 'failed',
    error: resources.map((resource) => `${resource}: Novita\nanswered 500`).join('; '),
    failures: resources.map((resource) => ({ resource, error: 'Novita\nanswered 500' })),
  });

  it('says what could not be read beside what was done', async () => {
    api.syncs.answer = { kind: 'finished', joined: false, report: aReport(failed('templates', 'jobs')) };
    const answer = await sync();
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      success: false,
      message: 'Synchronized except for templates, jobs',
      data: { failures: [{ resource: 'templates', error: 'Novita answered 500' }, { resource: 'jobs' }] },
    });
  });

  it.each([
    ['the instances failed', failed('instances')],
    [
      'all that was asked for failed',
      { ...failed('jobs'), options: { ...aReport().options, resources: ['jobs'] as const } },
    ],
    ['it failed by itself', { outcome: 'failed', error: 'the store is away' } as const],
  ])('is a failure when %s', async (_what, change) => {
    api.syncs.answer = { kind: 'finished', joined: false, report: aReport(change) };
    const answer = await sync();
    expect(answer.status).toBe(502);
    expect(answer.json).toMatchObject({
      code: 'sync-failed',
      retryable: true,
      detail: `The sync failed: ${(change.error ?? '').replaceAll('\n', ' ')}`,
      runId: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
    });
  });

  it('says where to read on when it takes longer than the caller waits', async () => {
    api.syncs.answer = { kind: 'running', runId: 'r1' };
    const answer = await sync();
    expect(answer.status).toBe(202);
    expect(answer.headers['location']).toBe('/api/v1/sync/status');
    expect(answer.json).toEqual({
      success: true,
      message: expect.any(String) as string,
      data: { runId: 'r1', status: 'running' },
    });
  });

  it('answers with the headers of its end, not of its beginning', async () => {
    api.sync.set({ state: 'completed', endedAt: aReport().endedAt, startedAt: aReport().startedAt });
    api.syncs.answer = async () => {
      api.sync.set({ state: 'in_progress', step: 'sync' });
      return { kind: 'running', runId: 'r1' };
    };
    const { headers } = await sync();
    expect(headers).toMatchObject({ 'x-sync-status': 'in_progress', 'x-sync-step': 'sync', 'x-sync-progress': '0/9' });
    expect(headers).not.toHaveProperty('x-sync-end-time');
    expect(headers).not.toHaveProperty('x-sync-duration');
  });

  it('refuses a second one with who runs the first, and for how long', async () => {
    api.syncs.failure = new Problem(syncProblems['sync-in-progress'], {
      detail: 'A sync runs.',
      retryAfterSeconds: 7,
      extensions: { owner: 'worker@host:1', ageSeconds: 12 },
    });
    const answer = await sync();
    expect(answer.status).toBe(409);
    expect(answer.headers['retry-after']).toBe('7');
    expect(answer.json).toMatchObject({ code: 'sync-in-progress', owner: 'worker@host:1', ageSeconds: 12 });
  });

  it('says that there is no worker', async () => {
    api.syncs.failure = new Problem(syncProblems['no-worker'], { detail: 'None.' });
    const answer = await sync();
    expect(answer.status).toBe(503);
    expect(answer.json['code']).toBe('no-worker');
  });

  it('ends the wait when the process drains, and says where the run can be followed', async () => {
    const draining = await TestApi.start();
    onTestFinished(() => draining.stop());
    draining.syncs.answer = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        draining.app.get(Draining).begin();
      });
    const answer = await sync({}, '', draining);
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({
      code: 'shutting-down',
      suggestion: expect.stringContaining('/api/v1/sync/status') as string,
    });
  });

  it('gives the first answer again under its Idempotency-Key', async () => {
    const send = (): Promise<TestAnswer> =>
      api.send({ method: 'POST', url: '/api/v1/instances/sync', headers: { 'idempotency-key': 'k' } });
    const first = await send();
    const again = await send();
    expect(again.text).toBe(first.text);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(api.syncs.calls).toHaveLength(1);
  });

  it('needs an operator', async () => {
    expect((await api.send({ method: 'POST', url: '/api/v1/instances/sync', as: 'viewer' })).status).toBe(403);
    expect(api.syncs.calls).toEqual([]);
  });
});
