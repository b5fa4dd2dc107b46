import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import { parseBasePath, type TrustedProxies } from '../http-setting-kinds.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Path below which the client sees this service, such as `/fleet`; empty at the root of its host. */
    readonly prefix: string;
  }
}

export interface ForwardingSettings {
  readonly BASE_PATH: string | null;
  readonly TRUST_PROXY: TrustedProxies | null;
}

type IsTrusted = (address: string, hop: number) => boolean;
type ForwardedRequest = Pick<IncomingMessage, 'headers' | 'url'> & {
  readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
};

/** The client of a request as the trusted proxies before this process name it. */
export class Forwarding {
  /** Whether the header fields of a proxy are believed; for Fastify, which asks it for each hop of a request. */
  readonly trustProxy: IsTrusted | false;

  constructor(private readonly settings: ForwardingSettings) {
    this.trustProxy = settings.TRUST_PROXY === null ? false : trustOf(settings.TRUST_PROXY);
  }

  /** The path below which the client sees this service. */
  prefixOf({ headers, socket }: ForwardedRequest): string {
    const { trustProxy } = this;
    const header = headers['x-forwarded-prefix'];
    if (header !== undefined && trustProxy !== false && trustProxy(socket.remoteAddress ?? '', 0)) {
      // Each proxy of a chain adds the path that it has taken away.
      const path = parseBasePath(
        [header]
          .flat()
          .join(',')
          .split(',')
          .map((part) => part.trim().replace(/\/$/, ''))
          .join(''),
      );
      if (path !== null) return path;
    }
    return this.settings.BASE_PATH ?? '';
  }

  /** The address as routes know it, whether or not a proxy has taken the prefix away. */
  routedUrl(request: ForwardedRequest): string {
    const { url = '/' } = request;
    const prefix = this.prefixOf(request);
    if (prefix === '' || !url.startsWith(prefix)) return url;
    const rest = url.slice(prefix.length);
    if (rest === '' || rest.startsWith('?')) return `/${rest}`;
    return rest.startsWith('/') ? rest : url;
  }
}

function trustOf(proxies: TrustedProxies): IsTrusted {
  if (typeof proxies === 'number') return (_address, hop) => hop < proxies;
  const list = new BlockList();
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
