import { type Dispatcher, Pool } from 'undici';
import { AnswerCollector, type HttpAnswer } from './answer-collector.js';

export interface HttpExchangeOptions {
  /** Scheme, host, port and, behind a proxy, a path; no slash at the end. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Connections kept open at most. */
  readonly connections: number;
  /** Milliseconds for a connection to come about. */
  readonly connectTimeoutMs: number;
  /** Bytes of a body beyond which the answer is given up. */
  readonly maxAnswerBytes: number;
}

/**
 * An idle connection is given up before the usual idle limits of load balancers (60 s), because a POST on a connection
 * that the other side just closed is neither sent nor surely unsent. A shorter `Keep-Alive` hint of the server rules.
 */
const KEEP_ALIVE_MS = 10_000;

/** Sends one HTTP request over a pool of kept connections. Follows no redirect: the key stays with its host. */
export class HttpExchange {
  private readonly pool: Pool;
  private readonly prefix: string;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(private readonly options: HttpExchangeOptions) {
    const base = new URL(options.baseUrl);
    this.headers = {
      authorization: `Bearer ${options.apiKey}`,
      accept: 'application/json',
      'user-agent': 'novita-fleet',
    };
    this.prefix = base.pathname.replace(/\/+$/, '');
    this.pool = new Pool(base.origin, {
      connections: options.connections,
      pipelining: 1,
      // What counts as never sent (network-fault.ts) is known for HTTP/1.1, where a connection carries one request.
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      connect: { timeout: options.connectTimeoutMs },
      // The caller's signal limits the whole exchange; undici's own two timers cannot, and come in steps of 500 ms.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * @param path with the query
   * @param body becomes JSON when given
   * @param signal ends the exchange wherever it is, the reading of the body included
   * @throws AnswerTooLargeError, or whatever the network or the signal says
   */
  async send(method: 'GET' | 'POST', path: string, body: unknown, signal: AbortSignal): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const request: Dispatcher.DispatchOptions = {
      method,
      path: `${this.prefix}${path}`,
      headers: body === undefined ? this.headers : { ...this.headers, 'content-type': 'application/json' },
    };
    if (body !== undefined) request.body = JSON.stringify(body);
    const collector = new AnswerCollector(this.options.maxAnswerBytes, signal);
    this.pool.dispatch(request, collector);
    return collector.answer;
  }

  /** Lets the requests under way end, but no longer than that many milliseconds. */
  async close(graceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([this.pool.close(), tooLong]);
    clearTimeout(timer);
    if (!this.pool.destroyed) await this.pool.destroy();
  }
}
