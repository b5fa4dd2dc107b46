import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { AutoStopStatistics, CheckTrigger, IdleExplanations, Leases } from '@app/auto-stop';
import {
  AuditLog,
  ChangeFeed,
  ChangeFeedView,
  CommandJournal,
  Deadlines,
  DegradedMode,
  FleetView,
  IdleSettings,
  IdleTracker,
  InstanceRecords,
  JournalReport,
  memoryStore,
  StoreAvailability,
} from '@app/instance-store';
import { BoardQueues, JobQueue, ScheduleSettings } from '@app/jobs';
import { KubernetesView } from '@app/kubernetes-source';
import {
  Catalogue,
  InstanceCommands,
  InstanceTokens,
  MemoryStartupTimes,
  StartupEstimates,
  UnconfirmedCommands,
} from '@app/lifecycle';
import { Novita, NovitaHealth } from '@app/novita-client';
import { Clock, createHttpAdapter, HttpSettings, PlatformLogger, plainApiKey, type Settings } from '@app/platform';
import { loadSettings } from '@app/settings';
import {
  BillStore,
  BillTrigger,
  FleetHistory,
  MemoryBillStore,
  SpendDays,
  SpendOptions,
  SpendReports,
  SpendSettings,
  SpendStopPlan,
  SpentToday,
  spendOptionsOf,
} from '@app/spend';
import { OrphanCommands, SyncRequests } from '@app/sync';
import { SyncStatusStore, SyncStatusView } from '@app/sync-status';
import { FakeClock, MemoryLog } from '@app/testing';
import { NoSharedReadings, UtilisationReader } from '@app/utilisation';
import { MemoryWatchdogPresence, WatchdogPresence } from '@app/watchdog';
import { WebhookDeliveries, WebhookEndpoints, WebhookTest } from '@app/webhooks';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { FastifyInstance } from 'fastify';
import { ApiModule } from '../../src/api.module.js';
import { configureHttp, HTTP_OPTIONS } from '../../src/create-api.js';
import { FakeAutoStop, FakeFleetHistory, FakeSpendReports } from './auto-stop-fakes.js';
import { FakeCatalogue, FakeInstanceCommands } from './command-fakes.js';
import { FakeLiveNovita, FakeNovitaHealth } from './fake-live-novita.js';
import { FakeChangeFeed, FakeFeedView } from './feed-fakes.js';
import { FakeFleetView, FakeInstanceStore } from './fleet-fakes.js';
import { FakeMigration } from './migration-fakes.js';
import { FakeOrphanCommands, FakeSyncRequests, FakeSyncStatus, FakeSyncStatusStore } from './sync-fakes.js';
import { FakeWebhooks } from './webhook-fakes.js';

export const KEYS = {
  viewer: 'viewer-key-0123456789',
  operator: 'operator-key-0123456789',
  admin: 'admin-key-0123456789',
} as const;
/** Of an operator with limits. */
export const AGENT_KEY = 'agent-key-0123456789';
export const AGENT_LIMITS = { usdPerHour: 2, usdPerDay: 20, hoursPerInstance: 8 } as const;

type Role = keyof typeof KEYS;

export interface TestRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  readonly url: string;
  /** Default: operator; null for no key. */
  readonly as?: Role | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** The address of the client. */
  readonly from?: string;
  /** An object is sent as JSON, text and bytes as they are. */
  readonly body?: unknown;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export interface TestApiOptions {
  readonly pageFolder?: string;
  readonly queues?: BoardQueues | null;
  /** The mirror of a cluster; default: there is none. */
  readonly kubernetes?: KubernetesView | null;
  readonly prepare?: (server: FastifyInstance) => void;
  readonly arrange?: (module: DynamicModule) => DynamicModule;
}

/** The whole API over fakes of what it stands on, driven without a socket. */
export class TestApi {
  readonly clock = new FakeClock(Date.UTC(2026, 0, 1, 12));
  readonly store = new FakeInstanceStore();
  readonly feed = new FakeFeedView();
  readonly keptFeed = new FakeChangeFeed(this.feed);
  readonly commands = new FakeInstanceCommands();
  readonly catalogue = new FakeCatalogue();
  readonly sync = new FakeSyncStatus();
  readonly syncStore = new FakeSyncStatusStore(this.sync);
  readonly syncs = new FakeSyncRequests();
  readonly orphans = new FakeOrphanCommands();
  readonly autoStop = new FakeAutoStop();
  readonly spend = new FakeSpendReports();
  readonly bill = new MemoryBillStore();
  /** Whether a worker is there to run jobs, as routes are told that enqueue one themselves. */
  hasWorker = true;
  /** Names of the jobs that were asked for by routes which enqueue one themselves. */
  readonly enqueued: string[] = [];
  /** The meters of a store in memory. */
  readonly metered = memoryStore(this.clock);
  readonly migration = new FakeMigration();
  readonly history = new FakeFleetHistory();
  readonly novita = new FakeLiveNovita();
  readonly novitaHealth = new FakeNovitaHealth();
  readonly fleet = new FakeFleetView(this.store, this.clock);
  readonly log = new MemoryLog();
  readonly startupTimes = new MemoryStartupTimes();
  readonly webhooks: FakeWebhooks;
  readonly watchdog = new MemoryWatchdogPresence();
  private made: NestFastifyApplication | null = null;

  private constructor(settings: Settings) {
    this.webhooks = new FakeWebhooks(settings, this.clock);
  }

  get app(): NestFastifyApplication {
    if (this.made === null) throw new Error('it was not started');
    return this.made;
  }

