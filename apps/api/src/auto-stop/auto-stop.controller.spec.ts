import type { NovitaInstanceId } from '@app/instance-store';
import { QueueUnavailableError } from '@app/jobs';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aCheck, anEvaluation } from '../../test/support/auto-stop-fakes.js';
import { TestApi } from '../../test/support/test-api.js';

const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;

describe('auto-stop as a whole', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.autoStop.failure = null;
    api.autoStop.calls.length = 0;
    api.autoStop.report = aCheck();
    api.store.gets.length = 0;
  });

  describe('its statistics', () => {
    const read = async (): Promise<Record<string, unknown>> =>
      (await api.send({ url: '/api/v1/instances/auto-stop/stats', as: 'viewer' })).json;

    it.each(['/api', '/api/v1'])('are no instance of the name auto-stop, under %s', async (base) => {
      const answer = await api.send({ url: `${base}/instances/auto-stop/stats`, as: 'viewer' });
      expect(answer.status).toBe(200);
      expect(api.autoStop.calls).toEqual([{ command: 'stats' }]);
      expect(api.store.gets).toEqual([]);
    });

    it('report settings and sums before the first run', async () => {
      expect(await read()).toEqual({
        success: true,
        message: 'Auto-stop is on',
        data: {
          enabled: true,
          intervalMinutes: 5,
          thresholdMinutes: 20,
          warningMinutes: 5,
          checked: 0,
          eligible: 0,
          stopped: 0,
          failed: 0,
          idle: expect.objectContaining({ asOf: at('12:00:00'), instances: 0, usdPerHour: 0 }),
          savedUsd: 0,
          savedByDay: [],
          savedMethod: expect.stringContaining('price per hour') as string,
        },
      });
    });

    it('report the last run, the next one, the money, and why it is suspended', async () => {
      const { verdicts: _, ...lastRun } = aCheck({ dryRun: false, trigger: 'schedule', checked: 3, stopped: 2 });
      const before = api.autoStop.figures;
      api.autoStop.figures = {
        ...before,
        lastRun,
        nextRun: at('12:05:00'),
        totals: { checked: 9, eligible: 4, stopped: 3, failed: 1 },
        suspended: 'the data is old',
        savedUsd: 1.1 + 2.2,
        savedByDay: [{ day: '2026-01-01', usd: 1.1 + 2.2 }],
      };
      const ready = timestampFromMs(api.clock.now() - 60 * 60_000);
      const idle = { status: 'ready', timestamps: { ready } } as const;
      for (const usdPerHour of [0.1, 0.2]) {
        const novitaInstanceId = `n${usdPerHour}` as NovitaInstanceId;
        api.store.put(anInstance({ ...idle, novitaInstanceId, price: { usdPerHour } }));
      }
      expect(await read()).toMatchObject({
        message: 'Auto-stop is suspended: the data is old',
        data: {
          lastRun: { checkId: lastRun.checkId, trigger: 'schedule', startTime: at('12:00:00'), checked: 3, stopped: 2 },
          nextRun: at('12:05:00'),
          checked: 9,
          eligible: 4,
          stopped: 3,
          failed: 1,
          suspended: 'the data is old',
          idle: {
            asOf: at('12:00:00'),
            instances: 2,
            usdPerHour: 0.3,
            byReason: { due: { instances: 2, usdPerHour: 0.3 } },
          },
          savedUsd: 3.3,
          savedByDay: [{ day: '2026-01-01', usd: 3.3 }],
        },
      });
      api.autoStop.figures = { ...before, enabled: false };
      expect((await read())['message']).toContain('AUTO_STOP_ENABLED');
      api.autoStop.figures = before;
    });
  });

  describe('a check by hand', () => {
    const trigger = (body?: unknown, base = '/api/v1'): ReturnType<TestApi['send']> =>
      api.send({
        method: 'POST',
        url: `${base}/instances/auto-stop/trigger`,
        ...(body !== undefined && { body }),
      });

    it.each([undefined, {}, { dryRun: false }])('is begun with the body %j', async (body) => {
      const answer = await trigger(body, '/api');
      expect(answer.status).toBe(202);
      expect(api.autoStop.calls).toEqual([{ command: 'trigger', dryRun: false, by: 'the-operator' }]);
      expect(answer.headers['location']).toBe('/api/v1/instances/auto-stop/stats');
      expect(answer.json).toEqual({
        success: true,
        message: expect.any(String) as string,
        data: { checkId: '01JQ7ZC8M4T5V6W7X8Y9ZABCDE', dryRun: false },
      });
    });

    it('answers a dry run with its verdicts', async () => {
      const { id } = anInstance();
      const idle = { id, name: 'llama', usdPerHour: 0.35, outcome: 'nothing-done', detail: null } as const;
      const stop = anEvaluation({ verdict: 'stop', rule: 'idle-too-long', nextEvaluation: null });
      api.autoStop.report = aCheck({
        checked: 2,
        eligible: 1,
        verdicts: [
          { ...idle, evaluation: stop },
          { ...idle, usdPerHour: null, outcome: 'failed', detail: 'one\ntwo', evaluation: anEvaluation() },
        ],
      });
      const answer = await trigger({ dryRun: true });
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({
        success: true,
        message: 'Dry run: 1 would be stopped; 2 instances checked',
        data: { dryRun: true, checked: 2, eligible: 1, stopped: 0 },
      });
      const { verdicts } = answer.json['data'] as { verdicts: unknown[] };
      expect(verdicts).toEqual([
        {
          instanceId: id,
          name: 'llama',
          pricePerHour: 0.35,
          verdict: 'stop',
          rule: 'idle-too-long',
          reason: 'Used just now.',
          idleSince: at('12:00:00'),
          stopAt: at('12:20:00'),
          signs: [{ kind: 'use', at: at('12:00:00'), by: 'user:ci:gateway' }],
          whatWouldChangeIt: ['Nothing.'],
          evaluatedAt: at('12:00:00'),
          outcome: 'nothing-done',
        },
        expect.objectContaining({ outcome: 'failed', detail: 'one two' }) as object,
      ]);
      expect(verdicts[1]).not.toHaveProperty('pricePerHour');
    });

    it('says when nothing would be stopped, when more are due, and when one could not be checked', async () => {
      api.autoStop.report = aCheck({ checked: 1, suspended: 'the data is old', more: true, failed: 1 });
      expect((await trigger({ dryRun: true })).json).toMatchObject({
        success: false,
        message: 'Dry run: nothing would be stopped, since the data is old; 1 instance checked, and more are due',
        data: { suspended: 'the data is old', more: true },
      });
    });

    it.each([
      [{ dryRun: 'yes' }, '/dryRun'],
      [{ force: true }, '/force'],
    ])('refuses %j', async (body, pointer) => {
      const answer = await trigger(body);
      expect(answer.status).toBe(400);
      expect(answer.json['errors']).toMatchObject([{ pointer }]);
      expect(api.autoStop.calls).toEqual([]);
    });

    it('is for operators, and says when it cannot be begun', async () => {
      const url = '/api/v1/instances/auto-stop/trigger';
      expect((await api.send({ method: 'POST', url, as: 'viewer' })).status).toBe(403);
      api.autoStop.failure = new QueueUnavailableError('no');
      expect((await trigger()).status).toBe(503);
    });
  });
});
