import type { AuditEntry, NovitaInstanceId } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { Problem, type Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anEvaluation } from '../../test/support/auto-stop-fakes.js';
import { TestApi } from '../../test/support/test-api.js';

const NOVITA_ID = '5f2c8d1e9a7b4c30' as NovitaInstanceId;
const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;

describe('why an instance is kept or stopped', () => {
  let api: TestApi;
  const record = anInstance({ novitaInstanceId: NOVITA_ID, status: 'ready', observedAt: at('11:59:00') });

  beforeAll(async () => {
    api = await TestApi.start({ AUTO_STOP_THRESHOLD: '30m', AUTO_STOP_WARNING: '90s' });
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.autoStop.failure = null;
    api.autoStop.calls.length = 0;
    api.autoStop.stored = { record: Object.freeze(record), lastUsedAt: null };
    api.autoStop.evaluation = anEvaluation();
    api.store.put(record);
    api.store.auditLogs.clear();
  });

  describe('GET idle', () => {
    it.each(['/api', '/api/v1'])('reports all of the evaluation and what is in force, under %s', async (base) => {
      const answer = await api.send({ url: `${base}/instances/${NOVITA_ID}/idle`, as: 'viewer' });
      expect(answer.status).toBe(200);
      expect(api.autoStop.calls).toEqual([{ command: 'explain', id: NOVITA_ID }]);
      expect(answer.headers['x-data-as-of']).toBe(at('11:59:00'));
      expect(answer.json).toEqual({
        instanceId: record.id,
        status: 'ready',
        verdict: 'keep',
        rule: 'used-lately',
        reason: 'Used just now.',
        idleSince: at('12:00:00'),
        stopAt: at('12:20:00'),
        nextEvaluation: at('12:15:00'),
        signs: [{ kind: 'use', at: at('12:00:00'), by: 'user:ci:gateway' }],
        whatWouldChangeIt: ['Nothing.'],
        evaluatedAt: at('12:00:00'),
        thresholdMinutes: 30,
        autoStop: {
          enabled: true,
          enabledFrom: 'fleet',
          thresholdMinutes: 30,
          thresholdFrom: 'fleet',
          warningMinutes: 1.5,
        },
      });
    });

    it('reports the hold of a stop, with what became of it', async () => {
      const hold = {
        by: 'auto-stop',
        occasion: 'p',
        since: at('12:20:00'),
        until: at('12:22:00'),
        reason: 'idle',
        waitsFor: [
          { endpointId: 'whe_a', releasedAt: at('12:20:01') },
          { endpointId: 'whe_b', releasedAt: null },
        ],
      } as const;
      const ended = { at: at('12:22:00'), outcome: 'timed-out', by: 'auto-stop' } as const;
      api.autoStop.evaluation = anEvaluation({ rule: 'held' });
      const shown = async (stopHold: typeof record.stopHold) => {
        api.autoStop.stored = { record: Object.freeze({ ...record, stopHold }), lastUsedAt: null };
        return (await api.send({ url: `/api/v1/instances/${record.id}/idle` })).json;
      };
      const { occasion: _, ...view } = hold;
      const waitsFor = [{ endpointId: 'whe_a', releasedAt: at('12:20:01') }, { endpointId: 'whe_b' }];
      expect(await shown({ ...hold, ended: null })).toMatchObject({ rule: 'held', stopHold: { ...view, waitsFor } });
      expect((await shown({ ...hold, ended }))['stopHold']).toEqual({
        ...view,
        waitsFor,
        endedAt: at('12:22:00'),
        outcome: 'timed-out',
        endedBy: 'auto-stop',
      });
    });

    it('leaves out what does not apply, and reports a lease and an exemption', async () => {
      const lease = { until: at('16:00:00'), by: 'user:ci', reason: 'training' };
      const exempt = { ...record, autoStop: { enabled: false, thresholdMinutes: 5, lease } };
      api.autoStop.stored = { record: Object.freeze(exempt), lastUsedAt: null };
      api.autoStop.evaluation = anEvaluation({
        rule: 'exempt',
        exemption: 'switched-off-for-this-one',
        idleSince: null,
        stopAt: null,
        nextEvaluation: null,
        signals: [{ kind: 'lease', at: at('16:00:00'), by: 'user:ci', detail: 'training' }],
      });
      const { json } = await api.send({ url: `/api/v1/instances/${record.id}/idle` });
      expect(json).toMatchObject({
        rule: 'exempt',
        exemption: 'switched-off-for-this-one',
        signs: [{ kind: 'lease', at: at('16:00:00'), by: 'user:ci', detail: 'training' }],
        thresholdMinutes: 5,
        autoStop: { enabled: false, enabledFrom: 'instance', thresholdFrom: 'instance', lease },
      });
      for (const absent of ['idleSince', 'stopAt', 'nextEvaluation']) expect(json).not.toHaveProperty(absent);
    });

    it('says that there is no such instance', async () => {
      api.autoStop.failure = new Problem(lifecycleProblems['instance-not-found'], { detail: 'No.' });
      expect((await api.send({ url: '/api/v1/instances/nobody/idle' })).status).toBe(404);
      api.autoStop.calls.length = 0;
      expect((await api.send({ url: '/api/v1/instances/a%20b/idle' })).status).toBe(404);
      expect(api.autoStop.calls).toEqual([]);
    });
  });

  describe('GET events', () => {
    const entry = (n: number): AuditEntry => ({
      at: at('11:00:00'),
      kind: 'decision',
      by: 'auto-stop',
      reason: `${n}`,
    });

    it('reports the audit log, latest first, by either id', async () => {
      api.store.auditLogs.set(record.id, [
        { at: at('11:20:00'), kind: 'wish', by: 'auto-stop', from: 'running', to: 'stopped', reason: 'idle' },
        { at: at('11:00:00'), kind: 'lease', by: 'user:ci', reason: 'training' },
      ]);
      for (const id of [record.id, NOVITA_ID]) {
        const answer = await api.send({ url: `/api/instances/${id}/events`, as: 'viewer' });
        expect(answer.json).toEqual({
          instanceId: record.id,
          entries: [
            { at: at('11:20:00'), kind: 'wish', by: 'auto-stop', from: 'running', to: 'stopped', reason: 'idle' },
            { at: at('11:00:00'), kind: 'lease', by: 'user:ci', reason: 'training' },
          ],
        });
      }
    });

    it('reports all that are kept, or as many as are asked for', async () => {
      api.store.auditLogs.set(
        record.id,
        Array.from({ length: 200 }, (_, n) => entry(n)),
      );
      const read = async (query: string): Promise<unknown[]> =>
        (await api.send({ url: `/api/v1/instances/${record.id}/events${query}` })).json['entries'] as unknown[];
      expect(await read('')).toHaveLength(200);
      expect(await read('?limit=2')).toEqual([entry(0), entry(1)]);
    });

    it.each(['limit=0', 'limit=201', 'limit=all', 'since=1'])('refuses %s', async (query) => {
      const answer = await api.send({ url: `/api/v1/instances/${record.id}/events?${query}` });
      expect(answer.status).toBe(400);
    });

    it('is empty for an instance to which nothing happened, and nowhere for none', async () => {
      const { json } = await api.send({ url: `/api/v1/instances/${record.id}/events` });
      expect(json).toEqual({ instanceId: record.id, entries: [] });
      for (const id of ['nobody', 'a%20b']) {
        const answer = await api.send({ url: `/api/v1/instances/${id}/events` });
        expect(answer.json['code']).toBe('instance-not-found');
      }
    });
  });
});
