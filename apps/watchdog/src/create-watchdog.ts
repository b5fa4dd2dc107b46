import { createNovitaClient, type NovitaClient, NovitaSettings } from '@app/novita-client';
import {
  ApiKeyRing,
  Clock,
  createHttpAdapter,
  type HealthDetails,
  HealthIndicatorRegistry,
  HttpSettings,
  IdGenerator,
  MetricsController,
  metricsAuth,
  PlatformModule,
  type PlatformOptions,
  ProcessSettings,
  type readSections,
  type Settings,
  ShutdownSettings,
  StartError,
  TracingSettings,
} from '@app/platform';
import { FleetApi, Notices, Watchdog, WatchdogMetrics, WatchdogSettings, WatchFile } from '@app/watchdog';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Injectable,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** What this process is set by: it knows nothing of Redis, and wants none of the settings of the fleet. */
const SECTIONS = [
  ProcessSettings,
  HttpSettings,
  NovitaSettings,
  WatchdogSettings,
  TracingSettings,
  ShutdownSettings,
] as const;

const CLOSE_GRACE_MS = 2_000;

/**
 * The settings of the watchdog. Its own key for the API stands for the keys that others would set.
 *
 * @throws InvalidSettingsError; StartError for what only the watchdog needs
 */
export async function watchdogSettings(read: typeof readSections): Promise<Settings> {
  const own = (await read([ProcessSettings, WatchdogSettings])).get(WatchdogSettings);
  const url = own.WATCHDOG_API_URL;
  const key = own.WATCHDOG_API_KEY;
  if (url === null || key === null) {
    throw new StartError(
      'A watchdog asks the API for its deadlines: set WATCHDOG_API_URL to its address, and WATCHDOG_API_KEY to a key of its own with the role viewer. ' +
        'docs/watchdog.md says how it is set up.',
    );
  }
  const settings = await read(SECTIONS, { API_KEYS: `watchdog:viewer:${key}` });
  if (settings.get(NovitaSettings).NOVITA_API_KEY === null) {
    throw new StartError(
      'A watchdog stops instances at Novita by itself: set NOVITA_API_KEY to a key of that account.',
    );
  }
  return settings;
}

/** The process, configured; its rounds begin when it listens. */
export async function createWatchdog(
  settings: Settings,
  log: Pick<PlatformOptions, 'logDestination'> = {},
): Promise<NestFastifyApplication> {
  return NestFactory.create<NestFastifyApplication>(WatchdogProcessModule.forRoot(settings, log), createHttpAdapter(), {
    bodyParser: false,
    bufferLogs: true,
    autoFlushLogs: false,
    abortOnError: false,
  });
}

const NOVITA_CLIENT = Symbol('NovitaClient');

/** Begins and ends the rounds with the process, and shows them in its health. */
@Injectable()
class WatchdogRun implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly watchdog: Watchdog,
    private readonly metrics: WatchdogMetrics,
    private readonly health: HealthIndicatorRegistry,
    @Inject(NOVITA_CLIENT) private readonly client: NovitaClient,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.metrics.show(() => this.watchdog.state);
    this.health.register({ name: 'api', needed: false, check: async () => this.details() });
    await this.watchdog.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.watchdog.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.close(CLOSE_GRACE_MS);
  }

  private details(): HealthDetails {
    const { heardAt, readAt, remembered, unreported, acting } = this.watchdog.state;
    return {
      heardAt: heardAt ?? 'never',
      readAt: readAt ?? 'never',
      remembered,
      unreported,
      ...(acting && { degraded: 'the API is silent, and what is overdue is stopped' }),
    };
  }
}

@Module({})
class WatchdogProcessModule {
  static forRoot(settings: Settings, log: Pick<PlatformOptions, 'logDestination'>): DynamicModule {
    return {
      module: WatchdogProcessModule,
      imports: [PlatformModule.forRoot({ processName: 'watchdog', settings, ...log })],
      controllers: [MetricsController],
      providers: [
        // Its key for the API opens its metrics too.
        {
          provide: ApiKeyRing,
          inject: [HttpSettings, Clock],
          useFactory: ({ API_KEYS }: HttpSettings, clock: Clock) => new ApiKeyRing(API_KEYS, clock),
        },
        metricsAuth,
        WatchdogMetrics,
        { provide: NOVITA_CLIENT, inject: [NovitaSettings, Clock], useFactory: novitaOf },
        {
          provide: Watchdog,
          inject: [WatchdogSettings, ProcessSettings, NOVITA_CLIENT, WatchdogMetrics, Clock, IdGenerator],
          useFactory: watchdogOf,
        },
        WatchdogRun,
      ],
    };
  }
}

function novitaOf(settings: NovitaSettings, clock: Clock): NovitaClient {
  const logger = new Logger('NovitaClient');
  return createNovitaClient(
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
      shared: null,
      onBudgetChange: () => undefined,
      observer: {
        exchanged: () => undefined,
        notSent: () => undefined,
        surprised: () => undefined,
        malformed: (call, items) => logger.warn(`${call}: ${items.length} items could not be read`),
      },
    },
  );
}

function watchdogOf(
  own: WatchdogSettings,
  { DATA_DIR }: ProcessSettings,
  { novita }: NovitaClient,
  metrics: WatchdogMetrics,
  clock: Clock,
  ids: IdGenerator,
): Watchdog {
  const url = own.WATCHDOG_API_URL;
  const key = own.WATCHDOG_API_KEY;
  if (url === null || key === null) throw new Error('watchdogSettings lets no watchdog start without them');
  const hook = own.WATCHDOG_WEBHOOK_URL;
  const secret = own.WATCHDOG_WEBHOOK_SECRET;
  const receiver = hook === null || secret === null ? null : { url: hook, secret };
  return new Watchdog(
    new FleetApi(url, key),
    novita,
    new WatchFile(DATA_DIR),
    new Notices(receiver, clock, ids),
    metrics,
    clock,
    {
      intervalMs: own.WATCHDOG_INTERVAL,
      patienceMs: own.WATCHDOG_PATIENCE,
      marginMs: own.WATCHDOG_MARGIN,
      dryRun: own.WATCHDOG_DRY_RUN,
    },
  );
}
