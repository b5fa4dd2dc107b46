import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createGzip } from 'node:zlib';
import { anInstance } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SseReader } from './support/sse-reader.js';
import { KEYS, TestApi } from './support/test-api.js';

/** `npm run fuzz -- --connections 5000` asks for more. Both ends of each are in this process. */
const CONNECTIONS = Number(process.env['FUZZ_CONNECTIONS'] ?? 200);
const IS_LARGE = process.env['FUZZ_CONNECTIONS'] !== undefined;
const READERS = Math.ceil(CONNECTIONS / 5);
const SLOW = Math.ceil(CONNECTIONS / 20);
const BOMBS = 16;
/** Of one bomb when it is decompressed; compressed it is a thousandth of that. */
const BOMB_BYTES = (IS_LARGE ? 900 : 64) * 1_048_576;
/** Much less than all of them would take if they were kept whole. */
const MOST_GROWTH_BYTES = 512 * 1_048_576;
/** Only ends a test that would hang. */
const PATIENCE_MS = 180_000;

describe(`${CONNECTIONS} connections of hostile callers`, { timeout: 2 * PATIENCE_MS }, () => {
  let api: TestApi;
  let port: number;
  const sockets: HostileSocket[] = [];

  beforeAll(async () => {
    api = await TestApi.start({
      RATE_LIMIT_PER_MINUTE: '1000000',
      SSE_MAX_STREAMS_PER_KEY: String(READERS),
      LOG_LEVEL: 'error',
    });
    await api.app.listen(0, '127.0.0.1');
    ({ port } = api.app.getHttpServer().address() as AddressInfo);
  });
  afterAll(async () => {
    for (const { socket } of sockets) socket.destroy();
    await api.stop();
  });

  const url = (path: string): string => `http://127.0.0.1:${port}${path}`;

  async function open(sent = ''): Promise<HostileSocket> {
    const opened = await HostileSocket.open(port, sent);
    sockets.push(opened);
    return opened;
  }

  /** A caller like any other, each time over a connection of its own. */
  async function othersAreServed(): Promise<void> {
    for (let count = 0; count < 20; count++) expect(await statusOf(url('/api/v1/me'))).toBe(200);
  }

  it('that say nothing, or a byte a second, leave others served, and are closed with a 408', async () => {
    const [before, begun] = [process.memoryUsage().rss, Date.now()];
    const host = 'Host: x\r\n';
    const body = `POST /api/v1/instances HTTP/1.1\r\n${host}Authorization: Bearer ${KEYS.operator}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`;
    for (let count = 0; count < CONNECTIONS; count++) await open();
    for (let count = 0; count < SLOW; count++) await open(`GET /api/v1/me HTTP/1.1\r\n${host}X-Slow: `);
    for (let count = 0; count < SLOW; count++) await open(body);
    const slow = sockets.slice(-2 * SLOW);
    const drip = setInterval(() => slow.forEach(({ socket }) => socket.writable && socket.write('x')), 1_000);
    try {
      await othersAreServed();
      report('idle and slow connections', sockets.length, before);
      expect(process.memoryUsage().rss - before).toBeLessThan(MOST_GROWTH_BYTES);
      // It takes up to a minute, which is not spent in each run of the tests.
      if (!IS_LARGE) return;
      await vi.waitFor(() => expect(sockets.filter(({ isClosed }) => !isClosed).length).toBe(0), {
        timeout: PATIENCE_MS,
        interval: 500,
      });
      expect(new Set(sockets.map(({ received }) => received.slice(0, 12)))).toEqual(new Set(['HTTP/1.1 408']));
      await othersAreServed();
      const seconds = Math.round((Date.now() - begun) / 1_000);
      report(`of them, all closed with a 408 ${seconds} s after the first was opened`, sockets.length, before);
    } finally {
      clearInterval(drip);
    }
  });

  it('that follow events and do not read are disconnected, no key has more than it may, and others are told all', async () => {
    const before = process.memoryUsage().rss;
    const events = url('/api/v1/events');
    const deaf: SseReader[] = [];
    for (let count = 0; count < READERS; count++) deaf.push(await SseReader.open(events, {}, true));
    const further = await SseReader.open(events);
    expect(further.answer.statusCode).toBe(429);
    await vi.waitFor(() => expect(further.text).toContain('too-many-streams-of-key'));
    const listening = await SseReader.open(events, { authorization: `Bearer ${KEYS.operator}` });
    const envs = Array.from({ length: 100 }, (_, n) => ({ key: `${n}`.padEnd(500, 'x'), value: '' }));
    const record = anInstance({ spec: { envs } });
    let pushed = 0;
    let peak = 0;
    // Each waits for those that read, as a feed does that does not come all at once.
    while ((await slowEnds(api)) < READERS && pushed < 2_000) {
      const entryId = `${api.clock.now()}-${++pushed}`;
      api.feed.change(entryId, 'instance.updated', { ...record, revision: pushed });
      await vi.waitFor(() => expect(listening.ids.at(-1)).toBe(entryId), { timeout: PATIENCE_MS, interval: 1 });
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    expect(await slowEnds(api)).toBe(READERS);
    expect(peak - before).toBeLessThan(MOST_GROWTH_BYTES);
    expect(listening.events.filter(({ event }) => event === 'instance.updated').length).toBe(pushed);
    await othersAreServed();
    report(`readers that do not read, after ${pushed} events of 50 KB`, READERS, before, peak);
    for (const reader of [...deaf, further, listening]) reader.close();
  });

  it('that send zip bombs are answered 413, and nothing of them is kept', async () => {
    const bomb = await gzipOfZeros(BOMB_BYTES);
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
    try {
      const headers = { 'content-encoding': 'gzip' };
      const send = () => api.send({ method: 'POST', url: '/api/v1/instances', headers, body: bomb });
      const answers = await Promise.all(Array.from({ length: BOMBS }, send));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 413));
      await othersAreServed();
    } finally {
      clearInterval(watch);
    }
    report(`zip bombs of ${BOMB_BYTES / 1_048_576} MiB`, BOMBS, before, peak);
    expect(peak - before).toBeLessThan(MOST_GROWTH_BYTES);
  });
});

