import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeKubernetes } from '../../test/support/fake-kubernetes.js';
import { FakeNovitaHealth } from '../../test/support/fake-live-novita.js';
import { TestApi } from '../../test/support/test-api.js';
import { MeController } from './me.controller.js';

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

  it('reports that there is a board of the queues, where there is one', () => {
    const caller = { name: 'a', role: 'admin' } as const;
    const queues = { adapters: () => Promise.resolve([]) };
    expect(new MeController(queues, null, new FakeNovitaHealth()).me({ caller, url: '/api/v1/me' })).toMatchObject({
      name: 'a',
      queues: true,
    });
  });

  it('reports that a cluster is mirrored', () => {
    const caller = { name: 'a', role: 'viewer' } as const;
    const me = new MeController(null, new FakeKubernetes(), new FakeNovitaHealth());
    expect(me.me({ caller, url: '/api/v1/me' })).toMatchObject({ kubernetes: true });
  });

  it('is for those with a key', async () => {
    expect((await api.send({ url: '/api/v1/me', as: null })).status).toBe(401);
  });
});
