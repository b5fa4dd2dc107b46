import { connect } from 'node:net';
import type { PortMapping, PortProbe, PortProtocol, PortSpec } from '@app/instance-store';
import { Clock } from '@app/platform';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, request } from 'undici';

/*
 * Whether the ports of an instance answer: the port that the step runner knows, its adapter over the network, and the
 * reading of Novita's endpoints.
 */

/** Finds out whether the ports of an instance answer. */
export abstract class PortProber {
  /**
   * @param ports those that must answer; one result for each, in their order
   * @param mappings where the provider says that they are to be found; no other address is ever tried
   * @param signal ends the round; the rest counts as silent
   */
  abstract probe(
    ports: readonly PortSpec[],
    mappings: readonly PortMapping[],
    signal: AbortSignal,
  ): Promise<readonly PortProbe[]>;
}

export abstract class ProbeOptions {
  /** For one port, in ms. */
  abstract readonly timeoutMs: number;
}

type Verdict = Pick<PortProbe, 'ok' | 'detail'>;

/**
 * Probes over the network: an http port is asked for `/` and may answer with any status below 500, a tcp port has to
 * accept a connection. Bodies are not read and redirects not followed: where one leads says nothing about this port.
 */
@Injectable()
export class NetworkPortProber extends PortProber implements OnApplicationShutdown {
  private agent: Agent | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly options: ProbeOptions,
  ) {
    super();
  }

  // An instance has at most fifteen ports, so all of them at once is a bounded number.
  override async probe(
    ports: readonly PortSpec[],
    mappings: readonly PortMapping[],
    signal: AbortSignal,
  ): Promise<readonly PortProbe[]> {
    return Promise.all(
      ports.map(async ({ port, protocol }) => {
        const endpoint = mappings.find((mapping) => mapping.port === port)?.endpoint ?? null;
        const verdict = await this.verdict(protocol, endpoint, signal);
        return { port, protocol, at: this.clock.timestamp(), ...verdict };
      }),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agent?.destroy();
    this.agent = null;
  }

  private async verdict(protocol: PortSpec['protocol'], text: string | null, signal: AbortSignal): Promise<Verdict> {
    if (text === null) return { ok: false, detail: 'no endpoint yet' };
    const endpoint = parseEndpoint(protocol, text);
    if (endpoint === null) return { ok: false, detail: `unreadable endpoint ${text.slice(0, 200)}` };
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(this.options.timeoutMs)]);
    try {
      if (endpoint.protocol === 'http') return await this.probeHttp(endpoint.url, bounded);
      await connectTo(endpoint.host, endpoint.port, bounded);
      return { ok: true, detail: 'connected' };
    } catch (error) {
      return { ok: false, detail: bounded.aborted ? 'timed out' : reasonOf(error) };
    }
  }

  private async probeHttp(url: URL, signal: AbortSignal): Promise<Verdict> {
    this.agent ??= new Agent({ connections: 1, keepAliveTimeout: 1_000, connect: { timeout: this.options.timeoutMs } });
    const { statusCode, body } = await request(url, { method: 'GET', dispatcher: this.agent, signal });
    body.on('error', () => undefined).destroy();
    return { ok: statusCode < 500, detail: String(statusCode) };
  }
}

async function connectTo(host: string, port: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const socket = connect({ host, port });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    });
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.message : String(error);
}

type Endpoint =
  | { readonly protocol: 'http'; readonly url: URL }
  | { readonly protocol: 'tcp'; readonly host: string; readonly port: number };

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Reads an endpoint as the provider writes it: a URL for http, `host:port` for tcp; either may come with or without its
 * scheme.
 *
 * @returns null for a text that names no place to probe
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
