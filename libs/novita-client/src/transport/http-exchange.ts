import { type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import { AnswerCollector, type HttpAnswer } from './answer-collector.js';

export interface ProxyOptions {
  /** With user and password, where it wants them. */
  readonly url: string;
  /** The hosts that are called without it, as in NO_PROXY. */
  readonly except: string;
}

export interface HttpExchangeOptions {
  /** Scheme, host, port and, behind a proxy, a path; no slash at the end. */
  readonly baseUrl: string;
  readonly proxy: ProxyOptions | null;
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

/** One request and its answer. */
export interface Exchange {
  /**
   * @param path with the query
   * @param body becomes JSON when given
   * @param signal ends the exchange wherever it is, the reading of the body included
   * @throws AnswerTooLargeError, or whatever the network or the signal says
   */
  send(method: 'GET' | 'POST', path: string, body: unknown, signal: AbortSignal): Promise<HttpAnswer>;
}

/**
 * Sends one HTTP request over a pool of kept connections, through a proxy where one is set. Follows no redirect: the key
 * stays with its host.
 */
export class HttpExchange implements Exchange {
  private readonly pool: Dispatcher;
  private readonly origin: string;
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
    this.origin = base.origin;
    const limits: Pool.Options = {
      connections: options.connections,
      pipelining: 1,
      // What counts as never sent (network-failure.ts) is known for HTTP/1.1, where a connection carries one request.
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      connect: { timeout: options.connectTimeoutMs },
      // The caller's signal limits the whole exchange; undici's own two timers cannot, and come in steps of 500 ms.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    this.pool = options.proxy === null ? new Pool(this.origin, limits) : proxyAgent(options.proxy, limits, options);
  }

  async send(method: 'GET' | 'POST', path: string, body: unknown, signal: AbortSignal): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const request: Dispatcher.DispatchOptions = {
      origin: this.origin,
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
    // It does nothing where the closing came to its end.
    await this.pool.destroy();
  }
}

/** Decides by the host, and keeps the limits of a pool on the way to the proxy as on the way to Novita. */
function proxyAgent(
  { url, except }: ProxyOptions,
  limits: Pool.Options,
  { connectTimeoutMs }: HttpExchangeOptions,
): Dispatcher {
  return new EnvHttpProxyAgent({
    ...limits,
    httpProxy: url,
    httpsProxy: url,
    noProxy: except,
    connectTimeout: connectTimeoutMs,
    // Carries an http request.
    factory: (origin, own) => new Pool(origin, Object.assign({}, limits, own)),
    // Asks the proxy for a tunnel. The signal of a call does not reach this request, so that it has its own limit.
    clientFactory: (origin, own) =>
      new Pool(origin, Object.assign({}, own, { allowH2: false, headersTimeout: connectTimeoutMs })),
  });
}
