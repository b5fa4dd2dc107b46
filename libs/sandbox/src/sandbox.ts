import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Api, type ApiCall, type ApiEnding } from './api/api.js';
import { BodyTooLargeError, closeServer, listen, readBody, sendJson, sendText } from './api/http-server.js';
import { type IngressAddress, InstanceJson } from './api/instance-json.js';
import { OPERATIONS } from './api/operations.js';
import type { FirstPage } from './api/paging.js';
import { ControlApi } from './control/control-api.js';
import type { FaultControls } from './faults/fault.js';
import { openIngress } from './ingress/ingress.js';
import { Stage } from './stage.js';
import { FAST, type SandboxTiming } from './timing.js';
import type { WorldView } from './world/world-view.port.js';

export interface SandboxOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Instances made at the start; default 0. */
  readonly instances?: number;
  /** The same seed makes the same ids, names and states; default 1. */
  readonly seed?: number;
  /** When set, any other key gets 401; by default every bearer key that is not empty is accepted. */
  readonly apiKey?: string;
  /** What is left out is as in `FAST`. */
  readonly timing?: Partial<SandboxTiming>;
  /** How many times faster than real time the sandbox's clock goes; 0 freezes it. Default 1. */
  readonly speed?: number;
  /** Default `both`. */
  readonly firstPage?: FirstPage;
  /** The documents say a bare id, one client needs an object. Default `string`. */
  readonly storageCreateAnswer?: 'string' | 'object';
  /** Where a migration ends: the provider's documents do not say. Default `running`. */
  readonly migrationEndsIn?: 'running' | 'exited';
}

/** A stand-in for the provider's HTTP API. Its world lives in memory and ends with it. */
export interface Sandbox {
  /** Base address for `NOVITA_API_BASE_URL`. */
  readonly url: string;
  readonly port: number;
  readonly faults: FaultControls;
  readonly world: WorldView;
  /** Breaks off open calls. */
  close(): Promise<void>;
}

const CONTROL_PREFIX = '/__sandbox/';
/** Longer than the pools of clients keep a connection, so that it is never we who close one under a call. */
const KEEP_ALIVE_MS = 65_000;

/**
 * Starts a sandbox in this process; resolves when it answers.
 *
 * @throws when the port cannot be had, or an option has no meaning (RangeError)
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1' } = options;
  const stage = stageOf(options, Date.now);
  const reachableHost = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const ingress = await openIngress(host);
  ingress.serve(stage);

  const closing = new AbortController();
  const address = {
    httpBase: `http://${reachableHost}:${ingress.httpPort}`,
    tcp: `${reachableHost}:${ingress.tcpPort}`,
  };
  const api = new ApiServer(apiOf(stage, options, address, closing.signal));
  const control = new ControlApi(stage);

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    try {
      if (path.startsWith(CONTROL_PREFIX)) await control.handle(request, response, path.slice(CONTROL_PREFIX.length));
      else await api.handle(request, response, path, mark === -1 ? '' : url.slice(mark + 1));
    } catch (error) {
      if (closing.signal.aborted || request.destroyed || response.headersSent) response.destroy();
      else sendText(response, 500, `the sandbox itself failed: ${String(error)}`);
    }
  };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void handle(request, response);
  });
  const port = await listen(server, host, options.port ?? 0).catch(async (error: unknown) => {
    await ingress.close();
    throw error;
  });
  return {
    url: `http://${reachableHost}:${port}`,
    port,
    faults: stage,
    world: stage,
    close: async () => {
      closing.abort();
      server.closeAllConnections();
      await Promise.all([closeServer(server), ingress.close()]);
    },
  };
}

/** A sandbox without a wire: it is called as a function, and its time is the caller's. It holds no timer and no port. */
export interface InProcessSandbox {
  readonly faults: FaultControls;
  readonly world: WorldView;
  /** The operationId of a route; null when there is no such route. */
  operationOf(method: string, path: string): string | null;
  answer(call: ApiCall): Promise<ApiEnding>;
}

/**
 * @param now epoch milliseconds; it must not go back
 * @throws RangeError when an option has no meaning
 */
export function sandboxInProcess(options: SandboxOptions, now: () => number): InProcessSandbox {
  const stage = stageOf(options, now);
  const address = { httpBase: 'http://sandbox.invalid', tcp: 'sandbox.invalid:9' };
  const api = apiOf(stage, options, address, new AbortController().signal);
  return {
    faults: stage,
    world: stage,
    operationOf: (method, path) => api.operationOf(method, path),
    answer: (call) => api.answer(call),
  };
}

function stageOf(options: SandboxOptions, now: () => number): Stage {
  const { instances = 0, seed = 1, speed = 1, migrationEndsIn = 'running' } = options;
  const operations = new Set(OPERATIONS.map(({ id }) => id));
  const timing = { ...FAST, ...options.timing };
  return new Stage({ instances, seed, speed, migrationEndsIn, timing, operations }, now);
}

function apiOf(stage: Stage, options: SandboxOptions, address: IngressAddress, closing: AbortSignal): Api {
  const context = {
    firstPage: options.firstPage ?? 'both',
    storageCreateAnswer: options.storageCreateAnswer ?? 'string',
    json: new InstanceJson(address),
  } as const;
  return new Api(stage, { apiKey: options.apiKey ?? null, operations: OPERATIONS, context }, closing);
}

/** The API over HTTP. */
class ApiServer {
  constructor(private readonly api: Api) {}

  async handle(request: IncomingMessage, response: ServerResponse, path: string, search: string): Promise<void> {
    response.setHeader('x-novita-sandbox', 'true');
    const { method = '' } = request;
    try {
      const hasBody = method === 'POST' && this.api.operationOf(method, path) !== null;
      const body = hasBody ? await readBody(request) : '';
      const authorization = request.headers.authorization ?? null;
      send(response, await this.api.answer({ method, path, query: new URLSearchParams(search), body, authorization }));
    } catch (error) {
      if (!(error instanceof BodyTooLargeError)) throw error;
      sendText(response, 413, error.message);
    }
  }
}

function send(response: ServerResponse, ending: ApiEnding): void {
  switch (ending.kind) {
    case 'answer': {
      const { status, type, body, retryAfterSeconds } = ending;
      if (type === 'application/json') sendJson(response, status, body, retryAfterSeconds);
      else sendText(response, status, body, type);
      return;
    }
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'silence':
      return;
  }
}
