import { isIP } from 'node:net';
import { Fault } from './fault.js';
import type { SettingKind } from './setting-kinds.js';

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
