import { QueueUnavailableError } from '@app/jobs';
import type { Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aMigrationCheck } from '../../test/support/migration-fakes.js';
import { TestApi } from '../../test/support/test-api.js';

const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;
const BASE = '/api/v1/instances/migration';

describe('the migration of reclaimed spot instances', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.migration.failure = null;
    api.migration.triggers.length = 0;
  });

  describe('its status', () => {
    it.each(['/api', '/api/v1'])('is shown to viewers, under %s', async (base) => {
      const answer = await api.send({ url: `${base}/instances/migration/scheduler/status`, as: 'viewer' });
      expect(answer.status).toBe(200);
      expect(answer.json).toEqual({
        success: true,
        message: 'Migration is on; 0 are under way',
        data: {
          enabled: true,
          intervalMinutes: 15,
          fallback: 'same-product',
          timeoutMinutes: 30,
          inFlight: 0,
          checked: 0,
          eligible: 0,
          handedOver: 0,
        },
      });
    });

    it('shows the last run, the next one, and what is under way', async () => {
      const before = api.migration.standing;
      const { verdicts: _, ...lastRun } = aMigrationCheck({
        dryRun: false,
        trigger: 'schedule',
        checked: 2,
        eligible: 1,
      });
      api.migration.standing = { ...before, lastRun, nextRun: at('12:15:00'), inFlight: 1 };
      const { json } = await api.send({ url: `${BASE}/scheduler/status`, as: 'viewer' });
      expect(json).toMatchObject({
        message: 'Migration is on; 1 is under way',
        data: { inFlight: 1, nextRun: at('12:15:00'), lastRun: { startTime: at('12:00:00'), checked: 2, eligible: 1 } },
      });
      api.migration.standing = { ...before, enabled: false };
      expect((await api.send({ url: `${BASE}/scheduler/status` })).json['message']).toContain('MIGRATION_ENABLED');
      api.migration.standing = before;
    });
  });

  describe('a check by hand', () => {
    const trigger = (body?: unknown, as: 'operator' | 'viewer' = 'operator'): ReturnType<TestApi['send']> =>
      api.send({ method: 'POST', url: `${BASE}/scheduler/trigger`, as, ...(body !== undefined && { body }) });

    it.each([undefined, {}, { dryRun: false }])('is begun with the body %j', async (body) => {
      const answer = await trigger(body);
      expect(answer.status).toBe(202);
      expect(api.migration.triggers).toEqual([{ dryRun: false, by: 'the-operator' }]);
      expect(answer.headers['location']).toBe(`${BASE}/scheduler/status`);
      expect(answer.json).toMatchObject({ success: true, data: { dryRun: false } });
    });

    it('answers a dry run with its verdicts', async () => {
      const { id } = anInstance();
      const verdict = { id, name: 'llama', verdict: 'migrate', reason: 'reclaimed', outcome: 'nothing-done' } as const;
      const product = {
        productId: 'p',
        productName: 'RTX 4090 24GB',
        clusterId: '7',
        region: 'CN-HK-01',
        usdPerHour: 0.21,
      };
      const ifOutOfStock = { kind: 'would-buy', product, agreedUsdPerHour: 0.18 } as const;
      const none = { kind: 'none', reason: 'no stock' } as const;
      api.migration.report = aMigrationCheck({
        checked: 2,
        eligible: 1,
        verdicts: [
          { ...verdict, ifOutOfStock },
          { ...verdict, ifOutOfStock: none },
        ],
      });
      const answer = await trigger({ dryRun: true });
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({
        success: true,
        message: 'Dry run: 1 of 2 reclaimed instances would be migrated',
        data: {
          dryRun: true,
          eligible: 1,
          verdicts: [
            {
              instanceId: id,
              verdict: 'migrate',
              reason: 'reclaimed',
              ifOutOfStock: {
                wouldBuy: true,
                productId: 'p',
                productName: 'RTX 4090 24GB',
                region: 'CN-HK-01',
                pricePerHour: 0.21,
                agreedPricePerHour: 0.18,
              },
            },
            { ifOutOfStock: { wouldBuy: false, reason: 'no stock' } },
          ],
        },
      });
    });

    it('is for operators, refuses what it does not know, and says when it cannot be begun', async () => {
      expect((await trigger({ dryRun: true }, 'viewer')).status).toBe(403);
      expect((await trigger({ force: true })).status).toBe(400);
      expect(api.migration.triggers).toEqual([]);
      api.migration.failure = new QueueUnavailableError('no');
      expect((await trigger()).status).toBe(503);
    });
  });

  describe('failed ones', () => {
    it('are tried again by operators, with a reason for each', async () => {
      expect((await api.send({ method: 'POST', url: `${BASE}/check-failed`, as: 'viewer' })).status).toBe(403);
      const answer = await api.send({ method: 'POST', url: `${BASE}/check-failed` });
      expect(answer.status).toBe(200);
      expect(answer.json).toEqual({
        success: true,
        message: '0 of 0 failed migrations are tried again',
        data: { dryRun: false, checked: 0, retried: 0, more: false, instances: [] },
      });
      const dry = await api.send({ method: 'POST', url: `${BASE}/check-failed`, body: { dryRun: true } });
      expect(dry.json).toMatchObject({
        message: 'Dry run: 0 of 0 failed migrations would be tried again',
        data: { dryRun: true },
      });
      expect((await api.send({ method: 'POST', url: `${BASE}/check-failed`, body: { force: true } })).status).toBe(400);
    });
  });
});
