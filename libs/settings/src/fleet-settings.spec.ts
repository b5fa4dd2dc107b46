import { describe, expect, it } from 'vitest';
import { messageOf, valuesOf } from '../test/support/loaded.js';
import { loadSettings } from './fleet-settings.js';

const KEY = '0123456789abcdef';
const SECRET = `whsec_${'a'.repeat(32)}`;

const DEFAULTS: Readonly<Record<string, unknown>> = {
  NODE_ENV: 'development',
  LOG_LEVEL: 'info',
  DATA_DIR: '.data',
  PORT: 3000,
  HOST: '127.0.0.1',
  WORKER_PORT: 3001,
  API_KEYS: [],
  CORS_ORIGINS: [],
  BASE_PATH: null,
  TRUST_PROXY: null,
  RATE_LIMIT_PER_MINUTE: 600,
  SSE_MAX_STREAMS_PER_KEY: 500,
  METRICS_PUBLIC: false,
  NOVITA_API_KEY: null,
  NOVITA_API_BASE_URL: 'https://api.novita.ai',
  NOVITA_MAX_REQUESTS_PER_SECOND: 10,
  NOVITA_TIMEOUT: 30_000,
  NOVITA_PAGE_SIZE: 100,
  HTTPS_PROXY: null,
  HTTP_PROXY: null,
  NO_PROXY: null,
  REDIS_URL: null,
  UPSTASH_REDIS_REST_URL: null,
  UPSTASH_REDIS_REST_TOKEN: null,
  REDIS_ENABLE_FALLBACK: true,
  REDIS_KEY_PREFIX: 'novita-fleet',
  FLEET_ID: null,
  INSTANCE_POLL_INTERVAL: 30_000,
  INSTANCE_STARTUP_TIMEOUT: 600_000,
  CREATE_RETRY_GRACE: 60_000,
  CONFIRM_PATIENCE: 300_000,
  DEADLINE_SWEEP_INTERVAL: 15_000,
  DEFAULT_REGION: 'CN-HK-01',
  DEFAULT_BILLING_MODE: 'onDemand',
  SYNC_ENABLE_AUTOMATIC_SYNC: true,
  SYNC_INTERVAL_MINUTES: 1_800_000,
  SYNC_REMOVE_OBSOLETE_INSTANCES: false,
  SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS: 604_800_000,
  SYNC_MAX_OBSOLETE_PERCENT: 30,
  SYNC_MISSING_GRACE: 60_000,
  SYNC_LOCK_TTL: 30_000,
  MIGRATION_ENABLED: true,
  MIGRATION_INTERVAL_MINUTES: 900_000,
  MIGRATION_FALLBACK: 'same-product',
  MIGRATION_TIMEOUT: 1_800_000,
  AUTO_STOP_ENABLED: true,
  AUTO_STOP_INTERVAL: 300_000,
  AUTO_STOP_THRESHOLD: 1_200_000,
  AUTO_STOP_TEMPLATE_THRESHOLDS: new Map(),
  AUTO_STOP_GPU_SIGNAL: false,
  AUTO_STOP_GPU_THRESHOLD_PERCENT: 5,
  SPEND_DAILY_LIMIT_USD: null,
  SPEND_ENFORCE: false,
  AUTO_STOP_WARNING: 300_000,
  AUTO_STOP_MAX_LEASE: 86_400_000,
  AUTO_STOP_MAX_STALENESS: 5_400_000,
  WEBHOOK_URL: null,
  WEBHOOK_SECRET: null,
  WEBHOOK_ALLOW_PRIVATE_ADDRESSES: false,
  WEBHOOK_SCHEDULE: [
    0, 5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 28_800_000,
  ],
  SHUTDOWN_TIMEOUT: 30_000,
  SHUTDOWN_DELAY: 200,
};

