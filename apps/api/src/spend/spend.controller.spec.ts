import type { NovitaInstanceId } from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

describe('GET /spend', () => {
  let api: TestApi;
  let made = 0;

  beforeAll(async () => {
    api = await TestApi.start();
    api.sync.set({ instancesAsOf: '2026-01-01T11:59:00.000Z' as Timestamp });
  });
  afterAll(async () => {
    await api.stop();
  });

  const put = (overrides: InstanceOverrides): void => {
    made += 1;
    api.store.put(anInstance({ novitaInstanceId: `n${made}` as NovitaInstanceId, ...overrides }));
  };

  it.each(['/api', '/api/v1'])('reports now, today and this month under %s', async (base) => {
    const { id } = anInstance();
    api.store.instances.length = 0;
    const ready = timestampFromMs(api.clock.now() - 3_600_000);
    put({ status: 'ready', price: { usdPerHour: 0.1 }, timestamps: { ready } });
    put({ status: 'stopped', price: { usdPerHour: 0.2 }, spec: { billingMode: 'monthly' }, createdBy: 'user:b' });
    put({ status: 'starting', price: { usdPerHour: null } });
    put({ status: 'stopped' });
    api.spend.figures = {
      asOf: '2026-01-01T12:00:00.000Z' as Timestamp,
      todayUsd: 4,
      monthUsd: 40,
      today: [{ id, name: 'llama', usd: 3.000_000_2 }],
      month: [{ id, name: null, usd: 40.5 }],
      savedTodayUsd: 2,
      savedMonthUsd: 20,
      limit: { dailyUsd: 250, enforced: true, stops: true, reached: false },
      ownerLimit: {
        dailyUsd: 5,
        enforced: true,
        stops: true,
        owners: [{ owner: 'user:a', usd: 5.000_000_2, reached: true }],
      },
    };
    const answer = await api.send({ url: `${base}/spend`, as: 'viewer' });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-data-as-of']).toBe('2026-01-01T12:00:00.000Z');
    expect(answer.json).toEqual({
      asOf: '2026-01-01T12:00:00.000Z',
      now: {
        costUsdPerHour: 0.3,
        runningUsdPerHour: 0.1,
        billedThoughStoppedUsdPerHour: 0.2,
        byStatus: { ready: 0.1, stopped: 0.2 },
        byRegion: { 'CN-HK-01': 0.3 },
        byProduct: { 'RTX 4090 24GB': 0.3 },
        byOwner: { 'user:test': 0.1, 'user:b': 0.2 },
        unpriced: 1,
        idle: expect.objectContaining({ asOf: '2026-01-01T12:00:00.000Z', instances: 1, usdPerHour: 0.1 }),
      },
      today: { usd: 4, savedUsd: 2, instances: [{ instanceId: id, name: 'llama', usd: 3 }], otherUsd: 1 },
      month: { usd: 40.5, savedUsd: 20, instances: [{ instanceId: id, usd: 40.5 }], otherUsd: 0 },
      limit: { dailyUsd: 250, enforced: true, stops: true, reached: false },
      ownerLimit: {
        dailyUsd: 5,
        enforced: true,
        stops: true,
        owners: [{ owner: 'user:a', usd: 5, reached: true }],
      },
    });
    api.spend.figures = { ...api.spend.figures, limit: null, ownerLimit: null };
    expect((await api.send({ url: `${base}/spend` })).json).not.toHaveProperty('limit');
    expect((await api.send({ url: `${base}/spend` })).json).not.toHaveProperty('ownerLimit');
  });

  it('names as many instances as are asked for', async () => {
    api.spend.limits.length = 0;
    await api.send({ url: '/api/v1/spend' });
    await api.send({ url: '/api/v1/spend?limit=200' });
    expect(api.spend.limits).toEqual([20, 200]);
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'day=1']) {
      expect((await api.send({ url: `/api/v1/spend?${query}` })).status).toBe(400);
    }
  });

  it('is for those with a key', async () => {
    expect((await api.send({ url: '/api/v1/spend', as: null })).status).toBe(401);
  });
});
