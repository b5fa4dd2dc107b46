import { type NovitaInstanceId, StoreUnavailableError } from '@app/instance-store';
import { lifecycleProblems } from '@app/lifecycle';
import { Problem, type Timestamp } from '@app/platform';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const NOVITA_ID = '5f2c8d1e9a7b4c30' as NovitaInstanceId;
const at = (time: string): Timestamp => `2026-01-01T${time}.000Z` as Timestamp;

describe('reading instances', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });
  beforeEach(() => {
    api.store.failure = null;
    api.commands.calls.length = 0;
    api.sync.clear();
  });

  const running = anInstance({
    novitaInstanceId: NOVITA_ID,
    status: 'ready',
    novitaStatus: 'running',
    observedAt: at('11:59:00'),
    confirmedAt: at('11:00:00'),
    webhookUrl: 'https://hooks.example.com/secret-path',
    spec: { envs: [{ key: 'TOKEN', value: 'secret-env' }] },
    connection: {
      ssh: { command: 'ssh root@host', password: 'secret-ssh' },
      jupyter: null,
      webTerminal: { address: 'https://terminal', username: 'root', password: 'secret-terminal' },
      portMappings: [{ port: 8080, type: 'http', endpoint: null }],
    },
  });

  it.each(['/api/v1/instances', '/api/instances'])('answers one by either id under %s', async (base) => {
    api.store.put(running);
    for (const id of [running.id, NOVITA_ID]) {
      const answer = await api.send({ url: `${base}/${id}` });
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ id: running.id, status: 'ready', confirmedAt: at('11:00:00'), revision: 1 });
      expect(answer.headers['x-data-as-of']).toBe(at('11:59:00'));
      expect(answer.headers['x-data-source']).toBe('memory');
    }
  });

  it('leaves out what never happened', async () => {
    const { record } = api.store.put(anInstance());
    const { json } = await api.send({ url: `/api/v1/instances/${record.id}` });
    for (const absent of [
      'novitaInstanceId',
      'startedAt',
      'readyAt',
      'lastUsedAt',
      'lastError',
      'observedAt',
      'probes',
    ]) {
      expect(json).not.toHaveProperty(absent);
    }
    expect(json['confirmedAt']).toBeNull();
    expect(Object.values(json).filter((value) => value === null)).toHaveLength(1);
  });

  it('puts in the time of last use and that of the stop, which have no revision', async () => {
    api.store.put(running, at('11:58:00'));
    const url = `/api/v1/instances/${running.id}`;
    expect((await api.send({ url })).json).toMatchObject({ lastUsedAt: at('11:58:00'), autoStopAt: at('12:18:00') });
    api.store.put(running, at('11:59:00'));
    expect((await api.send({ url })).json).toMatchObject({ lastUsedAt: at('11:59:00'), autoStopAt: at('12:19:00') });
  });

  it('shows secrets to operators and admins, and keys of variables only to viewers', async () => {
    api.store.put(running);
    api.store.page = { instances: [{ record: running, lastUsedAt: null }], total: 1, nextCursor: null };
    for (const url of [`/api/v1/instances/${running.id}`, '/api/v1/instances']) {
      const seen = await api.send({ url, as: 'viewer' });
      expect(seen.status).toBe(200);
      expect(seen.text).not.toContain('secret');
      expect(seen.text).toContain('TOKEN');
      for (const as of ['operator', 'admin'] as const) {
        const { text } = await api.send({ url, as });
        for (const secret of ['secret-env', 'secret-ssh', 'secret-terminal', 'secret-path'])
          expect(text).toContain(secret);
      }
    }
  });

  it('answers 304 while the ETag is the same, and anew after use', async () => {
    api.store.put(running, at('11:58:00'));
    const url = `/api/v1/instances/${running.id}`;
    const etag = String((await api.send({ url })).headers['etag']);
    const same = await api.send({ url, headers: { 'if-none-match': `"other", W/${etag}` } });
    expect(same.status).toBe(304);
    expect(same.text).toBe('');
    expect(same.headers['etag']).toBe(etag);
    api.store.put(running, at('11:59:00'));
    expect((await api.send({ url, headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  it.each(['ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE', 'nobody', 'a%20b', 'x'.repeat(300)])(
    'says that there is no %s',
    async (id) => {
      const answer = await api.send({ url: `/api/v1/instances/${id}` });
      expect(answer.status).toBe(404);
      expect(answer.json).toMatchObject({ code: 'instance-not-found', status: 404, retryable: false });
      expect(answer.headers['content-type']).toContain('application/problem+json');
    },
  );

  it('says that the store is away, and never that there is no instance', async () => {
    api.store.failure = new StoreUnavailableError('connection refused to 10.0.0.1');
    const answer = await api.send({ url: `/api/v1/instances/${running.id}` });
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({ code: 'dependency-unavailable', retryable: true });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.text).not.toContain('10.0.0.1');
  });

  describe('Prefer: min-fresh', () => {
    const url = `/api/v1/instances/${running.id}`;
    const read = (prefer: string): ReturnType<TestApi['send']> => api.send({ url, headers: { prefer } });

    it('does not ask Novita while our data will do', async () => {
      api.store.put(running);
      const answer = await read('min-fresh=60');
      expect(answer.headers['preference-applied']).toBe('min-fresh=60');
      expect(api.commands.calls).toEqual([]);
    });

    it('asks Novita when it is older', async () => {
      api.store.put(running);
      api.commands.refreshed = async () => ({ record: { ...running, observedAt: at('12:00:00') }, lastUsedAt: null });
      const answer = await read('respond-async, min-fresh=59');
      expect(answer.headers['x-data-as-of']).toBe(at('12:00:00'));
      expect(answer.headers['preference-applied']).toBe('min-fresh=59');
      expect(api.commands.calls).toEqual([{ command: 'refresh', target: running.id, caller: null }]);
    });

    it('answers what we have, and says so, when Novita does not answer', async () => {
      api.store.put(running);
      api.commands.refreshed = async () => {
        throw new Problem(lifecycleProblems['provider-unavailable'], { detail: 'no answer' });
      };
      const answer = await read('min-fresh=0');
      expect(answer.status).toBe(200);
      expect(answer.headers['x-data-as-of']).toBe(at('11:59:00'));
      expect(answer.headers).not.toHaveProperty('preference-applied');
    });

    it('gives the refresh a signal that ends it', async () => {
      api.store.put(running);
      let given: AbortSignal | null = null;
      api.commands.refreshed = async (signal) => {
        given = signal;
        return { record: running, lastUsedAt: null };
      };
      await read('min-fresh=0');
      expect(given).toBeInstanceOf(AbortSignal);
    });

    it('counts the listing of the sync as an observation', async () => {
      api.store.put(running);
      api.sync.set({ instancesAsOf: at('11:59:59') });
      const answer = await read('min-fresh=1');
      expect(answer.headers['x-data-as-of']).toBe(at('11:59:59'));
      expect(answer.headers['preference-applied']).toBe('min-fresh=1');
      expect(answer.json['observedAt']).toBe(at('11:59:00'));
      expect(api.commands.calls).toEqual([]);
      api.sync.set({ instancesAsOf: at('12:00:00') });
      const later = await api.send({ url });
      expect(later.headers['x-data-as-of']).toBe(at('12:00:00'));
      expect(later.text).toBe(answer.text);
      expect(later.headers['etag']).toBe(answer.headers['etag']);
    });

    it('does not ask about what Novita does not know yet', async () => {
      const { record } = api.store.put(anInstance());
      const answer = await api.send({ url: `/api/v1/instances/${record.id}`, headers: { prefer: 'min-fresh=0' } });
      expect(answer.status).toBe(200);
      expect(answer.headers).not.toHaveProperty('preference-applied');
      expect(api.commands.calls).toEqual([]);
    });

    it('finds no instance where there is none', async () => {
      const answer = await api.send({ url: '/api/v1/instances/nobody', headers: { prefer: 'min-fresh=0' } });
      expect(answer.status).toBe(404);
    });
  });
});