/** For every variable, a text that is taken and the value it becomes. */
const ACCEPTED: readonly [variable: string, text: string, value: unknown][] = [
  ['NODE_ENV', 'test', 'test'],
  ['LOG_LEVEL', 'debug', 'debug'],
  ['DATA_DIR', '/var/lib/fleet', '/var/lib/fleet'],
  ['PORT', '8080', 8080],
  ['PORT', '0', 0],
  ['HOST', '::1', '::1'],
  ['WORKER_PORT', '65535', 65_535],
  [
    'API_KEYS',
    `web:viewer:${KEY}, ci-1:operator:${KEY}:x`,
    [
      { name: 'web', role: 'viewer', key: KEY },
      { name: 'ci-1', role: 'operator', key: `${KEY}:x` },
    ],
  ],
  ['CORS_ORIGINS', 'https://a.example, http://localhost:5173', ['https://a.example', 'http://localhost:5173']],
  ['BASE_PATH', '/fleet/', '/fleet'],
  ['TRUST_PROXY', '10.0.0.0/8', ['10.0.0.0/8']],
  ['RATE_LIMIT_PER_MINUTE', '1', 1],
  ['SSE_MAX_STREAMS_PER_KEY', '7', 7],
  ['METRICS_PUBLIC', 'true', true],
  ['NOVITA_API_KEY', ' sk_live ', 'sk_live'],
  ['NOVITA_API_BASE_URL', 'http://127.0.0.1:4010/', 'http://127.0.0.1:4010'],
  ['NOVITA_API_BASE_URL', 'https://api.novita.ai/gpu-instance/openapi', 'https://api.novita.ai'],
  ['NOVITA_API_BASE_URL', 'https://api.novita.ai/gpu-instance/openapi/v1/', 'https://api.novita.ai'],
  ['NOVITA_API_BASE_URL', 'https://proxy.example/novita/gpu-instance/openapi/v1', 'https://proxy.example/novita'],
  ['NOVITA_MAX_REQUESTS_PER_SECOND', '50', 50],
  ['NOVITA_MAX_REQUESTS_PER_SECOND', '100000', 100_000],
  ['NOVITA_TIMEOUT', '45', 45_000],
  ['NOVITA_TIMEOUT', '500ms', 500],
  ['NOVITA_PAGE_SIZE', '20', 20],
  ['HTTPS_PROXY', 'http://127.0.0.1:8888', 'http://127.0.0.1:8888/'],
  ['HTTPS_PROXY', 'proxy.example:3128', 'http://proxy.example:3128/'],
  ['HTTP_PROXY', 'https://u:p%40@proxy.example/', 'https://u:p%40@proxy.example/'],
  ['NO_PROXY', '.internal, api.novita.ai', '.internal, api.novita.ai'],
  ['REDIS_URL', 'rediss://user:pw@redis.example:6380/2', 'rediss://user:pw@redis.example:6380/2'],
  ['REDIS_URL', 'redis://:50%25off@localhost', 'redis://:50%25off@localhost'],
  ['REDIS_URL', 'redis-sentinel://u:p%40@h1:1,h2/main/3', 'redis-sentinel://u:p%40@h1:1,h2/main/3'],
  ['REDIS_URL', 'rediss-cluster://h1,[::1]:7000', 'rediss-cluster://h1,[::1]:7000'],
  ['REDIS_ENABLE_FALLBACK', 'false', false],
  ['REDIS_KEY_PREFIX', 'fleet.a_b-1', 'fleet.a_b-1'],
  ['FLEET_ID', '7z0a', '7z0a'],
  ['INSTANCE_POLL_INTERVAL', '10', 10_000],
  ['INSTANCE_STARTUP_TIMEOUT', '20', 1_200_000],
  ['INSTANCE_STARTUP_TIMEOUT', '1.5m', 90_000],
  ['CREATE_RETRY_GRACE', '2m', 120_000],
  ['CONFIRM_PATIENCE', '10s', 10_000],
  ['DEADLINE_SWEEP_INTERVAL', '1h', 3_600_000],
  ['DEFAULT_REGION', 'US-CA-05', 'US-CA-05'],
  ['DEFAULT_BILLING_MODE', 'spot', 'spot'],
  ['SYNC_ENABLE_AUTOMATIC_SYNC', 'false', false],
  ['SYNC_INTERVAL_MINUTES', '10', 600_000],
  ['SYNC_INTERVAL_MINUTES', '90s', 90_000],
  ['SYNC_REMOVE_OBSOLETE_INSTANCES', 'true', true],
  ['SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS', '0', 0],
  ['SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS', '30', 2_592_000_000],
  ['SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS', '12h', 43_200_000],
  ['SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS', '3650d', 315_360_000_000],
  ['SYNC_MAX_OBSOLETE_PERCENT', '100', 100],
  ['SYNC_MISSING_GRACE', '0', 0],
  ['SYNC_MISSING_GRACE', '90', 90_000],
  ['SYNC_LOCK_TTL', '45', 45_000],
  ['MIGRATION_ENABLED', 'false', false],
  ['MIGRATION_INTERVAL_MINUTES', '5', 300_000],
  ['MIGRATION_FALLBACK', 'off', 'off'],
  ['MIGRATION_TIMEOUT', '1h', 3_600_000],
  ['AUTO_STOP_ENABLED', 'false', false],
  ['AUTO_STOP_INTERVAL', '1', 60_000],
  ['AUTO_STOP_INTERVAL', '15s', 15_000],
  ['AUTO_STOP_THRESHOLD', '0.5', 30_000],
  ['AUTO_STOP_THRESHOLD', '2h', 7_200_000],
  ['AUTO_STOP_THRESHOLD', '365d', 31_536_000_000],
  [
    'AUTO_STOP_TEMPLATE_THRESHOLDS',
    '107672=2h, a-b_c=off',
    new Map<string, unknown>([
      ['107672', 7_200_000],
      ['a-b_c', 'off'],
    ]),
  ],
  ['AUTO_STOP_GPU_SIGNAL', 'true', true],
  ['AUTO_STOP_GPU_THRESHOLD_PERCENT', '100', 100],
  ['SPEND_DAILY_LIMIT_USD', '250', 250],
  ['SPEND_DAILY_LIMIT_USD', '0.05', 0.05],
  ['SPEND_ENFORCE', 'true', true],
  ['AUTO_STOP_WARNING', '0', 0],
  ['AUTO_STOP_WARNING', '90s', 90_000],
  ['AUTO_STOP_MAX_LEASE', '72', 259_200_000],
  ['AUTO_STOP_MAX_STALENESS', '2h', 7_200_000],
  ['WEBHOOK_SECRET', SECRET, SECRET],
  ['WEBHOOK_ALLOW_PRIVATE_ADDRESSES', 'true', true],
  ['WEBHOOK_SCHEDULE', '0, 5, 2m', [0, 5_000, 120_000]],
  ['WEBHOOK_SCHEDULE', '75h', [270_000_000]],
  ['SHUTDOWN_TIMEOUT', '60', 60_000],
  ['SHUTDOWN_DELAY', '0', 0],
];

