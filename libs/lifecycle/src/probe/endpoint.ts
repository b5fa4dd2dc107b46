import type { PortProtocol } from '@app/instance-store';

export type Endpoint =
  | { readonly protocol: 'http'; readonly url: URL }
  | { readonly protocol: 'tcp'; readonly host: string; readonly port: number };

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Reads an endpoint as the provider tells it: a URL for http, `host:port` for tcp; either may come with or without its
 * scheme.
 *
 * @returns null for what names no place that could be probed
 */
export function parseEndpoint(protocol: PortProtocol, text: string): Endpoint | null {
  const trimmed = text.trim();
  const url = parseUrl(SCHEME.test(trimmed) ? trimmed : `${protocol}://${trimmed}`);
  if (url === null || url.hostname === '') return null;
  if (protocol === 'http') {
    return url.protocol === 'http:' || url.protocol === 'https:' ? { protocol, url } : null;
  }
  const port = Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return Number.isInteger(port) && port > 0 ? { protocol, host, port } : null;
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
