import { type InstanceId, StoreUnavailableError } from '@app/instance-store';
import type { SpendReports } from '@app/spend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeKubernetes } from '../../test/support/fake-kubernetes.js';
import { FakeNovitaHealth } from '../../test/support/fake-live-novita.js';
import { AGENT_KEY, AGENT_LIMITS, TestApi } from '../../test/support/test-api.js';
import { KeyBudgets } from '../instances/spend-gate.js';
import { MeController } from './me.controller.js';

const AGENT = { authorization: `Bearer ${AGENT_KEY}` };

describe('GET /me', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });

  it.each(['viewer', 'operator', 'admin'] as const)('shows a %s who it is', async (role) => {
    for (const base of ['/api', '/api/v1']) {
      const answer = await api.send({ url: `${base}/me`, as: role });
      expect(answer.status).toBe(200);
      expect(answer.headers['cache-control']).toBe('private, no-cache');
      expect(answer.json).toEqual({
        name: `the-${role}`,
        role,
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        queues: false,
        kubernetes: false,
        sandbox: null,
      });
    }
  });

  it('reports that a sandbox answers', async () => {
    api.novitaHealth.isSandbox = true;
    expect((await api.send({ url: '/api/v1/me' })).json).toMatchObject({ sandbox: true });
    api.novitaHealth.isSandbox = null;
  });

  it('reports that there is a board of the queues, where there is one', async () => {
    const caller = { name: 'a', role: 'admin' } as const;
    const queues = { adapters: () => Promise.resolve([]) };
    const me = new MeController(queues, null, new FakeNovitaHealth(), budgets(), api.clock);
    expect(await me.me({ caller, url: '/api/v1/me' })).toMatchObject({ name: 'a', queues: true });
  });

  it('reports that a cluster is mirrored', async () => {
    const caller = { name: 'a', role: 'viewer' } as const;
    const me = new MeController(null, new FakeKubernetes(), new FakeNovitaHealth(), budgets(), api.clock);
    expect(await me.me({ caller, url: '/api/v1/me' })).toMatchObject({ kubernetes: true });
  });

  it('shows a key its limits and what they leave, and says so when that is not known', async () => {
    const id = 'inst_01ARZ3NDEKTSV4RRFFQ69G5FAV' as InstanceId;
    const endsMs = api.clock.now() + 2 * 3_600_000;
    api.spend.owner = { commitments: new Map([[id, { usdPerHour: 0.5, endsMs }]]), todayUsd: 18, accruedAt: null };
    const ask = async () => (await api.send({ url: '/api/v1/me', headers: AGENT })).json['limits'];
    expect(await ask()).toEqual({
      ...AGENT_LIMITS,
      now: {
        asOf: '2026-01-01T12:00:00.000Z',
        committedUsdPerHour: 0.5,
        // Two dollars are left of today; one of them will the instance cost, and one is for the eight hours of another.
        leftUsdPerHour: 0.125,
        leftBy: 'usdPerDay',
        todayUsd: 18,
        leftTodayUsd: 1,
        unpriced: 0,
      },
    });
    api.store.failure = new StoreUnavailableError('away');
    expect(await ask()).toEqual({ ...AGENT_LIMITS, now: null });
    api.store.failure = null;
    api.spend.clear();
  });

  const budgets = (): KeyBudgets => new KeyBudgets(api.spend as unknown as SpendReports, api.store as never, api.clock);

  it('is for those with a key', async () => {
    expect((await api.send({ url: '/api/v1/me', as: null })).status).toBe(401);
  });
});