/** For every variable, texts that are refused and what the message says of them. */
const REFUSED: readonly [variable: string, text: string, words: string][] = [
  ['NODE_ENV', 'prod', 'development, production, test'],
  ['LOG_LEVEL', 'verbose', 'not one of the known values'],
  ['DATA_DIR', 'a\0b', 'not of the accepted form'],
  ['PORT', '80.5', 'not a whole number'],
  ['PORT', '65536', 'more than 65535'],
  ['PORT', '-1', 'less than 0'],
  ['HOST', 'http://x', 'an IP address or a host name'],
  ['WORKER_PORT', '1e3', 'not a whole number'],
  ['API_KEYS', KEY, 'entry 1 is not name:role:key'],
  ['API_KEYS', `ci:root:${KEY}`, 'entry 1 has an unknown role'],
  ['API_KEYS', `ci:admin:${KEY},web:viewer:short`, 'entry 2 has a key shorter than 16'],
  ['API_KEYS', `c i:admin:${KEY}`, 'entry 1 has a name with other characters'],
  ['API_KEYS', `:admin:${KEY}`, 'entry 1 has a name with other characters'],
  ['API_KEYS', `ci:admin:${KEY} ${KEY}`, 'unusable characters'],
  ['API_KEYS', `a:admin:${KEY},a:viewer:${KEY}2`, 'two entries have the same name'],
  ['API_KEYS', `a:admin:${KEY},b:viewer:${KEY}`, 'two entries have the same key'],
  ['API_KEYS', `a:admin:${KEY},`, 'entry 2 is not name:role:key'],
  ['CORS_ORIGINS', '*', 'entry 1 is not an origin'],
  ['CORS_ORIGINS', 'https://a.example,https://b.example/path', 'entry 2 is not an origin'],
  ['BASE_PATH', 'fleet', 'not such a path'],
  ['TRUST_PROXY', 'true', 'entry 1 is neither an address nor a network'],
  ['RATE_LIMIT_PER_MINUTE', '0', 'less than 1'],
  ['SSE_MAX_STREAMS_PER_KEY', '0', 'less than 1'],
  ['RATE_LIMIT_PER_MINUTE', 'off', 'not a whole number'],
  ['METRICS_PUBLIC', 'yes', 'neither true nor false'],
  ['METRICS_PUBLIC', '1', 'neither true nor false'],
  ['NOVITA_API_KEY', 'two words', 'not of the accepted form'],
  ['NOVITA_API_BASE_URL', 'api.novita.ai', 'not an address'],
  ['NOVITA_API_BASE_URL', 'ftp://api.novita.ai', 'another scheme'],
  ['NOVITA_API_BASE_URL', 'https://u:p@api.novita.ai', 'holds a user name'],
  ['NOVITA_API_BASE_URL', 'https://api.novita.ai/?a=1', 'holds a query'],
  ['NOVITA_MAX_REQUESTS_PER_SECOND', '0', 'less than 1'],
  ['NOVITA_MAX_REQUESTS_PER_SECOND', '100001', 'more than 100000'],
  ['NOVITA_TIMEOUT', 'off', 'not a duration'],
  ['NOVITA_TIMEOUT', '0', 'less than 100ms'],
  ['NOVITA_PAGE_SIZE', '0', 'less than 1'],
  ['HTTPS_PROXY', 'socks5://127.0.0.1:1080', 'another scheme'],
  ['HTTP_PROXY', 'http://u:50%off@proxy.example', '%25'],
  ['NO_PROXY', 'a\nb', 'not of the accepted form'],
  ['REDIS_URL', 'localhost:6379', 'another scheme'],
  ['REDIS_URL', 'redis://', 'names no host'],
  ['REDIS_URL', 'redis://:50%off@localhost', '%25'],
  ['REDIS_URL', 'redis://us%er:pw@localhost', '%25'],
  ['REDIS_URL', 'redis://localhost/db0', 'not a database number'],
  ['REDIS_URL', 'redis://h1:6379,h2', 'several hosts, which redis-cluster:// or redis-sentinel://'],
  ['REDIS_URL', 'redis-sentinel://h1,h2', 'names no primary'],
  ['REDIS_URL', 'redis-sentinel://h1,h2/main/first', 'not the name of a primary'],
  ['REDIS_URL', 'redis-sentinel:///main', 'names no host'],
  ['REDIS_URL', 'redis-cluster://h1,,h3', 'its host number 2 is neither'],
  ['REDIS_URL', 'redis-cluster://h1:70000', 'its host number 1 is neither'],
  ['REDIS_URL', 'redis-cluster://h1/2', 'none but 0'],
  ['REDIS_URL', 'redis-cluster://h1?timeout=1', 'holds a query'],
  ['REDIS_URL', 'redis-cluster://:50%off@h1', '%25'],
  ['REDIS_URL', 'redis-cluster://:p@ss@h1', '%40'],
  ['REDIS_URL', 'valkey://h1', 'another scheme'],
  ['UPSTASH_REDIS_REST_URL', 'http://x.upstash.io', 'another scheme'],
  ['UPSTASH_REDIS_REST_URL', 'https://x.upstash.io/path', 'holds a path'],
  ['UPSTASH_REDIS_REST_TOKEN', 'two words', 'not of the accepted form'],
  ['REDIS_ENABLE_FALLBACK', 'off', 'neither true nor false'],
  ['REDIS_KEY_PREFIX', 'a{b}', 'not of the accepted form'],
  ['FLEET_ID', 'A1b2', 'not of the accepted form'],
  ['FLEET_ID', 'ab', 'not of the accepted form'],
  ['INSTANCE_POLL_INTERVAL', '10 s', 'not a duration'],
  ['INSTANCE_STARTUP_TIMEOUT', '25h', 'more than 24h'],
  ['CREATE_RETRY_GRACE', '-5s', 'not a duration'],
  ['CONFIRM_PATIENCE', '0', 'less than 1s'],
  ['DEADLINE_SWEEP_INTERVAL', '1d', 'more than 1h'],
  ['DEFAULT_REGION', 'CN HK', 'not of the accepted form'],
  ['DEFAULT_BILLING_MODE', 'ondemand', 'onDemand, monthly, spot'],
  ['SYNC_ENABLE_AUTOMATIC_SYNC', 'off', 'neither true nor false'],
  ['SYNC_INTERVAL_MINUTES', 'off', 'not a duration'],
  ['SYNC_INTERVAL_MINUTES', '0', 'less than 1s'],
  ['SYNC_INTERVAL_MINUTES', '25h', 'more than 24h'],
  ['SYNC_REMOVE_OBSOLETE_INSTANCES', '0', 'neither true nor false'],
  ['SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS', '-1', 'not a duration'],
  ['SYNC_OBSOLETE_INSTANCE_RETENTION_DAYS', '3651', 'more than 3650d'],
  ['SYNC_MAX_OBSOLETE_PERCENT', '0', 'less than 1'],
  ['SYNC_MAX_OBSOLETE_PERCENT', '101', 'more than 100'],
  ['SYNC_MAX_OBSOLETE_PERCENT', '30%', 'not a whole number'],
  ['SYNC_MISSING_GRACE', '61m', 'more than 1h'],
  ['SYNC_LOCK_TTL', '500ms', 'less than 1s'],
  ['SYNC_LOCK_TTL', '11m', 'more than 10m'],
  ['MIGRATION_ENABLED', 'off', 'neither true nor false'],
  ['MIGRATION_INTERVAL_MINUTES', '500ms', 'less than 1s'],
  ['MIGRATION_INTERVAL_MINUTES', '25h', 'more than'],
  ['MIGRATION_FALLBACK', 'same-or-better', 'same-product'],
  ['MIGRATION_TIMEOUT', '0', 'less than 1s'],
  ['AUTO_STOP_ENABLED', 'off', 'neither true nor false'],
  ['AUTO_STOP_INTERVAL', 'off', 'not a duration'],
  ['AUTO_STOP_INTERVAL', '0', 'less than 1s'],
  ['AUTO_STOP_THRESHOLD', 'off', 'not a duration'],
  ['AUTO_STOP_THRESHOLD', 'null', 'not a duration'],
  ['AUTO_STOP_THRESHOLD', '0', 'less than 1s'],
  ['AUTO_STOP_TEMPLATE_THRESHOLDS', '107672:2h', 'entry 1 is not template=time'],
  ['AUTO_STOP_GPU_SIGNAL', 'on', 'neither true nor false'],
  ['AUTO_STOP_GPU_THRESHOLD_PERCENT', '0', 'less than 1'],
  ['AUTO_STOP_GPU_THRESHOLD_PERCENT', '101', 'more than 100'],
  ['SPEND_DAILY_LIMIT_USD', 'off', 'not an amount'],
  ['SPEND_DAILY_LIMIT_USD', '0', 'not above 0'],
  ['SPEND_ENFORCE', '1', 'neither true nor false'],
  ['AUTO_STOP_WARNING', 'off', 'not a duration'],
  ['AUTO_STOP_MAX_LEASE', '0', 'less than 1s'],
  ['AUTO_STOP_MAX_STALENESS', 'null', 'not a duration'],
  ['WEBHOOK_URL', 'hooks.example.com', 'not an http or https address'],
  ['WEBHOOK_URL', 'ftp://hooks.example.com', 'not an http or https address'],
  ['WEBHOOK_URL', 'https://user:pw@hooks.example.com', 'holds a user name'],
  ['WEBHOOK_URL', 'https://hooks.example.com/#a', 'holds a fragment'],
  ['WEBHOOK_SECRET', 'hunter2', 'not of the accepted form'],
  ['WEBHOOK_SECRET', 'whsec_aHVudGVyMg==', 'too short'],
  ['WEBHOOK_ALLOW_PRIVATE_ADDRESSES', 'off', 'neither true nor false'],
  ['WEBHOOK_SCHEDULE', '0,soon', 'entry 2: not a duration'],
  ['WEBHOOK_SCHEDULE', '70h,6h', 'together more than 75h'],
  ['WEBHOOK_SCHEDULE', '0,'.repeat(60), 'entry 61: not a duration'],
  ['WEBHOOK_SCHEDULE', `0${',0'.repeat(60)}`, 'too many entries'],
  ['SHUTDOWN_TIMEOUT', '11m', 'more than 10m'],
  ['SHUTDOWN_DELAY', '2m', 'more than 1m'],
];

