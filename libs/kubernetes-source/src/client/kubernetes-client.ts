import { createHash } from 'node:crypto';
import { type Clock, SECOND_MS, SystemClock, untilAborted } from '@app/platform';
import { Agent, type Dispatcher } from 'undici';
import type { KindRow } from '../model/kinds.js';
import { ApiserverError, errorOfAnswer } from './apiserver-error.js';
import { type ClusterAccess, ClusterAccessSource, type ClusterSettings } from './cluster-access.js';
import { ClusterAccessError } from './kubeconfig.js';
import { LineSplitter } from './line-splitter.js';
import { type ListPage, ListReader } from './list-reader.js';
import { type ListQuery, listPath, type Scope, type WatchQuery, watchPath } from './resource-requests.js';

interface ClientLimits {
  /** Of a page: a shorter one is asked for instead. */
  readonly maxPageBytes: number;
  /** Of a line of a watch, which is one object. etcd takes 1.5 MiB. */
  readonly maxLineBytes: number;
}

const LIMITS: ClientLimits = { maxPageBytes: 64 * 1024 * 1024, maxLineBytes: 16 * 1024 * 1024 };
const MAX_ERROR_BYTES = 64 * 1024;
const CONNECT_TIMEOUT_MS = 10 * SECOND_MS;
/** An apiserver gives a request up after a minute. */
const LIST_TIMEOUT_MS = 75 * SECOND_MS;
/** A watch is answered at once, and then as long as there is nothing to say not at all: its reader knows how long. */
const WATCH_OPENING_MS = 30 * SECOND_MS;
const KEEP_ALIVE_MS = 30 * SECOND_MS;
/** Finds a dead peer behind a quiet connection, with the operating system's own number of tries. */
const TCP_PROBE_MS = 15 * SECOND_MS;

/**
 * A client of the cluster that the settings name.
 *
 * @param clock for how long files are remembered
 * @param signal gives it up, and ends the program that it waits for
 * @throws ClusterAccessError when it cannot be called as it is configured; the reason of the signal when that was aborted before
 */