  /**
   * @param environment as an operator would set it
   * @param more the folder of a built page, and the queues of a board, none of either without; what is done to the server
   * before it has routes; and how the module of the API is arranged
   */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    { pageFolder, queues = null, kubernetes = null, prepare, arrange = (module) => module }: TestApiOptions = {},
  ): Promise<TestApi> {
    const settings = loadSettings({ NODE_ENV: 'test', LOG_LEVEL: 'debug', ...environment });
    const api = new TestApi(settings);
    const fakes = [
      { provide: InstanceRecords, useValue: api.store.records },
      { provide: Deadlines, useValue: api.store.deadlines },
      { provide: IdleTracker, useValue: api.store.idle },
      { provide: AuditLog, useValue: api.store.audit },
      { provide: FleetView, useValue: api.fleet },
      { provide: ChangeFeed, useValue: api.keptFeed },
      { provide: ChangeFeedView, useValue: api.feed },
      { provide: InstanceCommands, useValue: api.commands },
      { provide: InstanceTokens, useValue: new InstanceTokens(api.metered.records, api.clock) },
      { provide: Catalogue, useValue: api.catalogue },
      { provide: StartupEstimates, useValue: new StartupEstimates(api.startupTimes, api.clock) },
      { provide: SyncStatusView, useValue: api.sync },
      { provide: SyncStatusStore, useValue: api.syncStore },
      { provide: SyncRequests, useValue: api.syncs },
      { provide: OrphanCommands, useValue: api.orphans },
      { provide: AutoStopStatistics, useValue: api.autoStop },
      { provide: CheckTrigger, useValue: api.autoStop },
      { provide: IdleExplanations, useValue: api.autoStop },
      { provide: Leases, useValue: api.autoStop },
      { provide: SpendReports, useValue: api.spend },
      { provide: BillStore, useValue: api.bill },
      {
        provide: BillTrigger,
        useFactory: (queue: JobQueue) => new BillTrigger(queue, { isAnyAlive: async () => api.hasWorker }),
        inject: [JobQueue],
      },
      { provide: SpendDays, useValue: new SpendDays(api.metered.spend, api.clock) },
      { provide: SpendOptions, useFactory: spendOptionsOf, inject: [SpendSettings, ScheduleSettings] },
      {
        provide: SpendStopPlan,
        useFactory: (options: SpendOptions, idle: IdleSettings) =>
          new SpendStopPlan(
            new SpentToday(api.metered.spend, api.clock, options),
            api.metered.records,
            api.clock,
            idle,
          ),
        inject: [SpendOptions, IdleSettings],
      },
      {
        provide: JobQueue,
        useValue: { enqueue: async ({ name }: { readonly name: string }) => void api.enqueued.push(name) },
      },
      { provide: FleetHistory, useValue: api.history },
      {
        provide: UnconfirmedCommands,
        useValue: new UnconfirmedCommands(api.store.records, api.store.deadlines, api.clock),
      },
      ...api.migration.providers,
      { provide: Novita, useValue: api.novita.client },
      {
        provide: UtilisationReader,
        useValue: new UtilisationReader(api.novita.client, new NoSharedReadings(), api.clock),
      },
      { provide: NovitaHealth, useValue: api.novitaHealth },
      { provide: WebhookEndpoints, useValue: api.webhooks.endpoints },
      { provide: WebhookDeliveries, useValue: api.webhooks.deliveries },
      { provide: WebhookTest, useValue: api.webhooks.test },
      { provide: WatchdogPresence, useValue: api.watchdog },
      { provide: KubernetesView, useValue: kubernetes },
    ];

    @Global()
    @Module({
      providers: [...fakes, CommandJournal, DegradedMode, JournalReport, StoreAvailability],
      exports: [...fakes.map(({ provide }) => provide), DegradedMode, StoreAvailability],
    })
    class FleetFakes {}

    const keys = [
      ...(Object.keys(KEYS) as Role[]).map((role) => plainApiKey(`the-${role}`, role, KEYS[role])),
      { ...plainApiKey('agent', 'operator', AGENT_KEY), limits: AGENT_LIMITS },
    ];
    const testing = await Test.createTestingModule({
      imports: [
        arrange(
          ApiModule.forRoot({
            processName: 'api',
            settings,
            keys,
            fleet: [FleetFakes],
            logDestination: api.log,
            ...(pageFolder !== undefined && { pageFolder }),
          }),
        ),
      ],
    })
      .overrideProvider(Clock)
      .useValue(api.clock)
      // Of the jobs that the health of the workers is read from.
      .overrideProvider(BoardQueues)
      .useValue(queues)
      .compile();
    const app = testing.createNestApplication<NestFastifyApplication>(
      createHttpAdapter(settings.get(HttpSettings)),
      HTTP_OPTIONS,
    );
    app.useLogger(app.get(PlatformLogger));
    prepare?.(app.getHttpAdapter().getInstance());
    configureHttp(app);
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    api.made = app;
    return api;
  }

  async send({ method = 'GET', url, as = 'operator', headers = {}, from, body }: TestRequest): Promise<TestAnswer> {
    const answer = await this.app.inject({
      method,
      url,
      headers: {
        ...(as !== null && { authorization: `Bearer ${KEYS[as]}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(from !== undefined && { remoteAddress: from }),
      ...(body !== undefined && {
        payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      }),
    });
    const text = decoded(answer.rawPayload, answer.headers['content-encoding']);
    const isJson = String(answer.headers['content-type']).includes('json');
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      json: isJson && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  async stop(): Promise<void> {
    await this.app.close();
  }
}

/** The text of an answer, which is compressed when it is long and the request allows it. */
function decoded(bytes: Buffer, encoding: unknown): string {
  switch (encoding) {
    case 'gzip':
      return gunzipSync(bytes).toString();
    case 'br':
      return brotliDecompressSync(bytes).toString();
    case 'zstd':
      return zstdDecompressSync(bytes).toString();
    default:
      return bytes.toString();
  }
}