describe('loadSettings', () => {
  it('has the documented defaults, and treats empty variables as unset', () => {
    const empty = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, ' ']));
    expect(valuesOf({})).toEqual(DEFAULTS);
    expect(valuesOf(empty)).toEqual(DEFAULTS);
  });

  it.each(ACCEPTED)('takes %s=%s', (variable, text, value) => {
    expect(valuesOf({ [variable]: text })[variable]).toEqual(value);
  });

  it.each(REFUSED)('refuses %s=%s', (variable, text, words) => {
    const message = messageOf({ [variable]: text });
    expect(message).toContain(`  ${variable}: `);
    expect(message).toContain(words);
  });

  it('has a row in both tables for every variable', () => {
    const variables = Object.keys(DEFAULTS);
    const pair = ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN', 'WEBHOOK_URL'];
    expect(new Set([...ACCEPTED.map(([name]) => name), ...pair])).toEqual(new Set(variables));
    expect(new Set(REFUSED.map(([name]) => name))).toEqual(new Set(variables));
  });

  it('names every violation in one message', () => {
    const message = messageOf({
      PORT: 'x',
      METRICS_PUBLIC: 'on',
      NODE_ENV: 'production',
      UPSTASH_REDIS_REST_TOKEN: 't',
    });
    const named = message
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(':')[0]);
    expect(named).toEqual([
      'PORT',
      'METRICS_PUBLIC',
      'API_KEYS',
      'NOVITA_API_KEY',
      'FLEET_ID',
      'UPSTASH_REDIS_REST_URL',
    ]);
  });

  it('never prints a secret', () => {
    const message = messageOf({
      API_KEYS: 'ci:hunter2hunter2hunter2:admin,hunter2hunter2hunter2:viewer',
      NOVITA_API_KEY: 'hunter2 hunter2',
      REDIS_URL: 'http://u:hunter2@x',
      UPSTASH_REDIS_REST_TOKEN: 'hunter2 x',
    });
    expect(message.split('\n')).toHaveLength(5);
    expect(message).not.toContain('hunter2');
  });

  it('knows the secret parts of all that is sensitive, as they are written and as servers are sent them', () => {
    const { secrets } = loadSettings({
      API_KEYS: `web:viewer:${KEY},ci:admin:${KEY}:2`,
      NOVITA_API_KEY: 'sk_live',
      HTTPS_PROXY: 'user:tls%40pw@proxy.example:1',
      HTTP_PROXY: 'http://user:plainpw@proxy.example:2',
      REDIS_URL: 'redis-cluster://user:red%2Fis@h1:7000,h2:7001',
      UPSTASH_REDIS_REST_URL: 'https://x.upstash.io',
      UPSTASH_REDIS_REST_TOKEN: 'AX/+=',
    });
    expect(new Set(secrets)).toEqual(
      new Set([KEY, `${KEY}:2`, 'sk_live', 'tls%40pw', 'tls@pw', 'plainpw', 'red%2Fis', 'red/is', 'AX/+=']),
    );
  });
});
