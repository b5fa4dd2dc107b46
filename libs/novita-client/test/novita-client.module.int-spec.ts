import { Clock, HealthIndicatorRegistry, loadSection, MetricsRegistry, SystemClock } from '@app/platform';
import { RedisConnections, RedisSettings } from '@app/redis';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NovitaUnauthorizedError } from '../src/novita.errors.js';
import { Novita } from '../src/novita.js';
import { NovitaSettings } from '../src/novita.settings.js';
import { NovitaClientModule } from '../src/novita-client.module.js';
import { NovitaHealth } from '../src/novita-health.js';
import { type FakeNovita, json, refusal, startFakeNovita } from './fake-novita.js';

describe('NovitaClientModule', () => {
  let novita: FakeNovita;

  beforeEach(async () => {
    novita = await startFakeNovita();
  });
  afterEach(() => novita.close());

  const boot = async (changed: NodeJS.ProcessEnv) => {
    const settings = loadSection(NovitaSettings, {
      NOVITA_API_BASE_URL: novita.url,
      NOVITA_API_KEY: 'sk_test_0123456789',
      NOVITA_TIMEOUT: '1s',
      NOVITA_MAX_REQUESTS_PER_SECOND: '100',
      NOVITA_PAGE_SIZE: '25',
      ...changed,
    });
    const provided = [
      { provide: NovitaSettings, useValue: settings },
      { provide: RedisSettings, useValue: loadSection(RedisSettings, { REDIS_KEY_PREFIX: 'test' }) },
      { provide: Clock, useClass: SystemClock },
      { provide: MetricsRegistry, useClass: MetricsRegistry },
      { provide: RedisConnections, useValue: null },
      { provide: HealthIndicatorRegistry, useClass: HealthIndicatorRegistry },
    ];
    class PlatformStandIn {}
    Global()(PlatformStandIn);
    Module({ providers: provided, exports: provided.map(({ provide }) => provide) })(PlatformStandIn);
    const app = await Test.createTestingModule({ imports: [PlatformStandIn, NovitaClientModule] }).compile();
    return app.init();
  };

  it('provides the API, its health and its metrics from the settings', async () => {
    const app = await boot({});
    expect(app.get(NovitaHealth).lastAnswerAt()).toBeNull();
    expect(await app.get(MetricsRegistry).metrics()).not.toContain('novita_last_answer_timestamp_seconds{');
    novita.answers(json({ instances: [{ id: 'a', status: 'running' }, { id: 'b' }], total: 2 }));
    for await (const page of app.get(Novita).instances.list()) expect(page.items).toHaveLength(1);
    expect(novita.requests[0]?.query).toEqual({ pageSize: '25', pageNum: '0' });
    expect(app.get(NovitaHealth).circuitState()).toBe('closed');
    expect(app.get(NovitaHealth).lastAnswerAt()).toEqual(expect.any(String));
    expect(app.get(HealthIndicatorRegistry).all()).toMatchObject([{ name: 'novita', needed: false }]);

    novita.answers(refusal(400, 'VALIDATOR_PARAM', 'no'));
    await expect(app.get(Novita).catalogue.clusters()).rejects.toThrow('VALIDATOR_PARAM');
    const metrics = await app.get(MetricsRegistry).metrics();
    expect(metrics).toContain('novita_requests_total{call="GET /gpu/instances",outcome="ok"} 1');
    expect(metrics).toContain('novita_requests_total{call="GET /clusters",outcome="invalid-request"} 1');
    expect(metrics).toContain('novita_malformed_items_total{call="GET /gpu/instances"} 1');
    expect(metrics).toContain('novita_request_duration_seconds_count{call="GET /clusters"} 1');
    expect(metrics).toContain('novita_circuit_state{surface="gpu"} 0');
    expect(metrics).toMatch(/novita_last_answer_timestamp_seconds\{surface="gpu"\} \d+/);
    expect(metrics).not.toContain('novita_last_answer_timestamp_seconds{surface="serverless"}');
    await app.close();
  });

  it('lets nothing go after the shutdown', async () => {
    const app = await boot({});
    const api = app.get(Novita);
    await app.close();
    await expect(api.catalogue.clusters()).rejects.toThrow('the client is closed');
    expect(novita.requests).toHaveLength(0);
  });

  it('boots without a key, and says so at the first call', async () => {
    const app = await boot({ NOVITA_API_KEY: '' });
    await expect(app.get(Novita).catalogue.clusters()).rejects.toBeInstanceOf(NovitaUnauthorizedError);
    await app.close();
  });
});
