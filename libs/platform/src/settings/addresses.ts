import { Fault } from './fault.js';
import type { SettingKind } from './setting-kinds.js';

/** The path under which Novita serves this API; people paste addresses with and without it. */
const API_PATH = /\/gpu-instance\/openapi(?:\/v1)?$/;

/** Novita's address up to and without the API's own path, and without a slash at its end. */
export const novitaBaseUrl: SettingKind<string> = {
  accepted: 'an http or https address such as https://api.novita.ai, with or without /gpu-instance/openapi/v1',
  parse: (text) => {
    const url = parseUrl(text, ['http:', 'https:']);
    if (url instanceof Fault) return url;
    if (url.username !== '' || url.password !== '') return new Fault('holds a user name or password');
    if (url.search !== '' || url.hash !== '') return new Fault('holds a query or a fragment');
    return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(API_PATH, '')}`;
  },
};

export const redisAddress: SettingKind<string> = {
  accepted:
    'redis://[user:password@]host[:port][/database] or the same with rediss:// for TLS; in user and password, the characters % / ? # [ ] @ are written as %25 %2F %3F %23 %5B %5D %40',
  parse: (text) => {
    const url = parseUrl(text, ['redis:', 'rediss:']);
    if (url instanceof Fault) return url;
    if (!isDecodable(url.username) || !isDecodable(url.password)) {
      return new Fault('its user or password holds a % that begins no escape: write it as %25');
    }
    if (!/^\/?\d*$/.test(url.pathname)) return new Fault('its path is not a database number');
    return text;
  },
};

export const proxyAddress: SettingKind<string> = {
  accepted:
    '[http:// or https://][user:password@]host[:port]; in user and password, % and @ are written as %25 and %40',
  parse: (text) => {
    // Other programs take a proxy without a scheme for an http one.
    const url = parseUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`, ['http:', 'https:']);
    if (url instanceof Fault) return url;
    if (!isDecodable(url.username) || !isDecodable(url.password)) {
      return new Fault('its user or password holds a % that begins no escape: write it as %25');
    }
    return url.pathname === '/' && url.search === '' && url.hash === ''
      ? url.href
      : new Fault('holds a path or a query');
  },
};

/** Whether a host name is one of this machine, which no proxy can reach. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || hostname.startsWith('127.')
  );
}

export const upstashRestAddress: SettingKind<string> = {
  accepted: 'an https address without a path, such as https://example-12345.upstash.io',
  parse: (text) => {
    const url = parseUrl(text, ['https:']);
    if (url instanceof Fault) return url;
    return url.pathname === '/' && url.search === '' ? url.origin : new Fault('holds a path or a query');
  },
};

/** The TLS address of the Redis database that Upstash also serves over REST: same host, same token, port 6379. */
export function redisUrlFromUpstash(restUrl: string, token: string): string {
  return `rediss://default:${encodeURIComponent(token)}@${new URL(restUrl).hostname}:6379`;
}

/** Redis is sent the decoded text, and what cannot be decoded would end the start with an error of the client. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function parseUrl(text: string, protocols: readonly string[]): URL | Fault {
  if (!URL.canParse(text)) return new Fault('not an address');
  const url = new URL(text);
  if (!protocols.includes(url.protocol)) return new Fault('another scheme than the accepted ones');
  return url.hostname === '' ? new Fault('names no host') : url;
}
