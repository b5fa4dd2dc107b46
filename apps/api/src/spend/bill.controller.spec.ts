import { dayOf } from '@app/instance-store';
import { type BillDay, dateOfDay } from '@app/spend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

describe('the bill', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start({ BILL_TOLERANCE_PERCENT: '10' });
  });
  afterAll(async () => {
    await api.stop();
  });

  const read = async (): Promise<Record<string, unknown>> =>
    (await api.send({ url: '/api/v1/spend/bill', as: 'viewer' })).json;

  it('is empty before the first check, and says what holds', async () => {
    expect(await read()).toEqual({ enabled: true, tolerancePercent: 10, days: [] });
  });

  it('shows the latest day first: one that differs, and one that is not known and has no difference', async () => {
    const today = dayOf(api.clock.now());
    const at = api.clock.timestamp();
    const compared: BillDay = {
      day: today - 2,
      checkedAt: at,
      meteredUsd: 8,
      billedUsd: 10,
      unknown: null,
      detail: null,
      monthly: { instances: 1, usd: 3 },
      instances: [{ novitaInstanceId: 'n1', instanceId: null, name: null, meteredUsd: 0, billedUsd: 2 }],
      others: { instances: 4, meteredUsd: 8, billedUsd: 8 },
      isAnnounced: true,
    };
    const unknown: BillDay = {
      ...compared,
      day: today - 1,
      billedUsd: null,
      unknown: 'unreadable',
      detail: 'the unit of its amounts is not known',
      instances: [],
      others: null,
    };
    await api.bill.record({ at, trigger: 'schedule', error: null }, [compared, unknown], today);
    const bill = await read();
    // What is not known is absent, not 0.
    expect((bill['days'] as object[]).map((day) => 'others' in day)).toEqual([false, true]);
    expect(bill).toMatchObject({
      lastRun: { at, trigger: 'schedule' },
      days: [
        {
          day: dateOfDay(today - 1),
          meteredUsd: 8,
          billedUsd: null,
          differenceUsd: null,
          differencePercent: null,
          differs: null,
          unknown: 'unreadable',
          detail: 'the unit of its amounts is not known',
        },
        {
          day: dateOfDay(today - 2),
          differenceUsd: 2,
          differencePercent: 20,
          differs: true,
          monthly: { instances: 1, usd: 3 },
          instances: [{ novitaInstanceId: 'n1', meteredUsd: 0, billedUsd: 2 }],
          others: { instances: 4, meteredUsd: 8, billedUsd: 8 },
        },
      ],
    });
  });

  it('is checked when an operator asks, by a worker', async () => {
    const check = (as: 'viewer' | 'operator'): ReturnType<TestApi['send']> =>
      api.send({ method: 'POST', url: '/api/v1/spend/bill/check', as });
    expect((await check('viewer')).status).toBe(403);
    const { status, headers } = await check('operator');
    expect([status, headers['location']]).toEqual([202, '/api/v1/spend/bill']);
    expect(api.enqueued).toEqual(['BILL_CHECK']);
    api.hasWorker = false;
    const refused = await check('operator');
    expect(refused.json).toMatchObject({ code: 'no-worker' });
    expect(api.enqueued).toHaveLength(1);
  });
});
