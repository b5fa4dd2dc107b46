import {
  isLoopback,
  novitaBaseUrl,
  proxyAddress,
  redisAddress,
  redisUrlFromUpstash,
  upstashRestAddress,
} from './addresses.js';
import {
  type ApiKey,
  apiKeys,
  basePath,
  type IdleThreshold,
  idleThresholds,
  type TrustedProxies,
  trustedProxies,
} from './list-settings.js';
import { type ResolvedTexts, Setting } from './setting.decorator.js';
import {
  dollars,
  duration,
  Fault,
  matching,
  oneOf,
  origins,
  parseDuration,
  trueOrFalse,
  wholeNumber,
} from './setting-kinds.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const NODE_ENVS = ['development', 'production', 'test'] as const;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const MIGRATION_FALLBACKS = ['same-product', 'off'] as const;
const BILLING_MODES = ['onDemand', 'monthly', 'spot'] as const;

/** Of a variable that counts minutes; one that is faulty is told of by itself, so what follows from it is not. */
const msOf = (text: string | undefined, otherwiseMs: number): number => {
  const ms = text === undefined ? otherwiseMs : parseDuration(text, 'm');
  return ms instanceof Fault ? otherwiseMs : ms;
};

const inProduction = (resolved: ResolvedTexts): boolean => resolved['NODE_ENV'] === 'production';

/**
 * Everything that can be set from outside. A property has the name of its environment variable; durations are
 * milliseconds. Made by `loadSettings` only, which validates it; frozen.
 */
export class Settings {
  @Setting({
    kind: oneOf(NODE_ENVS),
    group: 'Process',
    description:
      'Production listens on every address by default and refuses to start without NOVITA_API_KEY, API_KEYS and FLEET_ID.',
    default: 'development',
    example: 'production',
  })
  readonly NODE_ENV!: (typeof NODE_ENVS)[number];

  @Setting({
    kind: oneOf(LOG_LEVELS),
    group: 'Process',
    description: 'Records below this level are not written. Health and metrics probes are logged at debug.',
    default: 'info',
    example: 'debug',
  })
  readonly LOG_LEVEL!: (typeof LOG_LEVELS)[number];

  @Setting({
    kind: matching(/^[^\0]{1,500}$/, 'the path of a folder; it is made when it is missing'),
    group: 'Process',
    description:
      'Where a process keeps files of its own: the API key made for development, and the commands that an API takes while Redis is away. In production it must outlive the process, as on a volume; several processes may share it.',
    default: '.data',
    example: '/var/lib/novita-fleet',
  })
  readonly DATA_DIR!: string;

  @Setting({
    kind: wholeNumber(0, 65_535),
    group: 'HTTP API',
    description: 'Port of the API. 0 takes any free one.',
    default: '3000',
    example: '8080',
  })
  readonly PORT!: number;

  @Setting({
    kind: matching(/^[A-Za-z0-9.:_-]{1,253}$/, 'an IP address or a host name'),
    group: 'HTTP API',
    description: 'Address that the API and the health port of the worker listen on.',
    default: {
      text: '127.0.0.1; in production 0.0.0.0',
      from: (resolved) => (inProduction(resolved) ? '0.0.0.0' : '127.0.0.1'),
    },
    example: '0.0.0.0',
  })
  readonly HOST!: string;

  @Setting({
    kind: wholeNumber(0, 65_535),
    group: 'HTTP API',
    description: "Port of the worker's health and metrics routes. 0 takes any free one.",
    default: '3001',
    example: '8081',
  })
  readonly WORKER_PORT!: number;

  @Setting({
    kind: apiKeys,
    group: 'HTTP API',
    description:
      'Who may call the API: a viewer reads, an operator also commands, an admin also sees queues and settings. Required in production; elsewhere an admin key is made when it is unset, kept in DATA_DIR and printed.',
    default: null,
    example: 'dashboard:viewer:0123456789abcdef,ci:operator:fedcba9876543210',
    sensitive: true,
  })
  readonly API_KEYS!: readonly ApiKey[];

  @Setting({
    kind: origins,
    group: 'HTTP API',
    description: 'Web pages of other origins that may call the API. None unless listed.',
    default: null,
    example: 'https://fleet.example.com,http://localhost:5173',
  })
  readonly CORS_ORIGINS!: readonly string[];

  @Setting({
    kind: basePath,
    group: 'HTTP API',
    description:
      'Path below which a proxy shows the API and its page, whether or not the proxy takes it away. A proxy that is trusted can say it in X-Forwarded-Prefix instead.',
    default: null,
    example: '/fleet',
  })
  readonly BASE_PATH!: string | null;

