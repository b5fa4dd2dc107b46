import { isDecodable, parseUrl, passwordsIn, type SettingKind, Violation } from '@app/platform';

export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

interface SeveralHosts {
  /** At least one. */
  readonly hosts: readonly RedisHost[];
  readonly tls: boolean;
  /** Decoded; empty where the address has none. */
  readonly user: string;
  readonly password: string;
}

/** Where Redis is, as REDIS_URL says it. */
export type RedisAddress =
  | { readonly kind: 'single'; readonly url: string; readonly hosts: readonly RedisHost[] }
  /** `hosts` are Sentinels, which know the primary by its name. */
  | (SeveralHosts & { readonly kind: 'sentinel'; readonly primaryName: string; readonly database: number })
  | (SeveralHosts & { readonly kind: 'cluster' });

const SCHEMES: ReadonlyMap<string, { readonly kind: RedisAddress['kind']; readonly tls: boolean }> = new Map([
  ['redis', { kind: 'single', tls: false }],
  ['rediss', { kind: 'single', tls: true }],
  ['redis-sentinel', { kind: 'sentinel', tls: false }],
  ['rediss-sentinel', { kind: 'sentinel', tls: true }],
  ['redis-cluster', { kind: 'cluster', tls: false }],
  ['rediss-cluster', { kind: 'cluster', tls: true }],
]);
const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;

export const redisAddress: SettingKind<string> = {
  accepted:
    'redis://[user:password@]host[:port][/database]; ' +
    'redis-sentinel://[user:password@]host[:26379],host,host/name[/database] for Sentinels and the name that they know the primary by; ' +
    'redis-cluster://[user:password@]host[:port],host for nodes of a Redis Cluster; or the same with rediss, rediss-sentinel or rediss-cluster for TLS; ' +
    'in user and password, the characters % / ? # [ ] @ are written as %25 %2F %3F %23 %5B %5D %40',
  parse: (text) => {
    const address = parseRedisAddress(text);
    return address instanceof Violation ? address : text;
  },
  secretsIn: passwordsIn,
};

/** Reads an address of Redis, whichever way it leads there. */
export function parseRedisAddress(text: string): RedisAddress | Violation {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(.*)$/is.exec(text);
  const scheme = SCHEMES.get((parts?.[1] ?? text.split(':')[0] ?? '').toLowerCase());
  if (scheme === undefined) return new Violation('another scheme than the accepted ones');
  const [, , authority = '', path = '', rest = ''] = parts ?? [];
  const { user, password, hosts: hostsText } = authorityOf(authority);
  if (!isDecodable(user) || !isDecodable(password)) {
    return new Violation('its user or password holds a % that begins no escape: write it as %25');
  }
  if (hostsText === '') return new Violation('names no host');
  if (scheme.kind === 'single') return singleRedis(text, hostsText);
  if (user.includes('@') || password.includes('@'))
    return new Violation('its user or password holds an @: write it as %40');
  if (rest !== '') return new Violation('holds a query or a fragment');
  const hosts = hostList(hostsText, scheme.kind === 'sentinel' ? SENTINEL_PORT : REDIS_PORT);
  if (hosts instanceof Violation) return hosts;
  const several = { hosts, tls: scheme.tls, user: decodeURIComponent(user), password: decodeURIComponent(password) };
  if (scheme.kind === 'cluster') {
    return /^\/?0?$/.test(path)
      ? { kind: 'cluster', ...several }
      : new Violation('its path names a database, and a cluster has none but 0');
  }
  const named = /^\/([A-Za-z0-9._-]+)(?:\/(\d{0,4}))?$/.exec(path);
  if (named?.[1] === undefined) {
    return /^\/?$/.test(path)
      ? new Violation('names no primary: the name that the Sentinels know it by follows the hosts, as in /mymaster')
      : new Violation('its path is not the name of a primary, with or without a database number');
  }
  return { kind: 'sentinel', ...several, primaryName: named[1], database: Number(named[2] ?? 0) };
}

function singleRedis(text: string, hostsText: string): RedisAddress | Violation {
  if (hostsText.includes(',')) {
    return new Violation('names several hosts, which redis-cluster:// or redis-sentinel:// would take');
  }
  const url = parseUrl(text, ['redis:', 'rediss:']);
  if (url instanceof Violation) return url;
  if (!/^\/?\d*$/.test(url.pathname)) return new Violation('its path is not a database number');
  const port = url.port === '' ? REDIS_PORT : Number(url.port);
  return { kind: 'single', url: text, hosts: [{ host: url.hostname, port }] };
}

function hostList(text: string, defaultPort: number): readonly RedisHost[] | Violation {
  const hosts: RedisHost[] = [];
  for (const part of text.split(',')) {
    const [, host, port] = /^(\[[0-9a-f:.]+\]|[^\s:[\]]+)(?::(\d{1,5}))?$/i.exec(part.trim()) ?? [];
    const number = port === undefined ? defaultPort : Number(port);
    if (host === undefined || number < 1 || number > 65_535) {
      return new Violation(`its host number ${hosts.length + 1} is neither a host nor host:port`);
    }
    hosts.push({ host: host.replace(/^\[|\]$/g, ''), port: number });
  }
  return hosts;
}

/** The parts of what stands between `//` and the path, as they are written. */
function authorityOf(authority: string): { readonly user: string; readonly password: string; readonly hosts: string } {
  const at = authority.lastIndexOf('@');
  const [user = '', ...password] = authority.slice(0, Math.max(0, at)).split(':');
  return { user, password: password.join(':'), hosts: authority.slice(at + 1) };
}

export const upstashRestAddress: SettingKind<string> = {
  accepted: 'an https address without a path, such as https://example-12345.upstash.io',
  parse: (text) => {
    const url = parseUrl(text, ['https:']);
    if (url instanceof Violation) return url;
    return url.pathname === '/' && url.search === '' ? url.origin : new Violation('holds a path or a query');
  },
};

/** The TLS address of the Redis database that Upstash also serves over REST: same host, same token, port 6379. */
export function redisUrlFromUpstash(restUrl: string, token: string): string {
  return `rediss://default:${encodeURIComponent(token)}@${new URL(restUrl).hostname}:6379`;
}