/** A connection of somebody who means no good. */
class HostileSocket {
  /** The beginning of it. */
  received = '';
  isClosed = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      if (this.received.length < 100) this.received += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static async open(port: number, sent: string): Promise<HostileSocket> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    if (sent !== '') socket.write(sent);
    return new HostileSocket(socket);
  }
}

function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${KEYS.operator}`, connection: 'close' };
    get(url, { agent: false, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode));
    }).once('error', reject);
  });
}

async function slowEnds(api: TestApi): Promise<number> {
  const { text } = await api.send({ url: '/metrics' });
  return Number(/^novita_fleet_sse_ended_total\{stream="events",reason="slow"\} (\d+)$/m.exec(text)?.[1]);
}

/** In pieces, so that what is measured is not the making of it. */
async function gzipOfZeros(bytes: number): Promise<Buffer> {
  const piece = Buffer.alloc(1_048_576);
  const gzip = createGzip({ level: 9 });
  const parts: Buffer[] = [];
  gzip.on('data', (part: Buffer) => parts.push(part));
  for (let written = 0; written < bytes; written += piece.length) {
    if (!gzip.write(piece)) await once(gzip, 'drain');
  }
  gzip.end();
  await once(gzip, 'end');
  return Buffer.concat(parts);
}

function report(what: string, count: number, before: number, now = process.memoryUsage().rss): void {
  if (!IS_LARGE) return;
  const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
  process.stdout.write(`${count} ${what}: ${megabytes(now)} MB resident, ${megabytes(before)} MB before\n`);
}