  @Setting({
    kind: trustedProxies,
    group: 'HTTP API',
    description:
      'Proxies whose X-Forwarded-For, -Proto, -Host and -Prefix are believed: their addresses and networks, or how many of them stand before the API. None unless set: then the address of a client is that of its connection.',
    default: null,
    example: '10.0.0.0/8,127.0.0.1',
  })
  readonly TRUST_PROXY!: TrustedProxies | null;

  @Setting({
    kind: wholeNumber(1, 100_000_000),
    group: 'HTTP API',
    description: 'Requests that one API key may make in a minute; more are answered 429.',
    default: '600',
    example: '1200',
  })
  readonly RATE_LIMIT_PER_MINUTE!: number;

  @Setting({
    kind: wholeNumber(1, 5_000),
    group: 'HTTP API',
    description: 'Event streams that one API key may have open at one API process. A further one is answered 429.',
    default: '500',
    example: '50',
  })
  readonly SSE_MAX_STREAMS_PER_KEY!: number;

  @Setting({
    kind: trueOrFalse,
    group: 'HTTP API',
    description: 'Whether /metrics answers without a key. Otherwise it wants one of any role.',
    default: 'false',
    example: 'true',
  })
  readonly METRICS_PUBLIC!: boolean;

  @Setting({
    kind: matching(/^[\x21-\x7e]{1,500}$/, 'printable characters without spaces'),
    group: 'Novita',
    description: 'Key of the Novita account, from https://novita.ai/settings. Required in production.',
    default: null,
    example: 'sk_your_novita_key',
    sensitive: true,
  })
  readonly NOVITA_API_KEY!: string | null;

  @Setting({
    kind: novitaBaseUrl,
    group: 'Novita',
    description: "Address of Novita's API. Another one is wanted for the sandbox or for a proxy.",
    default: 'https://api.novita.ai',
    example: 'http://127.0.0.1:4010',
  })
  readonly NOVITA_API_BASE_URL!: string;

  @Setting({
    kind: wholeNumber(1, 100_000),
    group: 'Novita',
    description:
      "Requests a second that all processes together send to Novita; short bursts of two seconds' worth pass.",
    default: '10',
    example: '5',
  })
  readonly NOVITA_MAX_REQUESTS_PER_SECOND!: number;

  @Setting({
    kind: duration('s', 100, 5 * MINUTE),
    group: 'Novita',
    description: 'How long one call to Novita may take before it counts as failed.',
    default: '30s',
    example: '45s',
  })
  readonly NOVITA_TIMEOUT!: number;

  @Setting({
    kind: wholeNumber(1, 1_000),
    group: 'Novita',
    description: 'Items asked for in one page of a list.',
    default: '100',
    example: '50',
  })
  readonly NOVITA_PAGE_SIZE!: number;

  @Setting({
    kind: proxyAddress,
    group: 'Novita',
    description:
      'Proxy for calls to Novita when its address is https. https_proxy, as many programs know it, is read too and wins.',
    default: null,
    example: 'http://proxy.example.com:3128',
    alias: 'https_proxy',
    sensitive: true,
  })
  readonly HTTPS_PROXY!: string | null;

  @Setting({
    kind: proxyAddress,
    group: 'Novita',
    description: 'The same when NOVITA_API_BASE_URL is http. http_proxy is read too and wins.',
    default: null,
    example: 'http://proxy.example.com:3128',
    alias: 'http_proxy',
    sensitive: true,
  })
  readonly HTTP_PROXY!: string | null;

  @Setting({
    kind: matching(/^[\x20-\x7e]{1,5000}$/, 'a list of host names, such as api.example.com,.internal or *'),
    group: 'Novita',
    description:
      'Hosts that are called without the proxy; a name stands for its subdomains too. This machine itself always is. no_proxy is read too and wins.',
    default: null,
    example: 'localhost,.internal',
    alias: 'no_proxy',
  })
  readonly NO_PROXY!: string | null;

  @Setting({
    kind: redisAddress,
    group: 'Redis',
    description:
      'Where records and queues are kept. Without it everything is in memory and lost when the process ends.',
    default: null,
    example: 'redis://127.0.0.1:6379',
    sensitive: true,
  })
  readonly REDIS_URL!: string | null;

