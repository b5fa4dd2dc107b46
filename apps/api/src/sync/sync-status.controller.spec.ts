import { type Timestamp, timestampFromMs } from '@app/platform';
import { SYNC_KINDS } from '@app/sync';
import { type SyncHistoryEntry, SyncStatusUnavailableError, UNKNOWN_SYNC } from '@app/sync-status';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;

function entry(n: number, change: Partial<SyncHistoryEntry> = {}): SyncHistoryEntry {
  return {
    runId: `run-${n}`,
    trigger: 'schedule',
    requestedBy: 'sync',
    outcome: 'completed',
    error: null,
    startedAt: timestampFromMs(Date.UTC(2026, 0, 1) - n * 60_000),
    endedAt: timestampFromMs(Date.UTC(2026, 0, 1) - n * 60_000 + 1_000),
    durationMs: 1_000,
    changes: { updated: 1, created: 0, adopted: 0, removed: 0, markedTerminated: 0, leftMissing: 0 },
    novitaInstances: 3,
    held: false,
    resources: [
      { name: 'instances', status: 'completed', count: 3, total: 3, error: null, note: null },
      { name: 'jobs', status: 'completed', count: 0, total: null, error: null, note: 'odd' },
    ],
    ...change,
  };
}

describe('the sync', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.sync.clear();
    api.syncStore.failure = null;
    api.syncStore.entries = [];
    api.syncs.commands.length = 0;
    api.syncs.failure = null;
  });

  describe('its status', () => {
    it('is not claimed while Redis, which knows it, was never reached', async () => {
      api.sync.snapshot = UNKNOWN_SYNC;
      for (const url of ['/api/v1/sync/status', '/api/v1/sync/events']) {
        const answer = await api.send({ url });
        expect([answer.status, answer.json['code'], answer.headers['retry-after']]).toEqual([
          503,
          'sync-unavailable',
          '5',
        ]);
        expect(Object.keys(answer.headers).filter((name) => name.startsWith('x-sync-'))).toEqual([]);
      }
      const health = await api.send({ url: '/api/v1/health', as: null });
      expect(health.json).not.toHaveProperty('sync');
    });

    it('shows names of keys and what Novita answered to holders of keys alone', async () => {
      const resources = SYNC_KINDS.map((name) => ({
        name,
        status: 'failed' as const,
        count: 0,
        total: null,
        error: 'Novita answered: secret-text',
        note: 'secret-text',
      }));
      api.sync.set({ state: 'failed', error: 'instances: secret-text', resources });
      api.sync.snapshot = { ...api.sync.snapshot, paused: { since: at('11:00:00'), by: 'user:secret-text' } };
      const url = '/api/v1/sync/status';
      const wrong = { authorization: 'Bearer wrong-key-0123456789' };
      for (const request of [
        { url, as: null },
        { url, as: null, headers: wrong },
      ]) {
        const answer = await api.send(request);
        expect(answer.status).toBe(200);
        expect(JSON.stringify([answer.json, answer.headers])).not.toContain('secret-text');
        expect(answer.json).toMatchObject({
          status: 'failed',
          error: `${SYNC_KINDS.join(', ')} failed; an API key shows why`,
          paused: { since: at('11:00:00') },
        });
      }
      const health = await api.send({ url: '/api/v1/health', as: null });
      expect(JSON.stringify([health.json, health.headers])).not.toContain('secret-text');
      const known = await api.send({ url, as: 'viewer' });
      expect(known.json).toMatchObject({ error: 'instances: secret-text', paused: { by: 'user:secret-text' } });
      expect(known.headers['x-sync-error']).toBe('instances: secret-text');
    });

    it('is public, under both prefixes, and is not kept by anybody', async () => {
      api.sync.set({
        state: 'in_progress',
        step: 'sync',
        currentResource: 'instances',
        startedAt: at('11:59:50'),
        resources: SYNC_KINDS.map((name, index) => ({
          name,
          status: index === 0 ? 'in_progress' : index < 7 ? 'completed' : 'pending',
          count: index,
          total: null,
          error: null,
          note: null,
        })),
      });
      for (const url of ['/api/v1/sync/status', '/api/sync/status']) {
        const answer = await api.send({ url, as: null });
        expect(answer.status).toBe(200);
        expect(answer.headers['cache-control']).toBe('no-store');
        expect(answer.json).toMatchObject({
          status: 'in_progress',
          step: 'sync',
          currentResource: 'instances',
          totalResources: 9,
          syncedResources: 6,
          startTime: at('11:59:50'),
        });
        expect(answer.json['resourceStatus']).toHaveLength(9);
        for (const absent of ['endTime', 'duration', 'error', 'held', 'paused']) {
          expect(answer.json).not.toHaveProperty(absent);
        }
      }
    });

    it('is answered while the store is away', async () => {
      api.syncStore.failure = new SyncStatusUnavailableError('away');
      expect((await api.send({ url: '/api/v1/sync/status', as: null })).status).toBe(200);
    });

    it('is part of the health', async () => {
      api.sync.set({ state: 'failed', error: 'templates: Novita answered 500', endedAt: at('11:00:00') });
      const { json } = await api.send({ url: '/api/v1/health' });
      expect(json).toMatchObject({
        status: 'ok',
        sync: { status: 'failed', error: 'templates: Novita answered 500', endTime: at('11:00:00') },
      });
    });
  });

  describe('its history', () => {
    it('sums up the latest 100 runs, and shows as many as are asked for', async () => {
      api.syncStore.entries = [
        entry(0, { outcome: 'failed', error: 'jobs: 500', novitaInstances: null, durationMs: 9_000 }),
        entry(1),
        entry(2, { durationMs: 3_000 }),
        entry(3, { held: true, durationMs: 2_000 }),
      ];
      const answer = await api.send({ url: '/api/v1/sync/history?limit=2', as: 'viewer' });
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ count: 4, averageDurationMs: 2_000, failureRate: 0.25 });
      const [failed, completed, ...rest] = answer.json['runs'] as Record<string, unknown>[];
      expect(rest).toEqual([]);
      expect(failed).toMatchObject({ runId: 'run-0', outcome: 'failed', error: 'jobs: 500', duration: 9_000 });
      expect(failed).not.toHaveProperty('novitaInstances');
      expect(completed).toEqual({
        runId: 'run-1',
        trigger: 'schedule',
        requestedBy: 'sync',
        outcome: 'completed',
        startTime: '2025-12-31T23:59:00.000Z',
        endTime: '2025-12-31T23:59:01.000Z',
        duration: 1_000,
        changes: { updated: 1, created: 0, adopted: 0, removed: 0, markedTerminated: 0, leftMissing: 0 },
        novitaInstances: 3,
        held: false,
        failedResources: [],
        resourceStatus: [
          { name: 'instances', status: 'completed', count: 3, total: 3 },
          { name: 'jobs', status: 'completed', count: 0, note: 'odd' },
        ],
      });
    });

    it('is empty before the first run', async () => {
      expect((await api.send({ url: '/api/sync/history' })).json).toEqual({ runs: [], count: 0 });
    });

    it.each(['?limit=0', '?limit=101', '?limit=x', '?limit='])('refuses %s', async (query) => {
      const answer = await api.send({ url: `/api/v1/sync/history${query}` });
      expect(answer.status).toBe(400);
      expect(answer.json['errors']).toMatchObject([{ pointer: '?limit' }]);
    });

    it('says that it cannot be read', async () => {
      api.syncStore.failure = new SyncStatusUnavailableError('10.0.0.1 refused');
      const answer = await api.send({ url: '/api/v1/sync/history' });
      expect(answer.status).toBe(503);
      expect(answer.json).toMatchObject({ code: 'dependency-unavailable', retryable: true });
      expect(answer.text).not.toContain('10.0.0.1');
    });
  });

  describe('pause and resume', () => {
    it('report what was written, although it has not come back yet', async () => {
      const paused = await api.send({ method: 'POST', url: '/api/v1/sync/pause' });
      expect(paused.status).toBe(200);
      expect(paused.json).toMatchObject({
        status: 'not_started',
        paused: { since: at('12:00:00'), by: 'user:the-operator' },
        message: expect.stringContaining('paused') as string,
      });
      api.sync.snapshot = { ...api.sync.snapshot, paused: { since: at('11:00:00'), by: 'user:x' } };
      const resumed = await api.send({ method: 'POST', url: '/api/sync/resume' });
      expect(resumed.status).toBe(200);
      expect(resumed.json).not.toHaveProperty('paused');
      expect(resumed.json['message']).toEqual(expect.any(String));
      expect(api.syncs.commands).toEqual(['pause by the-operator', 'resume by the-operator']);
    });

    it('need an operator', async () => {
      for (const command of ['pause', 'resume']) {
        expect((await api.send({ method: 'POST', url: `/api/v1/sync/${command}`, as: 'viewer' })).status).toBe(403);
      }
      expect(api.syncs.commands).toEqual([]);
    });
  });
});
