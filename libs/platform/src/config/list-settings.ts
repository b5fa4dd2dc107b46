import { isIP } from 'node:net';
import { Fault, parseDuration, type SettingKind } from './setting-kinds.js';

export const API_ROLES = ['viewer', 'operator', 'admin'] as const;
export type ApiRole = (typeof API_ROLES)[number];

export interface ApiKey {
  readonly name: string;
  readonly role: ApiRole;
  readonly key: string;
}

const MIN_KEY_LENGTH = 16;

/** `name:role:key,…`. Faults name an entry by its place only: a part in the wrong place may be the secret. */
export const apiKeys: SettingKind<readonly ApiKey[]> = {
  accepted:
    `a comma-separated list of name:role:key; name of letters, digits, - and _ (at most 64); ` +
    `role ${API_ROLES.join(', ')}; key of ${MIN_KEY_LENGTH} to 256 printable characters without comma or space; names and keys differ`,
  whenUnset: [],
  parse: parseApiKeys,
};

function parseApiKeys(text: string): readonly ApiKey[] | Fault {
  const keys: ApiKey[] = [];
  const faults: string[] = [];
  for (const [index, entry] of text.split(',').entries()) {
    const parsed = parseEntry(entry.trim());
    if (parsed instanceof Fault) faults.push(`entry ${index + 1} ${parsed.problem}`);
    else keys.push(parsed);
  }
  if (hasDouble(keys.map((key) => key.name))) faults.push('two entries have the same name');
  if (hasDouble(keys.map((key) => key.key))) faults.push('two entries have the same key');
  return faults.length > 0 ? new Fault(faults.join(', ')) : keys;
}

function parseEntry(entry: string): ApiKey | Fault {
  const [name = '', role, ...rest] = entry.split(':');
  // A key may hold colons itself; only the first two part the entry.
  const key = rest.join(':');
  if (rest.length === 0) return new Fault('is not name:role:key');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) return new Fault('has a name with other characters, or none');
  const known = API_ROLES.find((candidate) => candidate === role);
  if (known === undefined) return new Fault('has an unknown role');
  if (key.length < MIN_KEY_LENGTH) return new Fault(`has a key shorter than ${MIN_KEY_LENGTH} characters`);
  if (!/^[\x21-\x7e]{1,256}$/.test(key)) return new Fault('has a key that is too long or has unusable characters');
  return { name, role: known, key };
}

function hasDouble(values: readonly string[]): boolean {
  return new Set(values).size !== values.length;
}

/** Milliseconds, or never. */
export type IdleThreshold = number | 'off';

const ENTRY = /^([A-Za-z0-9_-]{1,64})=(.+)$/;

/** `template=30m,other=off`; a bare number counts minutes. */
export const idleThresholds: SettingKind<ReadonlyMap<string, IdleThreshold>> = {
  accepted:
    'a comma-separated list of template=time, the time as 45s, 10m, 2h, 7d or off; a bare number counts minutes',
  whenUnset: new Map(),
  parse: (text) => {
    const thresholds = new Map<string, IdleThreshold>();
    for (const [place, entry] of text.split(',').entries()) {
      const [, template, time] = ENTRY.exec(entry.trim()) ?? [];
      if (template === undefined || time === undefined) return new Fault(`entry ${place + 1} is not template=time`);
      if (thresholds.has(template)) return new Fault(`entry ${place + 1} names a template for the second time`);
      const threshold = time === 'off' ? 'off' : parseDuration(time, 'm');
      if (threshold instanceof Fault) return new Fault(`entry ${place + 1}: ${threshold.problem}`);
      if (threshold === 0) return new Fault(`entry ${place + 1}: 0 would mean at once; say off for never`);
      thresholds.set(template, threshold);
    }
    return thresholds;
  },
};

/** Proxies that are believed: how many of them stand before this process, or their addresses and networks. */
export type TrustedProxies = number | readonly string[];

const MAX_HOPS = 10;
const PATH = /^(?:\/[A-Za-z0-9._~-]{1,100}){1,10}$/;
/** First parts of our own addresses: below such a path, an address could be read with and without it. */
const OWN_ADDRESSES = new Set(['admin', 'api', 'assets', 'docs', 'errors', 'health', 'metrics', 'openapi.json']);

/**
 * The path below which a proxy shows this service, without a slash at its end.
 *
 * @returns null for a text that cannot be one, such as an address of another host
 */
export function parseBasePath(text: string): string | null {
  const path = text.replace(/\/$/, '');
  const parts = path.split('/').slice(1);
  if (!PATH.test(path) || parts.includes('.') || parts.includes('..')) return null;
  return OWN_ADDRESSES.has(parts[0] ?? '') ? null : path;
}

export const basePath: SettingKind<string> = {
  accepted: `a path such as /fleet, of letters, digits, dots, hyphens and underscores; it begins with none of ${[...OWN_ADDRESSES].join(', ')}`,
  parse: (text) => parseBasePath(text) ?? new Fault('not such a path'),
};

export const trustedProxies: SettingKind<TrustedProxies> = {
  accepted: `a number of proxies from 1 to ${MAX_HOPS}, or a comma-separated list of addresses and networks such as 10.0.0.0/8`,
  parse: (text) => {
    if (/^\d+$/.test(text)) {
      const hops = Number(text);
      return hops >= 1 && hops <= MAX_HOPS ? hops : new Fault('no such number of proxies');
    }
    const parts = text.split(',').map((part) => part.trim());
    const wrong = parts.findIndex((part) => !isNetwork(part));
    return wrong === -1 ? parts : new Fault(`entry ${wrong + 1} is neither an address nor a network`);
  },
};

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  // A network of all addresses would believe everybody.
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (family === 4 ? 32 : 128))
  );
}