  @Setting({
    kind: upstashRestAddress,
    group: 'Redis',
    description:
      'REST address of an Upstash database, used when REDIS_URL is unset: the TLS address of the same database is made from it. Goes together with UPSTASH_REDIS_REST_TOKEN.',
    default: null,
    example: 'https://example-12345.upstash.io',
  })
  readonly UPSTASH_REDIS_REST_URL!: string | null;

  @Setting({
    kind: matching(/^[\x21-\x7e]{1,500}$/, 'printable characters without spaces'),
    group: 'Redis',
    description: 'Token of that Upstash database.',
    default: null,
    example: 'your_upstash_token',
    sensitive: true,
  })
  readonly UPSTASH_REDIS_REST_TOKEN!: string | null;

  @Setting({
    kind: trueOrFalse,
    group: 'Redis',
    description:
      'While Redis does not answer, reads go on from the memory of each API process and say so (X-Data-Source: memory); stops, deletes, reports of use and leases are kept in DATA_DIR and carried out straight at Novita; and a process that is started before Redis waits for it: the API shows what Novita lists meanwhile. When false, all of them are refused with 503, and a process does not start without Redis.',
    default: 'true',
    example: 'false',
  })
  readonly REDIS_ENABLE_FALLBACK!: boolean;

  @Setting({
    kind: matching(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, dots, - and _'),
    group: 'Redis',
    description: 'First part of every Redis key, so that several fleets can share a database.',
    default: 'novita-fleet',
    example: 'fleet-staging',
  })
  readonly REDIS_KEY_PREFIX!: string;

  @Setting({
    kind: matching(/^[a-z0-9]{4}$/, 'four characters, each a small letter or a digit'),
    group: 'Instances',
    description:
      'Marks the instances of this fleet in their names at Novita. Choose it once, the same for all processes of a fleet, and another for each fleet on the account: fleets with one id adopt and stop the instances of each other. Required in production; elsewhere a random one is made and kept in Redis and in DATA_DIR. Redis that holds records of another fleet is refused. Two characters, as older versions took them, are refused: choose four; instances whose names carry the older marker are known by their records.',
    default: null,
    example: 'k3v9',
  })
  readonly FLEET_ID!: string | null;

  @Setting({
    kind: duration('s', 100, HOUR),
    group: 'Instances',
    description: 'How often an instance that is starting or stopping is looked at.',
    default: '30s',
    example: '10s',
  })
  readonly INSTANCE_POLL_INTERVAL!: number;

  @Setting({
    kind: duration('m', SECOND, 24 * HOUR),
    group: 'Instances',
    description: 'How long an instance may take to become ready before it counts as failed.',
    default: '10m',
    example: '20m',
  })
  readonly INSTANCE_STARTUP_TIMEOUT!: number;

  @Setting({
    kind: duration('s', 100, HOUR),
    group: 'Instances',
    description:
      'How long after an unclear attempt to create an instance Novita is searched before a second attempt. Must be longer than NOVITA_TIMEOUT.',
    default: '60s',
    example: '2m',
  })
  readonly CREATE_RETRY_GRACE!: number;

  @Setting({
    kind: duration('m', SECOND, 24 * HOUR),
    group: 'Instances',
    description:
      'How long Novita may take to agree to a stop or delete before that counts as unconfirmed and is told of (`instance.unconfirmed`, the page, a metric). It is tried again in any case.',
    default: '5m',
    example: '10m',
  })
  readonly CONFIRM_PATIENCE!: number;

  @Setting({
    kind: duration('s', 100, HOUR),
    group: 'Instances',
    description: 'How often overdue deadlines are looked for, in case a job was lost.',
    default: '15s',
    example: '30s',
  })
  readonly DEADLINE_SWEEP_INTERVAL!: number;

  @Setting({
    kind: matching(/^[A-Za-z0-9_-]{1,64}$/, 'the name of a region or cluster, letters, digits, - and _'),
    group: 'Instances',
    description: 'Region that is tried first when a request names none.',
    default: 'CN-HK-01',
    example: 'US-CA-05',
  })
  readonly DEFAULT_REGION!: string;

  @Setting({
    kind: oneOf(BILLING_MODES),
    group: 'Instances',
    description: 'Billing mode of an instance when a request names none.',
    default: 'onDemand',
    example: 'spot',
  })
  readonly DEFAULT_BILLING_MODE!: (typeof BILLING_MODES)[number];

  @Setting({
    kind: trueOrFalse,
    group: 'Sync',
    description:
      'Whether the fleet is synchronised with Novita now and then. It is in any case once when a worker starts.',
    default: 'true',
    example: 'false',
  })
  readonly SYNC_ENABLE_AUTOMATIC_SYNC!: boolean;

  @Setting({
    kind: duration('m', SECOND, 24 * HOUR),
    group: 'Sync',
    description: 'Time from one automatic sync to the next.',
    default: '30m',
    example: '10m',
  })
  readonly SYNC_INTERVAL_MINUTES!: number;

  @Setting({
    kind: trueOrFalse,
    group: 'Sync',
    description:
      'Whether records of instances that Novita has no more are removed at once. Otherwise those that had started are kept as terminated for a while.',
    default: 'false',
    example: 'true',
  })
  readonly SYNC_REMOVE_OBSOLETE_INSTANCES!: boolean;

  @Setting({
    kind: duration('d', 0, 3650 * DAY),
    group: 'Sync',
    description: 'How long the record of a terminated instance is kept, counted from its termination.',
    default: '7d',
    example: '12h',
  })
  readonly SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS!: number;

  @Setting({
    kind: wholeNumber(1, 100),
    group: 'Sync',
    description:
      'A listing that lacks more than this percentage of the live records (and at least 3 of them) is held: nothing is removed until a second listing agrees or somebody forces it.',
    default: '30',
    example: '10',
  })
  readonly SYNC_MAX_OBSOLETE_PERCENT!: number;

  @Setting({
    kind: duration('s', 0, HOUR),
    group: 'Sync',
    description: 'An instance that was seen or made this shortly before a listing began is not missed by that listing.',
    default: '60s',
    example: '2m',
  })
  readonly SYNC_MISSING_GRACE!: number;

  @Setting({
    kind: duration('s', SECOND, 10 * MINUTE),
    group: 'Sync',
    description: 'How long the lock of a sync outlives a worker that died with it.',
    default: '30s',
    example: '60s',
  })
  readonly SYNC_LOCK_TTL!: number;

  @Setting({
    kind: trueOrFalse,
    group: 'Migration',
    description:
      'Whether spot instances that Novita has reclaimed are migrated to another machine. Off, they count as stopped.',
    default: 'true',
    example: 'false',
  })
  readonly MIGRATION_ENABLED!: boolean;

  @Setting({
    kind: duration('m', SECOND, 24 * HOUR),
    group: 'Migration',
    description:
      'Time from one check for reclaimed spot instances to the next. A migration that failed is tried again after the same time at first. A reclaim that any other read shows is answered at once.',
    default: '15m',
    example: '5m',
  })
  readonly MIGRATION_INTERVAL_MINUTES!: number;

  @Setting({
    kind: oneOf(MIGRATION_FALLBACKS),
    group: 'Migration',
    description:
      'What follows when Novita has no machine to migrate to: `same-product` requests the migration again, with growing pauses, for a day; `off` gives up at once.',
    default: 'same-product',
    example: 'off',
  })
  readonly MIGRATION_FALLBACK!: (typeof MIGRATION_FALLBACKS)[number];

  @Setting({
    kind: duration('m', SECOND, 24 * HOUR),
    group: 'Migration',
    description: 'How long Novita may take for one migration before it counts as failed.',
    default: '30m',
    example: '1h',
  })
  readonly MIGRATION_TIMEOUT!: number;

  @Setting({
    kind: trueOrFalse,
    group: 'Auto-stop',
    description:
      'Whether instances that nobody uses are stopped. Off, nothing is stopped by itself, whatever an instance says.',
    default: 'true',
    example: 'false',
  })
  readonly AUTO_STOP_ENABLED!: boolean;

  @Setting({
    kind: duration('m', SECOND, 24 * HOUR),
    group: 'Auto-stop',
    description: 'Time from one check for idle instances to the next.',
    default: '5m',
    example: '1m',
  })
  readonly AUTO_STOP_INTERVAL!: number;

  @Setting({
    kind: duration('m', SECOND, 365 * DAY),
    group: 'Auto-stop',
    description:
      'How long an instance may stand unused before it is stopped, unless it or its template says otherwise.',
    default: '20m',
    example: '1h',
  })
  readonly AUTO_STOP_THRESHOLD!: number;

  @Setting({
    kind: idleThresholds,
    group: 'Auto-stop',
    description:
      'How long instances made from a template may stand unused, by template id; off for never. An instance can say otherwise.',
    default: null,
    example: '107672=2h,107673=off',
  })
  readonly AUTO_STOP_TEMPLATE_THRESHOLDS!: ReadonlyMap<string, IdleThreshold>;

  @Setting({
    kind: trueOrFalse,
    group: 'Auto-stop',
    description:
      "Whether the GPU's utilisation, as Novita measures it, counts as use too. An instance whose figures are missing or late then counts as used.",
    default: 'false',
    example: 'true',
  })
  readonly AUTO_STOP_GPU_SIGNAL!: boolean;

  @Setting({
    kind: wholeNumber(1, 100),
    group: 'Auto-stop',
    description: 'Percentage of GPU utilisation from which on an instance counts as used; with AUTO_STOP_GPU_SIGNAL.',
    default: '5',
    example: '10',
  })
  readonly AUTO_STOP_GPU_THRESHOLD_PERCENT!: number;

  @Setting({
    kind: dollars,
    group: 'Spend',
    description: 'USD that the fleet may cost in a day of UTC. At 80 % a warning goes out. Unset: no limit.',
    default: null,
    example: '250',
  })
  readonly SPEND_DAILY_LIMIT_USD!: number | null;

  @Setting({
    kind: trueOrFalse,
    group: 'Spend',
    description:
      'Whether creates are refused once SPEND_DAILY_LIMIT_USD is reached. Nothing that runs is ever stopped for it.',
    default: 'false',
    example: 'true',
  })
  readonly SPEND_ENFORCE!: boolean;

  @Setting({
    kind: duration('m', 0, 24 * HOUR),
    group: 'Auto-stop',
    description:
      'How long before an idle instance is stopped a warning goes out; 0 for none. Must not be longer than AUTO_STOP_THRESHOLD.',
    default: {
      // So that a short threshold alone is not refused for a warning that nobody asked for.
      text: '5m, or half of AUTO_STOP_THRESHOLD when that is shorter',
      from: (resolved) =>
        `${Math.min(5 * MINUTE, Math.floor(msOf(resolved['AUTO_STOP_THRESHOLD'], 20 * MINUTE) / 2))}ms`,
    },
    example: '10m',
  })
  readonly AUTO_STOP_WARNING!: number;

  @Setting({
    kind: duration('h', SECOND, 30 * DAY),
    group: 'Auto-stop',
    description: 'The longest time for which an instance can be declared busy at once.',
    default: '24h',
    example: '72h',
  })
  readonly AUTO_STOP_MAX_LEASE!: number;

  @Setting({
    kind: duration('m', SECOND, 30 * DAY),
    group: 'Auto-stop',
    description: 'Nothing is stopped on a picture of an instance that is older than this.',
    default: {
      text: 'three times SYNC_INTERVAL_MINUTES',
      from: (resolved) => `${3 * msOf(resolved['SYNC_INTERVAL_MINUTES'], 30 * MINUTE)}ms`,
    },
    example: '2h',
  })
  readonly AUTO_STOP_MAX_STALENESS!: number;

  @Setting({
    kind: duration('s', SECOND, 10 * MINUTE),
    group: 'Shutdown',
    description: 'Time a process has to end after SIGTERM; past it, it says what hangs and exits with 1.',
    default: '30s',
    example: '60s',
  })
  readonly SHUTDOWN_TIMEOUT!: number;

  @Setting({
    kind: duration('s', 0, MINUTE),
    group: 'Shutdown',
    description:
      'Time between answering 503 on /health/ready and closing the port, so that load balancers look elsewhere. Must be shorter than SHUTDOWN_TIMEOUT.',
    default: {
      text: '200ms; in production 2s',
      from: (resolved) => (inProduction(resolved) ? '2s' : '200ms'),
    },
    example: '5s',
  })
  readonly SHUTDOWN_DELAY!: number;

  /** The proxy through which Novita is called unless NO_PROXY says otherwise. Holds its password. */
  get novitaProxy(): string | null {
    const { protocol, hostname } = new URL(this.NOVITA_API_BASE_URL);
    if (isLoopback(hostname)) return null;
    return protocol === 'https:' ? this.HTTPS_PROXY : this.HTTP_PROXY;
  }

  /** The one Redis to use, or null for memory mode. Holds the password. */
  get redisUrl(): string | null {
    if (this.REDIS_URL !== null) return this.REDIS_URL;
    if (this.UPSTASH_REDIS_REST_URL === null || this.UPSTASH_REDIS_REST_TOKEN === null) return null;
    return redisUrlFromUpstash(this.UPSTASH_REDIS_REST_URL, this.UPSTASH_REDIS_REST_TOKEN);
  }
}
