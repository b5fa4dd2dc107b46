import { InstanceStoreModule, MemoryChangeFeed, StopHolders } from '@app/instance-store';
import { ScheduleSettings } from '@app/jobs';
import { Clock, MetricsRegistry, ProcessSettings } from '@app/platform';
import { LockKeeper, MemoryLockKeeper, QuarantineReporter, RedisConnections, RedisSettings } from '@app/redis';
import { type Abstract, type FactoryProvider, Global, Module } from '@nestjs/common';
import { AttemptRecorder } from './deliver/attempt-recorder.js';
import { DeliverWebhooksProcessor } from './deliver/deliver-webhooks.processor.js';
import { DeliveryHints } from './deliver/delivery-hints.js';
import { DeliveryRun } from './deliver/delivery-run.js';
import { HoldReleases } from './deliver/hold-releases.js';
import { WebhookDeliveries } from './deliver/webhook-deliveries.js';
import { WebhookTest } from './deliver/webhook-test.js';
import { EndpointHolders } from './endpoints/endpoint-holders.js';
import { GlobalEndpoint } from './endpoints/global-endpoint.js';
import { WebhookEndpoints } from './endpoints/webhook-endpoints.js';
import { FanOut } from './fan-out/fan-out.js';
import { FanOutRunner } from './fan-out/fan-out-runner.js';
import { WebhookGauges } from './health/webhook-gauges.js';
import { WebhookMetrics } from './health/webhook-metrics.js';
import { SettingSecrets, WebhookOptions, webhookOptionsOf } from './model/webhook-options.js';
import { WebhookSender } from './model/webhook-sender.port.js';
import { WebhookSettings } from './model/webhooks.settings.js';
import { createWebhookSender } from './send/http-webhook-sender.js';
import { DeliveryLog } from './store/delivery-log.port.js';
import { DeliveryQueue } from './store/delivery-queue.port.js';
import { EndpointStore } from './store/endpoint-store.port.js';
import { FanOutStore } from './store/fan-out-store.port.js';
import { memoryWebhookStore, redisWebhookStore, type WebhookStore } from './store/webhook-store.js';
import { WebhookSweep, WebhookSweepTimer } from './sweep/webhook-sweep.js';

/** The token of the store whose ports are provided, so that everybody injects the ports that they use. */
const STORE = Symbol('WebhookStore');

function port<Port>(token: Abstract<Port>, of: (store: WebhookStore) => Port): FactoryProvider<Port> {
  return { provide: token, useFactory: of, inject: [STORE] };
}

/** Endpoints, the log of deliveries, and tests: for every process. Runs no job. Needs the platform and the jobs module, both global. */
@Module({
  imports: [InstanceStoreModule],
  providers: [
    {
      provide: WebhookOptions,
      useFactory: webhookOptionsOf,
      inject: [WebhookSettings, ScheduleSettings, ProcessSettings],
    },
    {
      provide: STORE,
      useFactory: (
        connections: RedisConnections | null,
        settings: RedisSettings,
        clock: Clock,
        feed: MemoryChangeFeed,
        locks: LockKeeper,
        quarantine: QuarantineReporter,
      ): WebhookStore => {
        const report = quarantine.report.bind(quarantine);
        const { REDIS_KEY_PREFIX } = settings;
        if (connections !== null) return redisWebhookStore(connections, REDIS_KEY_PREFIX, clock, undefined, report);
        if (!(locks instanceof MemoryLockKeeper)) throw new Error('a store in memory needs locks in memory');
        return memoryWebhookStore(feed, locks, clock);
      },
      inject: [RedisConnections, RedisSettings, Clock, MemoryChangeFeed, LockKeeper, QuarantineReporter],
    },
    port(EndpointStore, ({ endpoints }) => endpoints),
    port(DeliveryLog, ({ log }) => log),
    port(DeliveryQueue, ({ queue }) => queue),
    port(FanOutStore, ({ fanOut }) => fanOut),
    { provide: WebhookSender, useFactory: createWebhookSender, inject: [WebhookOptions, Clock] },
    DeliveryHints,
    SettingSecrets,
    WebhookDeliveries,
    WebhookEndpoints,
    WebhookGauges,
    WebhookTest,
  ],
  exports: [
    DeliveryHints,
    DeliveryQueue,
    EndpointStore,
    FanOutStore,
    SettingSecrets,
    WebhookDeliveries,
    WebhookEndpoints,
    WebhookOptions,
    WebhookSender,
    WebhookTest,
  ],
})
export class WebhooksModule {}

/** What turns events into deliveries and sends them, and knows which endpoints hold stops. For workers only. */
@Global()
@Module({
  imports: [WebhooksModule, InstanceStoreModule],
  providers: [
    {
      provide: WebhookMetrics,
      useFactory: (registry: MetricsRegistry) => new WebhookMetrics(registry),
      inject: [MetricsRegistry],
    },
    AttemptRecorder,
    DeliverWebhooksProcessor,
    DeliveryRun,
    FanOut,
    FanOutRunner,
    GlobalEndpoint,
    HoldReleases,
    { provide: StopHolders, useClass: EndpointHolders },
    WebhookSweep,
    WebhookSweepTimer,
  ],
  exports: [StopHolders],
})
export class WebhooksWorkerModule {}
