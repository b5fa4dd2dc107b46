import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  hostHeaderValidation,
  type NodeIncomingMessageLike,
  originValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { getMe } from '@novita-fleet/client';
import { LRUCache } from 'lru-cache';
import { ApiProblem, CommandFailure, EXIT } from './failure.js';
import type { PlanConfirmations } from './mcp-planned-act.js';
import { createMcpServer, reportError } from './mcp-server.js';
import { ownerOfPlans } from './mcp-tool.js';
import { type ApiSession, ask, clientOf } from './session.js';

/** Where the server listens, and by which names it may be called. */
interface HttpPlace {
  readonly host: string;
  readonly port: number;
  /** Beside those of this machine itself. */
  readonly names: readonly string[];
}

const PATH = '/mcp';
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
/** Arguments of a tool are short; an image with a hundred variables fits. */
const MOST_BYTES = 1024 * 1024;
/** Each may wait for ten minutes. */
const MOST_REQUESTS = 100;
const MOST_CONNECTIONS = 500;
const BODY_MS = 30_000;
/** A key that was removed is rejected by the API at once; this only spares it a question for each call. */
const KNOWN_MS = 15_000;
const MOST_KEYS = 1_000;

/** @throws CommandFailure for what is no address */
export function parsePlace(text: string, names: readonly string[]): HttpPlace {
  const match = /^(?:(?<host>\[[0-9a-fA-F:]+\]|[^:[\]]+):)?(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.['port'] ?? Number.NaN);
  if (!(port <= 65_535)) throw new CommandFailure(`--http wants [host:]port, such as 8090, not "${text}"`, EXIT.usage);
  const host = (match?.groups?.['host'] ?? '127.0.0.1').replace(/^\[|\]$/g, '');
  const isOpen = !LOOPBACK.includes(host.includes(':') ? `[${host}]` : host);
  if (isOpen && names.length === 0) {
    throw new CommandFailure(
      `${host} is reached from elsewhere: say by which names, such as --host-name mcp.example.com, so that no web page can call it by another`,
      EXIT.usage,
    );
  }
  return { host, port, names };
}

/**
 * Serves each caller with its own key, over Streamable HTTP. There are no sessions: each request stands for itself, so nothing
 * outlives a key, and nothing is kept but plans.
 *
 * @returns the address, once it listens; ends with the signal of the session
 */
export async function serveHttp(
  session: ApiSession,
  place: HttpPlace,
  confirmations: PlanConfirmations,
): Promise<{ readonly url: string; readonly ended: Promise<void> }> {
  const keys = new KnownKeys(session);
  const names = [...LOOPBACK, ...place.names];
  const [isHost, isOrigin] = [hostHeaderValidation(names), originValidation(names)];
  const handler = createMcpHandler(
    ({ authInfo }) => createMcpServer(keys.sessionOf(authInfo?.token ?? ''), confirmations),
    { onerror: reportError, maxRequestBodySize: MOST_BYTES },
  );
  const serve = toNodeHandler(handler, { onerror: reportError, maxRequestBodySize: MOST_BYTES });
  let under = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isHost(request, response) || !isOrigin(request, response)) return;
    if (request.url?.split('?', 1)[0] !== PATH) return reject(response, 404, `There is only ${PATH} here.`);
    if (under >= MOST_REQUESTS) return reject(response, 503, 'Too many calls are under way; try again.');
    under += 1;
    try {
      const key = /^Bearer +([\x21-\x7e]{1,512}) *$/i.exec(request.headers.authorization ?? '')?.[1];
      const rejection =
        key === undefined ? 'Send an API key of the fleet: Authorization: Bearer <key>.' : await keys.rejection(key);
      if (key === undefined || rejection !== null) {
        response.setHeader('www-authenticate', 'Bearer');
        return reject(response, 401, rejection ?? '');
      }
      const carried = Object.assign(request, { auth: { token: key, clientId: 'key', scopes: [] } });
      // Its type knows no absent member as `undefined`, as that of Node's own requests does.
      await serve(carried as NodeIncomingMessageLike, response);
    } finally {
      under -= 1;
    }
  };
  const server = createServer({ requestTimeout: BODY_MS, headersTimeout: BODY_MS }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      reportError(error instanceof Error ? error : new Error(String(error)));
      if (response.headersSent) response.destroy();
      else reject(response, 500, 'The call failed; the log of the server says why.');
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  return { url: await listen(server, place), ended: end(server, session.signal, () => handler.close()) };
}

async function listen(server: Server, { host, port }: HttpPlace): Promise<string> {
  server.listen(port, host);
  // Rejects with what keeps it from listening.
  await once(server, 'listening').catch((error: Error) => {
    throw new CommandFailure(`cannot listen on ${host}:${port}: ${error.message}`);
  });
  const { address, port: taken } = server.address() as AddressInfo;
  return `http://${address.includes(':') ? `[${address}]` : address}:${taken}${PATH}`;
}

async function end(server: Server, signal: AbortSignal, close: () => Promise<void>): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
  const closed = once(server, 'close');
  server.close();
  await close();
  server.closeAllConnections();
  await closed;
}

function reject(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32_000, message }, id: null }));
}

/** Which keys the fleet has accepted or rejected lately. Of a key it keeps a hash. */
class KnownKeys {
  private readonly known = new LRUCache<string, { readonly rejection: string | null }>({
    max: MOST_KEYS,
    ttl: KNOWN_MS,
  });

  constructor(private readonly session: ApiSession) {}

  sessionOf(key: string): ApiSession {
    const { signal } = this.session;
    const profile = { url: this.session.profile.url, key };
    return { client: clientOf(profile, signal), profile, signal };
  }

  /** Why the key opens nothing; null for one that does, and while nobody can say: then each tool says why it fails. */
  async rejection(key: string): Promise<string | null> {
    const session = this.sessionOf(key);
    const name = ownerOfPlans(session);
    const kept = this.known.get(name);
    if (kept !== undefined) return kept.rejection;
    try {
      await ask(session, getMe({ client: session.client }));
      this.known.set(name, { rejection: null });
      return null;
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.problem.status !== 401) return null;
      this.known.set(name, { rejection: error.problem.detail });
      return error.problem.detail;
    }
  }
}
