import { inProduction, ProcessSettings } from '../config/process.settings.js';
import { Setting } from '../config/setting.decorator.js';
import { httpAddress, matching, origins, trueOrFalse, wholeNumber } from '../config/setting-kinds.js';
import type { SettingRule } from '../config/settings.js';
import type { ApiKey } from './api-keys/api-key.js';
import { apiKeys, basePath, type TrustedProxies, trustedProxies } from './http-setting-kinds.js';

/** The ports, who may call them, and how often. Here and not in the API, since every process validates all settings. */
export class HttpSettings {
  static readonly rules: readonly SettingRule[] = [
    {
      variables: ['NODE_ENV', 'API_KEYS', 'API_KEYS_FILE'],
      check: (settings) => {
        const { API_KEYS, API_KEYS_FILE } = settings.get(HttpSettings);
        if (settings.get(ProcessSettings).NODE_ENV !== 'production' || API_KEYS.length > 0) return null;
        return API_KEYS_FILE === null
          ? {
              variable: 'API_KEYS',
              problem: 'unset, and production needs it',
              accepted: 'a list of name:role:key, or API_KEYS_FILE in its place',
            }
          : null;
      },
    },
  ];

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
    kind: matching(/^[^\0]{1,500}$/, 'the path of a file'),
    group: 'HTTP API',
    description:
      'File with further keys: JSON or lines, each with a key or its SHA-256 and perhaps an end (docs/keys.md). It is read again when it changes, without a restart.',
    default: null,
    example: '/run/secrets/api-keys.json',
  })
  readonly API_KEYS_FILE!: string | null;

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
    kind: httpAddress,
    group: 'HTTP API',
    description:
      'Address at which instances reach this API, with its BASE_PATH if it has one. An instance that is created with reportToken reports its use there.',
    default: null,
    example: 'https://fleet.example.com',
  })
  readonly PUBLIC_URL!: string | null;

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
}
