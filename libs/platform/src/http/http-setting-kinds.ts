import { isIP } from 'node:net';
import { type SettingKind, Violation } from '../config/setting-kinds.js';

export const API_ROLES = ['viewer', 'operator', 'admin'] as const;
export type ApiRole = (typeof API_ROLES)[number];

export interface ApiKey {
  readonly name: string;
  readonly role: ApiRole;
  readonly key: string;
}

const MIN_KEY_LENGTH = 16;

/** `name:role:key,…`. Violations name an entry by its place only: a part in the wrong place may be the secret. */
export const apiKeys: SettingKind<readonly ApiKey[]> = {
  accepted:
    `a comma-separated list of name:role:key; name of letters, digits, - and _ (at most 64); ` +
    `role ${API_ROLES.join(', ')}; key of ${MIN_KEY_LENGTH} to 256 printable characters without comma or space; names and keys differ`,
  whenUnset: [],
  secretsIn: (text) => {
    const keys = parseApiKeys(text);
    return keys instanceof Violation ? [] : keys.map(({ key }) => key);
  },
  parse: parseApiKeys,
};

function parseApiKeys(text: string): readonly ApiKey[] | Violation {
  const keys: ApiKey[] = [];
  const problems: string[] = [];
  for (const [index, entry] of text.split(',').entries()) {
    const parsed = parseEntry(entry.trim());
    if (parsed instanceof Violation) problems.push(`entry ${index + 1} ${parsed.problem}`);
    else keys.push(parsed);
  }
  if (hasDouble(keys.map((key) => key.name))) problems.push('two entries have the same name');
  if (hasDouble(keys.map((key) => key.key))) problems.push('two entries have the same key');
  return problems.length > 0 ? new Violation(problems.join(', ')) : keys;
}

function parseEntry(entry: string): ApiKey | Violation {
  const [name = '', role, ...rest] = entry.split(':');
  // A key may hold colons itself; only the first two part the entry.
  const key = rest.join(':');
  if (rest.length === 0) return new Violation('is not name:role:key');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) return new Violation('has a name with other characters, or none');
  const known = API_ROLES.find((candidate) => candidate === role);
  if (known === undefined) return new Violation('has an unknown role');
  if (key.length < MIN_KEY_LENGTH) return new Violation(`has a key shorter than ${MIN_KEY_LENGTH} characters`);
  if (!/^[\x21-\x7e]{1,256}$/.test(key)) return new Violation('has a key that is too long or has unusable characters');
  return { name, role: known, key };
}

function hasDouble(values: readonly string[]): boolean {
  return new Set(values).size !== values.length;
}

/** Proxies that are believed: how many of them stand before this process, or their addresses and networks. */
export type TrustedProxies = number | readonly string[];

const MAX_HOPS = 10;
const PATH = /^(?:\/[A-Za-z0-9._~-]{1,100}){1,10}$/;
/** First parts of our own addresses: below such a path, an address could be read with and without it. */
const OWN_ADDRESSES = new Set([
  'activity',
  'admin',
  'api',
  'assets',
  'docs',
  'errors',
  'health',
  'instances',
  'metrics',
  'openapi.json',
  'orphans',
  'overview',
  'spend',
  'sync',
]);

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
  parse: (text) => parseBasePath(text) ?? new Violation('not such a path'),
};

export const trustedProxies: SettingKind<TrustedProxies> = {
  accepted: `a number of proxies from 1 to ${MAX_HOPS}, or a comma-separated list of addresses and networks such as 10.0.0.0/8`,
  parse: (text) => {
    if (/^\d+$/.test(text)) {
      const hops = Number(text);
      return hops >= 1 && hops <= MAX_HOPS ? hops : new Violation('no such number of proxies');
    }
    const parts = text.split(',').map((part) => part.trim());
    const wrong = parts.findIndex((part) => !isNetwork(part));
    return wrong === -1 ? parts : new Violation(`entry ${wrong + 1} is neither an address nor a network`);
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
