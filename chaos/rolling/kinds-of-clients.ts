import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../test/support/until.js';
import { KEY } from '../ground/ground.js';

const PAUSE_MS = 120;
const PATIENCE_MS = 60_000;

/** What clients saw, together. */
export interface Seen {
  readonly ms: number[];
  readonly failures: string[];
  /** Reads that were sent on a kept connection just as the process closed it, and again on a new one, as HTTP has it. */
  repeated: number;
}

/**
 * Asks again and again over one connection that it keeps.
 *
 * @param method those of GET are repeated when the connection was closed before anything came back
 * @param signal ends it after the request that is under way
 */
export async function keepAsking(
  url: string,
  method: 'GET' | 'PUT',
  path: string,
  seen: Seen,
  signal: AbortSignal,
): Promise<void> {
  // What is not a read must not be sent twice, so it goes over a new connection each time.
  const agent = method === 'GET' ? new Agent({ keepAlive: true, maxSockets: 1 }) : new Agent();
  while (!signal.aborted) {
    const startedAt = performance.now();
    let outcome = await send(`${url}${path}`, method, agent);
    if (outcome.isReusedSocket && outcome.failure !== null && method === 'GET') {
      seen.repeated += 1;
      outcome = await send(`${url}${path}`, method, agent);
    }
    seen.ms.push(performance.now() - startedAt);
    if (outcome.failure !== null) seen.failures.push(`${method} ${path}: ${outcome.failure}`);
    await pause(PAUSE_MS);
  }
  agent.destroy();
}

/** A connection on which nothing is ever sent, and one on which half a request is. Neither may keep a process from ending. */
export async function openUnused(port: number): Promise<readonly Socket[]> {
  const sockets = [0, 1].map(() => connect(port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.on('error', () => undefined);
  sockets[1]?.write('GET /api/v1/instances HTTP/1.1\r\nhost: a\r\n');
  return sockets;
}

/** A request that is half sent before the process ends, and goes on afterwards. */
export class HalfSent {
  private text = '';
  private isClosed = false;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => (this.text += piece));
    socket.on('close', () => (this.isClosed = true));
    socket.on('error', () => undefined);
  }

  static async begin(port: number): Promise<HalfSent> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`GET /api/v1/instances?limit=1 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${KEY}\r\n`);
    return new HalfSent(socket);
  }

  /** @returns what failed; null when it was answered */
  async finish(): Promise<string | null> {
    this.socket.write('connection: close\r\n\r\n');
    await until('a half-sent request is over', async () => this.isClosed, { timeoutMs: PATIENCE_MS });
    return this.text.startsWith('HTTP/1.1 200')
      ? null
      : `a half-sent request got ${JSON.stringify(this.text.slice(0, 60))}`;
  }
}

/** Reads a long answer a little at a time. */
export class SlowDownload {
  private constructor(
    private readonly answer: IncomingMessage,
    private readonly wanted: number,
  ) {}

  static async begin(url: string): Promise<SlowDownload> {
    const asked = request(`${url}/openapi.json`, { agent: false, headers: { authorization: `Bearer ${KEY}` } });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.pause();
    return new SlowDownload(answer, Number(answer.headers['content-length']));
  }

  /** @returns what failed; null when all of it came */
  async finish(): Promise<string | null> {
    let read = 0;
    try {
      for await (const piece of this.answer as AsyncIterable<Buffer>) {
        read += piece.length;
        await pause(5);
      }
    } catch (error) {
      return `a slow download broke off after ${read} of ${this.wanted} bytes: ${String(error)}`;
    }
    return read === this.wanted && read > 0 ? null : `a slow download got ${read} of ${this.wanted} bytes`;
  }
}

interface Ending {
  readonly failure: string | null;
  readonly isReusedSocket: boolean;
}

async function send(url: string, method: string, agent: Agent): Promise<Ending> {
  const asked: ClientRequest = request(url, { method, agent, headers: { authorization: `Bearer ${KEY}` } });
  asked.setTimeout(PATIENCE_MS, () => asked.destroy(new Error('no answer')));
  asked.end();
  let hasAnswered = false;
  try {
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    hasAnswered = true;
    answer.resume();
    await once(answer, 'end');
    const { statusCode = 0 } = answer;
    return { failure: statusCode < 300 ? null : `status ${statusCode}`, isReusedSocket: false };
  } catch (error) {
    return { failure: String(error), isReusedSocket: asked.reusedSocket && !hasAnswered };
  }
}
