import { Clock, MetricsRegistry } from '@app/platform';
import { RedisConnections, RedisSettings } from '@app/redis';
import { Inject, Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { Novita } from './novita.js';
import { NovitaSettings } from './novita.settings.js';
import { createNovitaClient, type NovitaClient } from './novita-client.js';
import { NovitaHealth, NovitaIndicator } from './novita-health.js';
import { NovitaKeyCheck } from './novita-key-check.js';
import { NovitaMetrics } from './novita-metrics.js';
import { NovitaSurprises } from './novita-surprises.js';
import type { CallObserver } from './transport/attempt.js';

/** Handed out to this module alone; others see `Novita` and `NovitaHealth`. */
const NOVITA_CLIENT = Symbol('NovitaClient');

/** By then every request and job has ended; this is for what was forgotten. */
const CLOSE_GRACE_MS = 2_000;

/** A whole list may be unreadable; the log gets the first few. */
const LOGGED_ITEMS = 3;

@Injectable()
class NovitaClientShutdown implements OnApplicationShutdown {
  constructor(@Inject(NOVITA_CLIENT) private readonly client: NovitaClient) {}

  async onApplicationShutdown(): Promise<void> {
    await this.client.close(CLOSE_GRACE_MS);
  }
}

/** Provides `Novita` and `NovitaHealth` from the settings. Needs the platform module, which is global. */
@Module({
  providers: [
    {
      provide: NOVITA_CLIENT,
      inject: [NovitaSettings, RedisSettings, Clock, MetricsRegistry, RedisConnections, NovitaSurprises],
      useFactory: clientFromSettings,
    },
    {
      provide: NovitaSurprises,
      inject: [MetricsRegistry, Clock],
      useFactory: (registry: MetricsRegistry, clock: Clock) =>
        new NovitaSurprises(registry, clock, new Logger('NovitaClient')),
    },
    { provide: Novita, inject: [NOVITA_CLIENT], useFactory: (client: NovitaClient) => client.novita },
    { provide: NovitaHealth, inject: [NOVITA_CLIENT], useFactory: (client: NovitaClient) => client.health },
    NovitaClientShutdown,
    NovitaIndicator,
  ],
  exports: [Novita, NovitaHealth],
})
export class NovitaClientModule {}

/** Checks the key at the start; for applications, once in a process. */
@Module({ imports: [NovitaClientModule], providers: [NovitaKeyCheck] })
export class NovitaKeyCheckModule {}

function clientFromSettings(
  settings: NovitaSettings,
  { REDIS_KEY_PREFIX: keyPrefix }: RedisSettings,
  clock: Clock,
  registry: Registry,
  connections: RedisConnections | null,
  surprises: NovitaSurprises,
): NovitaClient {
  const logger = new Logger('NovitaClient');
  const metrics = new NovitaMetrics(registry);
  const client = createNovitaClient(
    {
      baseUrl: settings.NOVITA_API_BASE_URL,
      proxy: settings.novitaProxy === null ? null : { url: settings.novitaProxy, except: settings.NO_PROXY ?? '' },
      apiKey: settings.NOVITA_API_KEY,
      timeoutMs: settings.NOVITA_TIMEOUT,
      maxRequestsPerSecond: settings.NOVITA_MAX_REQUESTS_PER_SECOND,
      pageSize: settings.NOVITA_PAGE_SIZE,
    },
    {
      clock,
      observer: observerOf(metrics, surprises, logger),
      shared: connections === null ? null : { redis: connections.commands, keyPrefix },
      onBudgetChange: (cause) => {
        if (cause === null) logger.log('The request budget is shared through Redis again');
        else logger.warn(`Redis does not grant requests, each process keeps a budget of its own: ${cause.message}`);
      },
    },
  );
  metrics.showCircuits((surface) => client.circuitState(surface));
  metrics.showLastAnswers((surface) => client.lastAnswerAt(surface));
  return client;
}

function observerOf(metrics: NovitaMetrics, surprises: NovitaSurprises, logger: Logger): CallObserver {
  return {
    exchanged: (call, outcome, durationMs) => metrics.exchanged(call, outcome, durationMs),
    notSent: (call, kind) => metrics.notSent(call, kind),
    surprised: (call, found) => surprises.note(call, found),
    malformed: (call, items) => {
      metrics.malformed(call, items);
      const shown = items.slice(0, LOGGED_ITEMS).map((item) => `${item.path} ${item.reason}`);
      logger.warn(`${call}: ${items.length} items could not be read and were left out: ${shown.join('; ')}`);
    },
  };
}
