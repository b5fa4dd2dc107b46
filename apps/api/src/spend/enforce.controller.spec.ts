import type { NovitaInstanceId } from '@app/instance-store';
import { aNewInstance } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

describe('POST /spend/enforce', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({ SPEND_DAILY_LIMIT_USD: '2', SPEND_ENFORCE: 'stop' });
  });
  afterAll(async () => {
    await api.stop();
  });

  const enforce = (body: unknown, as: 'admin' | 'operator' = 'admin'): ReturnType<TestApi['send']> =>
    api.send({ method: 'POST', url: '/api/v1/spend/enforce', body, as });

  it('says what the limits stop, the first first, and stops nothing', async () => {
    expect((await enforce({ dryRun: true })).json).toMatchObject({ reached: [], stopping: [], total: 0, stops: true });
    for (const [id, usdPerHour] of [
      ['n1', 1],
      ['n2', 3],
    ] as const) {
      const record = aNewInstance({
        name: id,
        novitaInstanceId: id as NovitaInstanceId,
        status: 'ready',
        price: { usdPerHour },
      });
      await api.metered.records.insert(record);
    }
    const signal = AbortSignal.timeout(10_000);
    await api.metered.spend.accrue(api.clock.timestamp(), signal);
    api.clock.advance(3_600_000);
    await api.metered.spend.accrue(api.clock.timestamp(), signal);
    const { status, json } = await enforce({ dryRun: true });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      dryRun: true,
      reached: [{ spentUsd: 4, limitUsd: 2 }],
      stopping: [{ name: 'n2', pricePerHour: 3, idle: true }, { name: 'n1' }],
      total: 2,
    });
    expect((await api.metered.records.counts()).byStatus.ready).toBe(2);
  });

  it('is for admins, and wants to know whether it is a dry run', async () => {
    expect((await enforce({ dryRun: true }, 'operator')).status).toBe(403);
    expect((await enforce({})).status).toBe(400);
    expect(api.enqueued).toEqual([]);
    expect((await enforce({ dryRun: false })).json).toMatchObject({ dryRun: false });
    expect(api.enqueued).toEqual(['SPEND_ACCRUAL']);
  });
});
