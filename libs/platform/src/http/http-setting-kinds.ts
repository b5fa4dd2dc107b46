import { isIP } from 'node:net';
import { type SettingKind, Violation } from '../config/setting-kinds.js';
import {
  type ApiKey,
  doubleViolations,
  KEY_PARTS,
  keyViolation,
  nameViolation,
  plainApiKey,
  roleOf,
} from './api-keys/api-key.js';

/** `name:role:key,…`. Violations name an entry by its place only: a part in the wrong place may be the secret. */
export const apiKeys: SettingKind<readonly ApiKey[]> = {
  accepted: `a comma-separated list of name:role:key; ${KEY_PARTS} without comma or space; names and keys differ`,
  whenUnset: [],
  secretsIn: (text) => (parseApiKeys(text) instanceof Violation ? [] : text.split(',').map(keyIn)),
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
  problems.push(...doubleViolations(keys));
  return problems.length > 0 ? new Violation(problems.join(', ')) : keys;
}

function parseEntry(entry: string): ApiKey | Violation {
  const [name = '', roleText, ...rest] = entry.split(':');
  if (rest.length === 0) return new Violation('is not name:role:key');
  const ofName = nameViolation(name);
  if (ofName !== null) return new Violation(ofName);
  const role = roleOf(roleText);
  if (role === null) return new Violation('has an unknown role');
  const key = keyIn(entry);
  const ofKey = keyViolation(key);
  return ofKey === null ? plainApiKey(name, role, key) : new Violation(ofKey);
}

/** A key may hold colons itself; only the first two part the entry. */
function keyIn(entry: string): string {
  return entry.trim().split(':').slice(2).join(':');
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
  'cluster',
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
