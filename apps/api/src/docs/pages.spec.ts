import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('pages and documents', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await TestApi.start();
  });
  afterAll(async () => {
    await api.stop();
  });

  it('explains a problem to a person and to a program', async () => {
    const page = await api.send({ url: '/errors/instance-busy', as: null, headers: { accept: BROWSER } });
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.text).toContain('Another command is under way');
    for (const accept of ['*/*', 'application/json', 'application/problem+json']) {
      const json = await api.send({ url: '/errors/instance-busy', as: null, headers: { accept } });
      expect(json.json).toMatchObject({ type: '/errors/instance-busy', code: 'instance-busy', status: 409 });
    }
  });

  it('knows every problem that a route documents', async () => {
    const { json } = await api.send({ url: '/openapi.json', as: null });
    const codes = [...JSON.stringify(json).matchAll(/#\/components\/examples\/([a-z-]+)/g)].map((match) => match[1]);
    expect(new Set(codes).size).toBeGreaterThan(20);
    for (const code of new Set(codes)) expect((await api.send({ url: `/errors/${code}`, as: null })).status).toBe(200);
  });

  it('has an index of problems and none that is made up', async () => {
    const index = await api.send({ url: '/errors', as: null, headers: { accept: BROWSER } });
    expect(index.text).toContain('"errors/validation-failed"');
    const unknown = await api.send({ url: '/errors/made-up', as: null });
    expect([unknown.status, unknown.json['detail']]).toEqual([404, 'There is no problem with this code.']);
    expect((await api.send({ url: '/errors/<script>', as: null, headers: { accept: BROWSER } })).text).not.toContain(
      '<script>',
    );
  });

  it('serves the documentation under its own policy, from this process alone', async () => {
    for (const url of ['/docs', '/docs/']) {
      const page = await api.send({ url, as: null });
      expect(page.status).toBe(200);
      expect(page.headers['content-type']).toContain('text/html');
      const policy = String(page.headers['content-security-policy']);
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toContain('unsafe-eval');
      expect(page.text).not.toMatch(/(?:src|href)="https?:/);
      expect(page.text).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
    }
    for (const asset of [
      'swagger-ui.css',
      'swagger-ui-bundle.js',
      'swagger-ui-standalone-preset.js',
      'swagger-ui-init.js',
    ]) {
      const answer = await api.send({ url: `/docs/${asset}`, as: null });
      expect([asset, answer.status]).toEqual([asset, 200]);
    }
    expect((await api.send({ url: '/docs/swagger-ui-init.js', as: null })).text).toContain('createInstance');
  });

  it('answers health, in words for people and machines', async () => {
    const { json } = await api.send({ url: '/api/v1/health', as: null });
    expect(json).toEqual({
      status: 'ok',
      timestamp: '2026-01-01T12:00:00.000Z',
      sync: (await api.send({ url: '/api/v1/sync/status', as: null })).json,
    });
    expect(json['sync']).toMatchObject({ status: 'not_started', totalResources: 9 });
    expect((await api.send({ url: '/health/ready', as: null })).json).toMatchObject({ status: 'ok' });
    expect((await api.send({ url: '/health/live', as: null })).json).toEqual({ status: 'ok' });
  });

  it('points the way at the root', async () => {
    const answer = await api.send({ url: '/', as: null });
    expect(answer.text).toContain('/docs');
    expect(answer.headers['content-type']).toContain('text/plain');
  });
});
