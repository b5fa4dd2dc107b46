import { type InstanceRecord, type NovitaInstanceId, StoreUnavailableError } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { Problem, timestampFromMs } from '@app/platform';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const ELSEWHERE: InstanceOverrides = { origin: 'discovered', status: 'running', createdBy: null };

describe('POST /instances/bulk', () => {
  let api: TestApi;
  let made = 0;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.store.instances.length = 0;
    api.commands.calls.length = 0;
    api.orphans.calls.length = 0;
    api.autoStop.calls.length = 0;
    api.commands.failure = null;
  });

  const put = (overrides: InstanceOverrides = {}): InstanceRecord => {
    made += 1;
    const novitaInstanceId = `n${made}` as NovitaInstanceId;
    return api.store.put(anInstance({ novitaInstanceId, name: `i${made}`, status: 'ready', ...overrides })).record;
  };
  const bulk = (body: object) => api.send({ method: 'POST', url: '/api/v1/instances/bulk', body });
  const stopped = { state: 'stopped', at: timestampFromMs(0), by: 'user:a' } as const;

  it('says what a stop would do, in dollars and by name, and does nothing', async () => {
    const cheap = put({ price: { usdPerHour: 1 } });
    const dear = put({ price: { usdPerHour: 3 } });
    const monthly = put({ price: { usdPerHour: 2 }, spec: { billingMode: 'monthly' } });
    const unpriced = put({ price: { usdPerHour: null } });
    put({ status: 'stopped', desired: stopped });
    put({ status: 'terminated' });
    put(ELSEWHERE);
    const answer = await bulk({ action: 'stop', filter: { status: 'all' }, dryRun: true });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      action: 'stop',
      dryRun: true,
      preview: {
        matching: 7,
        acting: 4,
        endsUsdPerHour: 4,
        beginsUsdPerHour: 0,
        unpriced: 1,
        skipped: expect.arrayContaining([
          { code: 'already', reason: 'It is so already.', instances: 1 },
          expect.objectContaining({ code: 'instance-terminated', instances: 1 }),
          expect.objectContaining({ code: 'not-adopted', instances: 1 }),
        ]),
        items: [
          { instanceId: dear.id, name: dear.name, status: 'ready', pricePerHour: 3 },
          { instanceId: monthly.id, name: monthly.name, status: 'ready', pricePerHour: 2 },
          { instanceId: cheap.id, name: cheap.name, status: 'ready', pricePerHour: 1 },
          { instanceId: unpriced.id, name: unpriced.name, status: 'ready' },
        ],
        ids: [dear.id, monthly.id, cheap.id, unpriced.id],
        digest: expect.stringMatching(/^[\w-]{22}$/),
      },
    });
    expect(api.commands.calls).toEqual([]);
  });

  it('says what a start would begin', async () => {
    put({ status: 'stopped', desired: stopped, price: { usdPerHour: 2 } });
    put({ status: 'stopped', desired: stopped, price: { usdPerHour: 4 }, spec: { billingMode: 'monthly' } });
    const { json } = await bulk({ action: 'start', filter: { status: ['stopped'] }, dryRun: true });
    expect(json['preview']).toMatchObject({ acting: 2, beginsUsdPerHour: 2, endsUsdPerHour: 0 });
  });

  it('acts on the named instances in their order, each on its own', async () => {
    const [first, second, third] = [put(), put(), put({ status: 'stopped', desired: stopped })];
    vi.spyOn(api.commands, 'run').mockImplementation(async (_command, id) => {
      if (id === second.id) throw new StoreUnavailableError('away');
      return { outcome: 'accepted', stored: api.commands.stored };
    });
    const ids = [second.id, first.novitaInstanceId, 'unknown', third.id];
    const { json } = await bulk({ action: 'stop', ids });
    expect(json).toEqual({
      action: 'stop',
      dryRun: false,
      outcome: {
        accepted: 1,
        skipped: 2,
        failed: 1,
        items: [
          expect.objectContaining({
            instanceId: second.id,
            outcome: 'failed',
            code: 'dependency-unavailable',
            retryable: true,
          }),
          { instanceId: first.id, name: first.name, outcome: 'accepted' },
          { instanceId: 'unknown', outcome: 'skipped', code: 'no-match', reason: expect.any(String) },
          expect.objectContaining({ instanceId: third.id, outcome: 'skipped', code: 'already' }),
        ],
      },
    });
    vi.restoreAllMocks();
  });

  it('reports an unforeseen error of one instance beside what became of the others', async () => {
    const [first, second] = [put(), put()];
    vi.spyOn(api.commands, 'run').mockImplementation(async (_command, id) => {
      if (id === first.id) throw new TypeError('no');
      return { outcome: 'accepted', stored: api.commands.stored };
    });
    const { json } = await bulk({ action: 'delete', ids: [first.id, second.id] });
    expect(json['outcome']).toMatchObject({ accepted: 1, failed: 1, items: [{ code: 'internal-error' }, {}] });
    vi.restoreAllMocks();
  });

  it('leaves those alone that do not match the filter any more', async () => {
    const [idle, busy] = [
      put({ timestamps: { ready: timestampFromMs(0) } }),
      put({ timestamps: { ready: api.clock.timestamp() } }),
    ];
    const { json } = await bulk({ action: 'stop', ids: [idle.id, busy.id], filter: { show: 'idle' } });
    expect(json['outcome']).toMatchObject({ accepted: 1, items: [{ outcome: 'accepted' }, { code: 'no-match' }] });
    expect(api.commands.calls.map(({ target }) => target)).toEqual([idle.id]);
  });

  it('acts on everything that matches only while that is what the dry run named', async () => {
    const first = put();
    const filter = { search: first.name };
    const { digest } = (await bulk({ action: 'stop', filter, dryRun: true })).json['preview'] as { digest: string };
    const second = put({ name: `${first.name}-2` });
    const changed = await bulk({ action: 'stop', filter, digest });
    expect([changed.status, changed.json['code'], changed.json['instances']]).toEqual([409, 'selection-changed', 2]);
    expect(api.commands.calls).toEqual([]);
    const present = String(changed.json['digest']);
    const done = await bulk({ action: 'stop', filter, digest: present });
    expect(done.json['outcome']).toMatchObject({ accepted: 2 });
    expect(api.commands.calls.map(({ target }) => target)).toEqual([first.id, second.id]);
  });

  it('refuses more at once than one request acts on', async () => {
    for (let i = 0; i < 501; i++) put();
    const { digest } = (await bulk({ action: 'stop', filter: {}, dryRun: true })).json['preview'] as { digest: string };
    const { status, json } = await bulk({ action: 'stop', filter: {}, digest });
    expect([status, json['code'], json['maximum']]).toEqual([422, 'selection-too-large', 500]);
    expect(api.commands.calls).toEqual([]);
  });

  it('adopts, ignores and lists again only what was made elsewhere', async () => {
    const [orphan, aside, ours] = [
      put(ELSEWHERE),
      put({ ...ELSEWHERE, ignored: { by: 'user:a', at: timestampFromMs(0) } }),
      put(),
    ];
    const ids = [orphan.id, aside.id, ours.id];
    const outcomesOf = async (action: string) => {
      const { items } = (await bulk({ action, ids })).json['outcome'] as { items: { code?: string }[] };
      return items.map(({ code = 'accepted' }) => code);
    };
    expect(await outcomesOf('adopt')).toEqual(['accepted', 'accepted', 'already-managed']);
    expect(await outcomesOf('ignore')).toEqual(['accepted', 'already', 'already-managed']);
    expect(await outcomesOf('unignore')).toEqual(['already', 'accepted', 'already-managed']);
    expect(await outcomesOf('stop')).toEqual(['not-adopted', 'not-adopted', 'accepted']);
  });

  it('declares many busy, ends that, and changes their settings', async () => {
    const { id } = put();
    await bulk({ action: 'keepBusy', ids: [id], minutes: 60, reason: ' training ' });
    const until = timestampFromMs(api.clock.now() + 3_600_000);
    expect(api.autoStop.calls).toEqual([
      { command: 'lease', id, lease: { until, reason: 'training' }, by: 'the-operator' },
    ]);
    expect((await bulk({ action: 'endLease', ids: [id] })).json['outcome']).toMatchObject({
      items: [{ code: 'already' }],
    });
    await bulk({ action: 'autoStop', ids: [id], autoStop: { enabled: false, thresholdMinutes: null } });
    expect(api.commands.calls.at(-1)).toMatchObject({
      command: 'settings',
      target: id,
      options: { settings: { autoStop: { enabled: false, thresholdMinutes: null } }, ifRevision: null },
    });
  });

  it('names the problem of a rejected one', async () => {
    const { id } = put();
    api.commands.failure = new Problem(lifecycleProblems['instance-busy'], { detail: 'it is migrating' });
    const { json } = await bulk({ action: 'restart', ids: [id] });
    expect(json['outcome']).toMatchObject({
      failed: 1,
      items: [{ outcome: 'failed', code: 'instance-busy', reason: 'it is migrating' }],
    });
  });

  it.each<[string, object, string]>([
    ['no action', { ids: ['a'] }, '/action'],
    ['an unknown action', { action: 'explode', ids: ['a'] }, '/action'],
    ['no selection', { action: 'stop' }, ''],
    ['a filter without digest', { action: 'stop', filter: {} }, '/digest'],
    ['no ids in a list', { action: 'stop', ids: [] }, '/ids'],
    ['too many ids', { action: 'stop', ids: Array.from({ length: 501 }, () => 'a') }, '/ids'],
    ['what is no id', { action: 'stop', ids: ['a', 'b c'] }, '/ids/1'],
    ['a wrong filter', { action: 'stop', filter: { show: 'all' }, dryRun: true }, '/filter/show'],
    ['an unknown filter', { action: 'stop', filter: { stauts: 'ready' }, dryRun: true }, '/filter/stauts'],
    ['null for dryRun', { action: 'stop', ids: ['a'], dryRun: null }, '/dryRun'],
    ['keepBusy without reason', { action: 'keepBusy', ids: ['a'], minutes: 5 }, '/reason'],
    ['keepBusy without end', { action: 'keepBusy', ids: ['a'], reason: 'r' }, ''],
    ['autoStop without settings', { action: 'autoStop', ids: ['a'] }, '/autoStop'],
  ])('refuses %s', async (_, body, pointer) => {
    const { status, json } = await bulk(body);
    expect([status, json['errors']]).toEqual([400, [expect.objectContaining({ pointer })]]);
  });

  it('is for operators', async () => {
    const { status } = await api.send({
      method: 'POST',
      url: '/api/v1/instances/bulk',
      as: 'viewer',
      body: { action: 'stop', ids: ['a'] },
    });
    expect(status).toBe(403);
  });
});