export async function connectCluster(
  settings: ClusterSettings,
  clock: Clock = new SystemClock(),
  signal: AbortSignal = NEVER,
  limits: ClientLimits = LIMITS,
): Promise<KubernetesClient> {
  signal.throwIfAborted();
  const access = new ClusterAccessSource(settings, clock);
  const end = (): void => void access.close();
  signal.addEventListener('abort', end, { once: true });
  try {
    return new KubernetesClient(access, addressOf(await access.current()), clock, limits);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

const NEVER = new AbortController().signal;

/** The access leads elsewhere than it did: what was learned of the cluster until then is to be learned anew. */
class ClusterMovedError extends Error {
  override readonly name = 'ClusterMovedError';

  constructor() {
    super('the access to the cluster leads to another address, or its certificates are checked by another authority');
  }
}

/** Lists and watches over HTTP/1.1, on kept connections. It writes nothing, follows no redirect, and retries nothing but a refused token. */
export class KubernetesClient {
  private readonly connections: Connections;

  constructor(
    private readonly access: Pick<ClusterAccessSource, 'close' | 'current' | 'renewed'>,
    /** By what it is reached; names no secret. */
    readonly address: string,
    private readonly clock: Clock,
    private readonly limits: ClientLimits,
  ) {
    this.connections = new Connections();
  }

  /** @throws ApiserverError, ClusterMovedError; the reason of the signal once that is aborted */
  async list(row: KindRow, scope: Scope, query: ListQuery, signal: AbortSignal): Promise<ListPage> {
    const path = listPath(row, scope, query);
    return attempt(signal, async () => {
      const timeouts = { headersTimeout: LIST_TIMEOUT_MS, bodyTimeout: LIST_TIMEOUT_MS };
      const { body } = await this.get(row, path, signal, timeouts);
      return readPage(body, this.limits.maxPageBytes);
    });
  }

  /**
   * Comes back when the watch is open. The lines that came together are handed out together; they are read only as fast
   * as they are taken. Ends when the server ends the watch.
   *
   * @throws ApiserverError, here and from the lines; ClusterMovedError; the reason of the signal once that is aborted
   */
  async watch(
    row: KindRow,
    scope: Scope,
    query: WatchQuery,
    signal: AbortSignal,
  ): Promise<AsyncIterable<readonly string[]>> {
    const path = watchPath(row, scope, query);
    const timeouts = { headersTimeout: WATCH_OPENING_MS, bodyTimeout: 0 };
    const { body } = await attempt(signal, () => this.get(row, path, signal, timeouts));
    return linesOf(body, this.limits.maxLineBytes, signal);
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await Promise.all([this.access.close(), this.connections.close()]);
  }

  private async get(
    row: KindRow,
    path: string,
    signal: AbortSignal,
    timeouts: Timeouts,
  ): Promise<Dispatcher.ResponseData> {
    const access = await orAborted(this.access.current(), signal);
    if (addressOf(access) !== this.address) throw new ClusterMovedError();
    let answer = await this.connections.send(access, path, signal, timeouts);
    if (answer.statusCode === 401) {
      const renewed = await orAborted(this.access.renewed(access), signal);
      if (renewed !== access) {
        await answer.body.dump();
        if (addressOf(renewed) !== this.address) throw new ClusterMovedError();
        answer = await this.connections.send(renewed, path, signal, timeouts);
      }
    }
    if (answer.statusCode === 200) return answer;
    const retryAfter = answer.headers['retry-after'];
    const header = Array.isArray(retryAfter) ? retryAfter[0] : retryAfter;
    throw errorFor(
      row,
      errorOfAnswer(answer.statusCode, header ?? null, await beginningOf(answer.body), this.clock.now()),
    );
  }
}

/** The access is read for all who ask meanwhile, so that it goes on when one of them does not wait for it any more. */
async function orAborted(reading: Promise<ClusterAccess>, signal: AbortSignal): Promise<ClusterAccess> {
  const access = await untilAborted(reading, signal);
  if (access === null) throw signal.reason;
  return access;
}

/** Each cluster has the kinds of the core group: who knows no such kind is no apiserver, or not at that path. */
function errorFor({ group }: KindRow, error: ApiserverError): ApiserverError {
  if (error.kind !== 'absent' || group !== '') return error;
  return new ApiserverError('server', `${error.message}: no apiserver answers at this address`, error.retryAfterMs);
}

type Timeouts = Required<Pick<Dispatcher.DispatchOptions, 'headersTimeout' | 'bodyTimeout'>>;

/** The connections to the cluster. They are made anew when what they are secured with was replaced. */
class Connections {
  private agent: { readonly key: string; readonly agent: Agent } | null = null;
  /** Connections that were secured otherwise; what is under way on them comes to its end. */
  private readonly leaving = new Set<Agent>();
  private isClosed = false;

  async send(
    access: ClusterAccess,
    path: string,
    signal: AbortSignal,
    timeouts: Timeouts,
  ): Promise<Dispatcher.ResponseData> {
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'novita-fleet' };
    if (access.token !== null) headers['authorization'] = `Bearer ${access.token}`;
    const prefix = access.server.pathname.replace(/\/+$/, '');
    return this.agentFor(access).request({
      origin: access.server.origin,
      path: `${prefix}${path}`,
      method: 'GET',
      headers,
      signal,
      ...timeouts,
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const agents = [...this.leaving, ...(this.agent === null ? [] : [this.agent.agent])];
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  private agentFor({ ca, certificate, serverName, isVerified }: ClusterAccess): Agent {
    const key = JSON.stringify([ca, certificate, serverName, isVerified]);
    if (this.agent?.key === key) return this.agent.agent;
    if (this.isClosed) throw new ApiserverError('unreachable', 'the connections to the cluster were closed');
    if (this.agent !== null) this.retire(this.agent.agent);
    const agent = new Agent({
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      connect: {
        timeout: CONNECT_TIMEOUT_MS,
        keepAlive: true,
        keepAliveInitialDelay: TCP_PROBE_MS,
        rejectUnauthorized: isVerified,
        ...(ca === null ? {} : { ca }),
        ...(serverName === null ? {} : { servername: serverName }),
        ...certificate,
      },
    });
    this.agent = { key, agent };
    return agent;
  }

  private retire(agent: Agent): void {
    this.leaving.add(agent);
    agent.close().then(
      () => this.leaving.delete(agent),
      () => this.leaving.delete(agent),
    );
  }
}

/** Says by an error of ours what the network, the certificates or the access say. */
async function attempt<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ClusterMovedError) throw error;
    throw apiserverErrorOf(error);
  }
}

/** Also of an access that was read anew: tokens and certificates of a client change, and lead to the same cluster. */
function addressOf({ server, ca }: ClusterAccess): string {
  const authority = ca === null ? 'public' : createHash('sha256').update(ca).digest('hex').slice(0, 16);
  return `${server.href} ${authority}`;
}

function apiserverErrorOf(error: unknown): ApiserverError {
  if (error instanceof ApiserverError) return error;
  if (error instanceof ClusterAccessError)
    return new ApiserverError('unauthorized', error.message, null, { cause: error });
  // What all addresses of a host answered stands in one error, which says nothing itself.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = first instanceof Error && 'code' in first ? String(first.code) : null;
  const message = first instanceof Error && first.message !== '' ? first.message : 'no answer';
  return new ApiserverError(
    'unreachable',
    code === null || message.includes(code) ? message : `${code} ${message}`,
    null,
    {
      cause: error,
    },
  );
}

async function* linesOf(
  body: AsyncIterable<Buffer>,
  maxLineBytes: number,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  const splitter = new LineSplitter(maxLineBytes);
  try {
    for await (const chunk of body) {
      const lines = splitter.push(chunk);
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw apiserverErrorOf(error);
  }
  if (splitter.isMidLine) throw new ApiserverError('unreachable', 'the watch broke off within a line');
}

async function readPage(body: AsyncIterable<Buffer>, maxBytes: number): Promise<ListPage> {
  const reader = new ListReader(maxBytes);
  for await (const chunk of body) reader.push(chunk);
  return reader.end();
}

/** As much of the body of an error as is read: what is longer is no `Status`, and the error is known without it. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(chunks, size).toString('utf8', 0, MAX_ERROR_BYTES);
}
