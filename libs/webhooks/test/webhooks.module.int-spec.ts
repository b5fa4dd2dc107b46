import { InstanceRecords } from '@app/instance-store';
import { JobsModule, JobsWorkerModule } from '@app/jobs';
import { HealthReporter, MetricsRegistry, PlatformModule } from '@app/platform';
import { RedisModule } from '@app/redis';
import { loadSettings } from '@app/settings';
import { aNewInstance, jobHandlers, type RedisFixture, redisAnswers, startRedis } from '@app/testing';
import { Injectable, Logger, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  DeliverWebhooksProcessor,
  WebhookDeliveries,
  WebhookEndpoints,
  WebhookSender,
  WebhooksModule,
  WebhooksWorkerModule,
} from '../src/index.js';
import { FanOutStore } from '../src/store/fan-out-store.port.js';
import { answered, ScriptedSender } from './support/scripted-sender.js';

/** A worker does not start while a job has no handler; these are other features', and what they would do is not of interest. */
@Injectable()
class NotOurs {
  handle(): Promise<void> {
    return Promise.resolve();
  }
}

const URL_OF_ALL = 'https://hooks.example.com/all';
let redis: RedisFixture;
let prefixes = 0;
let workers: TestingModule[] = [];
let sender: ScriptedSender;

beforeAll(async () => {
  Logger.overrideLogger(false);
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  workers = [];
});

/** A worker process and an API process in one. */
async function start(environment: NodeJS.ProcessEnv): Promise<TestingModule> {
  const settings = loadSettings({
    NODE_ENV: 'test',
    NOVITA_API_KEY: 'sk_test',
    LOG_LEVEL: 'silent',
    DEADLINE_SWEEP_INTERVAL: '500ms',
    WEBHOOK_URL: URL_OF_ALL,
    WEBHOOK_SECRET: `whsec_${'a'.repeat(32)}`,
    WEBHOOK_SCHEDULE: '0,100ms,100ms',
    ...environment,
  });
  @Module({
    imports: [
      PlatformModule.forRoot({ processName: 'test', settings }),
      RedisModule,
      JobsModule,
      JobsWorkerModule.forRoot(jobHandlers(NotOurs, { DELIVER_WEBHOOKS: DeliverWebhooksProcessor })),
      WebhooksModule,
      WebhooksWorkerModule,
    ],
    providers: [NotOurs],
  })
  class TestApp {}
  const app = await Test.createTestingModule({ imports: [TestApp] })
    .overrideProvider(WebhookSender)
    .useValue(sender)
    .compile();
  app.useLogger(false);
  await app.init();
  workers.push(app);
  return redisAnswers(app);
}

/** The endpoint of the settings is there, and the fan-out has begun. */
async function isReady(app: TestingModule): Promise<void> {
  await vi.waitUntil(
    async () => (await app.get(WebhookEndpoints).list()).length > 0 && (await app.get(FanOutStore).position()) !== null,
    { timeout: 20_000, interval: 20 },
  );
}

const sentTo = (url: string, count: number): Promise<unknown> =>
  vi.waitUntil(() => sender.to(url).length >= count, { timeout: 30_000, interval: 10 });

describe.each(['memory', 'redis'] as const)('webhooks with deliveries and jobs in %s', (means) => {
  const environment = (): NodeJS.ProcessEnv => ({
    REDIS_KEY_PREFIX: `test-${prefixes++}`,
    ...(means === 'redis' && { REDIS_URL: redis.url }),
  });

  it('send each event to the endpoint of the settings, and try again', async () => {
    sender = new ScriptedSender();
    sender.on(URL_OF_ALL, (_, place) => ({
      kind: 'answered',
      status: place === 0 ? 500 : 204,
      retryAfterMs: null,
      answer: '',
      durationMs: 1,
    }));
    const app = await start(environment());
    await isReady(app);
    const record = aNewInstance();
    await app.get(InstanceRecords).insert(record);
    await sentTo(URL_OF_ALL, 2);
    expect(sender.sent.map(({ type, sequence, instanceId }) => [type, sequence, instanceId])).toEqual([
      ['instance.created', 1, record.id],
      ['instance.created', 1, record.id],
    ]);
    await vi.waitUntil(async () => {
      const { deliveries } = await app.get(WebhookDeliveries).list({ limit: 10, state: 'delivered' });
      return deliveries.length === 1;
    });
    const metrics = await app.get(MetricsRegistry).metrics();
    expect(metrics).toContain('novita_fleet_webhook_attempts_total{result="delivered"} 1');
    expect(metrics).toContain('novita_fleet_webhook_attempts_total{result="rejected"} 1');
    expect(metrics).toContain('novita_fleet_webhook_deliveries_pending 0');
    expect(JSON.stringify(await app.get(HealthReporter).report())).toContain('"webhooks"');
  });
});

it('take an endpoint up again by themselves after it was down, without another event and without a sweep', async () => {
  sender = new ScriptedSender();
  const answers = [503, 503, 503, 503, 503];
  sender.on(URL_OF_ALL, (_, place) => answered(answers[place] ?? 204));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  try {
    const app = await start({ WEBHOOK_SCHEDULE: '0,1s,1s,1s,1s,1s,1s', DEADLINE_SWEEP_INTERVAL: '5m' });
    await isReady(app);
    await app.get(InstanceRecords).insert(aNewInstance());
    await sentTo(URL_OF_ALL, 5);
    const endpoint = async () => (await app.get(WebhookEndpoints).list())[0];
    await vi.waitUntil(async () => (await endpoint())?.deferredUntil !== null);
    // The breaker has opened for 30 s: the delivery, due after a second, waits and uses up no attempt.
    await vi.advanceTimersByTimeAsync(25_000);
    expect(sender.to(URL_OF_ALL)).toHaveLength(5);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(sender.to(URL_OF_ALL)).toHaveLength(6);
    const { deliveries } = await app.get(WebhookDeliveries).list({ limit: 10 });
    expect(deliveries).toMatchObject([{ state: 'delivered', attempts: Array.from({ length: 6 }, () => ({})) }]);
    expect(await endpoint()).toMatchObject({ failingSince: null, deferredUntil: null });
  } finally {
    vi.useRealTimers();
  }
});

it('go on with another worker when the one that makes deliveries ends, without a gap', async () => {
  sender = new ScriptedSender();
  const environment = { REDIS_KEY_PREFIX: `test-${prefixes++}`, REDIS_URL: redis.url };
  const first = await start(environment);
  await isReady(first);
  const second = await start(environment);
  const record = aNewInstance();
  await first.get(InstanceRecords).insert(record);
  const change = async (usdPerHour: number): Promise<void> => {
    const records = second.get(InstanceRecords);
    const stored = await records.get(record.id);
    if (stored !== null) await records.write({ ...stored.record, price: { usdPerHour } }, { kind: 'command' });
  };
  await change(1);
  await sentTo(URL_OF_ALL, 2);
  await first.close();
  workers = [second];
  await change(2);
  await sentTo(URL_OF_ALL, 3);
  expect(new Set(sender.sent.map(({ sequence }) => sequence))).toEqual(new Set([1, 2, 3]));
});
