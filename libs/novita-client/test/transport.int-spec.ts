import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  NovitaCircuitOpenError,
  type NovitaError,
  NovitaMalformedAnswerError,
  NovitaNetworkError,
  NovitaNotFoundError,
  NovitaRateLimitedError,
  NovitaServerFaultError,
  NovitaTimeoutError,
  NovitaUnauthorizedError,
} from '../src/novita.errors.js';
import type { NovitaClient, NovitaClientOptions } from '../src/novita-client.js';
import type { CreateInstanceInput, NovitaInstanceId } from '../src/novita-types.js';
import {
  clientOf,
  type FakeNovita,
  json,
  ObservedCalls,
  refusal,
  reset,
  silence,
  startFakeNovita,
  TEST_KEY,
  text,
} from './fake-novita.js';

const ID = '9d1f5d8a0c3b4e2f' as NovitaInstanceId;
const INPUT: CreateInstanceInput = {
  name: 'train',
  kind: 'gpu',
  productId: '26',
  gpuNum: 1,
  rootfsSize: 60,
  imageUrl: 'nginx:1',
  billingMode: 'onDemand',
  envs: [{ key: 'TOKEN', value: 'hidden-token' }],
};
const clusters = json({ data: [{ id: '5', name: 'EU-01' }] });
const failure500 = refusal(500, 'UNKNOWN', 'broken');

const failure = async (call: Promise<unknown>): Promise<NovitaError> => {
  try {
    await call;
  } catch (error) {
    return error as NovitaError;
  }
  throw new Error('it did not fail');
};

interface FakeProxy {
  readonly url: string;
  /** What it was asked for: `GET http://…`, `CONNECT host:port`. */
  readonly asked: string[];
  readonly connections: () => number;
  close(): Promise<void>;
}

/** Forwards every request to `target`, whatever host it names, and opens no tunnel. */
async function startFakeProxy(target: string): Promise<FakeProxy> {
  const asked: string[] = [];
  let opened = 0;
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url} ${incoming.headers['proxy-authorization'] ?? ''}`.trim());
    const { pathname, search } = new URL(incoming.url ?? '');
    const forwarded = request(
      `${target}${pathname}${search}`,
      { method: incoming.method ?? 'GET', headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.on('connection', () => (opened += 1));
  server.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url} ${incoming.headers['proxy-authorization'] ?? ''}`.trim());
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    connections: () => opened,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

describe('the transport through a proxy', () => {
  let novita: FakeNovita;
  let proxy: FakeProxy;
  let client: NovitaClient;
  const connect = (baseUrl: string, except = '', user = ''): void => {
    const url = proxy.url.replace('//', `//${user}`);
    const once = { read: 0, command: 0, create: 0 };
    client = clientOf(
      baseUrl,
      { proxy: { url, except }, policies: { retries: once } },
      { observer: new ObservedCalls() },
    );
  };
  beforeEach(async () => {
    novita = await startFakeNovita();
    proxy = await startFakeProxy(novita.url);
    novita.answers(clusters);
  });
  afterEach(async () => {
    await client.close(0);
    await proxy.close();
    await novita.close();
  });

  it('sends an http request to the proxy, for a name that only the proxy resolves', async () => {
    connect('http://novita.invalid', '', 'me:50%25@');
    expect(await client.novita.catalogue.clusters()).toHaveLength(1);
    expect(proxy.asked).toEqual([
      `GET http://novita.invalid/gpu-instance/openapi/v1/clusters Basic ${Buffer.from('me:50%').toString('base64')}`,
    ]);
    expect(novita.requests[0]?.headers.authorization).toBe(`Bearer ${TEST_KEY}`);
  });

  it('keeps its connections to the proxy, and sends many requests at once', async () => {
    connect('http://novita.invalid');
    await Promise.all(Array.from({ length: 8 }, () => client.novita.catalogue.clusters()));
    await Promise.all(Array.from({ length: 8 }, () => client.novita.instances.get(ID).catch(() => null)));
    expect(proxy.asked).toHaveLength(16);
    expect(proxy.connections()).toBeGreaterThan(1);
    expect(proxy.connections()).toBeLessThanOrEqual(10);
  });

  it('asks for a tunnel to an https address, and says what the proxy answered', async () => {
    connect('https://novita.invalid', 'other.invalid');
    expect((await failure(client.novita.instances.create(INPUT))).message).toBe(
      'POST /gpu/instance/create failed: the proxy answered 407',
    );
    expect(proxy.asked).toEqual(['CONNECT novita.invalid:443']);
  });

  it('goes past the proxy to the hosts that NO_PROXY names', async () => {
    connect(novita.url, 'other.invalid, 127.0.0.1');
    expect(await client.novita.catalogue.clusters()).toHaveLength(1);
    expect(proxy.asked).toEqual([]);
  });
});

describe('the transport', () => {
  let novita: FakeNovita;
  let client: NovitaClient;
  let observed: ObservedCalls;

  const connect = (options: Partial<NovitaClientOptions> = {}): void => {
    client = clientOf(novita.url, options, { observer: observed });
  };
  beforeEach(async () => {
    novita = await startFakeNovita();
    observed = new ObservedCalls();
    connect();
  });
  afterEach(async () => {
    await client.close(0);
    await novita.close();
  });
  it('knows a sandbox by what its answers say, and Novita by their silence about it', async () => {
    const marked = json({ data: [] }, 200, { 'x-novita-sandbox': 'true' });
    expect(client.health.sandbox()).toBeNull();
    novita.answers(refusal(502, 'UNKNOWN', 'a proxy without what stands behind it'));
    await failure(client.novita.catalogue.clusters());
    expect(client.health.sandbox()).toBeNull();
    for (const [answer, known] of [
      [marked, true],
      [clusters, false],
      [marked, true],
    ] as const) {
      novita.answers(answer);
      await client.novita.catalogue.clusters();
      expect(client.health.sandbox()).toBe(known);
    }
    novita.answers(refusal(401, 'UNAUTHORIZED', 'no'));
    await failure(client.novita.catalogue.clusters());
    expect(client.health.sandbox()).toBe(true);
  });

  it('sends the key, and keeps its connection', async () => {
    novita.answers(clusters);
    for (let call = 0; call < 20; call += 1) await client.novita.catalogue.clusters();
    // The pool may open a second one while the end of an answer is still being noticed.
    expect(novita.connections()).toBeLessThanOrEqual(2);
    expect(novita.requests).toHaveLength(20);
    expect(novita.requests[0]?.headers.authorization).toBe(`Bearer ${TEST_KEY}`);
  });

  it('opens no more connections than it may', async () => {
    connect({ policies: { concurrency: { urgent: 1, interactive: 1, background: 3 } } });
    let underWay = 0;
    let most = 0;
    novita.answers(async (response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 20));
      underWay -= 1;
      response.end('{"data":[]}');
    });
    await Promise.all(Array.from({ length: 30 }, () => client.novita.catalogue.clusters()));
    expect(novita.connections()).toBeLessThanOrEqual(4);
    expect(most).toBe(3);
  });

  it('repeats a read after server errors and resets', async () => {
    novita.answers(failure500, reset, clusters);
    expect(await client.novita.catalogue.clusters()).toHaveLength(1);
    expect(observed.outcomes).toEqual(['server-fault', 'network', 'ok']);
  });

  it('gives a read up in the end', async () => {
    novita.answers(failure500);
    expect(await failure(client.novita.catalogue.clusters())).toBeInstanceOf(NovitaServerFaultError);
    expect(novita.requests).toHaveLength(4);
  });

  it('does not repeat what is refused', async () => {
    novita.answers(refusal(400, 'RESOURCE_NOT_FOUND', 'no such instance'));
    expect(await failure(client.novita.instances.get(ID))).toBeInstanceOf(NovitaNotFoundError);
    expect(novita.requests).toHaveLength(1);
  });

  it.each([
    ['a server error', failure500, NovitaServerFaultError],
    ['a reset', reset, NovitaNetworkError],
    ['silence', silence, NovitaTimeoutError],
    ['an answer that cannot be read', text('<html>'), NovitaMalformedAnswerError],
    ['an answer without an id', json({}), NovitaMalformedAnswerError],
  ])('sends a create once, and says that its effect is unknown, after %s', async (_what, answer, Kind) => {
    connect({ timeoutMs: 150 });
    novita.answers(answer, json({ id: ID }));
    const error = await failure(client.novita.instances.create(INPUT));
    expect(error).toBeInstanceOf(Kind);
    expect(error.effectUnknown).toBe(true);
    expect(novita.requests).toHaveLength(1);
  });

  it.each([
    ['a server error', failure500],
    ['a reset', reset],
    ['silence', silence],
  ])('sends a command once after %s', async (_what, answer) => {
    connect({ timeoutMs: 150 });
    novita.answers(answer, json({}));
    await failure(client.novita.instances.stop(ID));
    expect(novita.requests).toHaveLength(1);
  });

  it('sends a create again that was refused for its rate', async () => {
    novita.answers(refusal(429, 'RATE_LIMIT_EXCEEDED', 'slow down'), json({ id: ID }));
    expect(await client.novita.instances.create(INPUT)).toEqual({ id: ID });
    expect(novita.requests).toHaveLength(2);
  });

  it('sends a create again that never left', async () => {
    const port = await freePort();
    const away = clientOf(`http://127.0.0.1:${port}`, {}, { observer: observed });
    const error = await failure(away.novita.instances.create(INPUT));
    await away.close(0);
    expect(error).toBeInstanceOf(NovitaNetworkError);
    expect(error.message).toContain('ECONNREFUSED');
    expect(observed.outcomes).toEqual(['network', 'network', 'network']);
  });

  it('waits as long as a 429 says, with every other call too', async () => {
    novita.answers(refusal(429, 'RATE_LIMIT_EXCEEDED', 'slow down', { 'retry-after': '1' }), clusters);
    const first = client.novita.catalogue.clusters();
    await expect.poll(() => observed.outcomes).toEqual(['rate-limited']);
    const second = client.novita.catalogue.clusters({ priority: 'interactive' });
    await Promise.all([first, second]);
    const [refused, ...later] = novita.requests.map((request) => request.at);
    for (const at of later) expect(at - (refused ?? 0)).toBeGreaterThanOrEqual(990);
    expect(later).toHaveLength(2);
  });

  it('ignores a Retry-After that is none', async () => {
    novita.answers(refusal(429, 'RATE_LIMIT_EXCEEDED', 'slow down', { 'retry-after': 'later' }), clusters);
    const startedAt = performance.now();
    await client.novita.catalogue.clusters();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('fails at once when the wait that is asked for is longer than the call may take', async () => {
    novita.answers(refusal(429, 'RATE_LIMIT_EXCEEDED', 'slow down', { 'retry-after': '30' }), clusters);
    const startedAt = performance.now();
    const error = await failure(client.novita.instances.stop(ID));
    expect(error).toBeInstanceOf(NovitaRateLimitedError);
    expect(error.context).toMatchObject({ httpStatus: 429, retryAfterMs: 30_000 });
    const next = await failure(client.novita.catalogue.clusters());
    expect(next).toBeInstanceOf(NovitaRateLimitedError);
    expect(next.context.retryAfterMs).toBeGreaterThan(15_000);
    expect(next.effectUnknown).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(novita.requests).toHaveLength(1);
  });

  it('gives each exchange its own time', async () => {
    connect({ timeoutMs: 400, policies: { deadlineMs: 20_000 } });
    novita.answers(silence, clusters);
    expect(await client.novita.catalogue.clusters()).toHaveLength(1);
    expect(observed.outcomes).toEqual(['timeout', 'ok']);
  });

  it('gives a body no longer than the rest', async () => {
    connect({ timeoutMs: 150, policies: { deadlineMs: 5_000, retries: { read: 0, command: 0, create: 0 } } });
    novita.answers((response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    });
    expect(await failure(client.novita.catalogue.clusters())).toBeInstanceOf(NovitaTimeoutError);
  });

  it('ends everything at its deadline', async () => {
    connect({ timeoutMs: 60_000, policies: { deadlineMs: 200 } });
    novita.answers(silence);
    const startedAt = performance.now();
    const error = await failure(client.novita.instances.create(INPUT));
    expect(error).toBeInstanceOf(NovitaTimeoutError);
    expect(error.effectUnknown).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  it('counts an error answer followed by silence as an unknown effect', async () => {
    connect({ timeoutMs: 1_000, policies: { deadlineMs: 300 } });
    novita.answers(refusal(429, 'RATE_LIMIT_EXCEEDED', 'slow down'), silence);
    const error = await failure(client.novita.instances.create(INPUT));
    expect(error).toBeInstanceOf(NovitaTimeoutError);
    expect(error.effectUnknown).toBe(true);
  });

  it('does not read an endless answer', async () => {
    connect({ maxAnswerBytes: 10_000, policies: { retries: { read: 0, command: 0, create: 0 } } });
    let sent = 0;
    novita.answers((response) => {
      const pour = setInterval(() => {
        sent += 1_000;
        response.write('x'.repeat(1_000));
      }, 1);
      response.on('close', () => clearInterval(pour));
    });
    const error = await failure(client.novita.catalogue.clusters());
    expect(error).toBeInstanceOf(NovitaMalformedAnswerError);
    expect(error.message).toContain('more than 10000 bytes');
    expect(sent).toBeLessThan(1_000_000);
  });

  it('counts an answer that was cut off as a network error', async () => {
    novita.answers((response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"data":[');
      setTimeout(() => response.socket?.destroy(), 20);
    }, clusters);
    expect(await client.novita.catalogue.clusters()).toHaveLength(1);
    expect(observed.outcomes).toEqual(['network', 'ok']);
  });

  it('opens its circuit after failures, and not for what was asked wrongly', async () => {
    connect({ policies: { breaker: { failures: 5, firstOpenMs: 200, maxOpenMs: 1_000 } } });
    novita.answers(refusal(400, 'RESOURCE_NOT_FOUND', 'no such instance'));
    for (let call = 0; call < 12; call += 1) await failure(client.novita.instances.get(ID));
    novita.answers(text('404 page not found', 404));
    for (let call = 0; call < 12; call += 1) await failure(client.novita.instances.get(ID));
    expect(client.health.circuitState()).toBe('closed');

    novita.answers(failure500);
    for (let call = 0; call < 5; call += 1) await failure(client.novita.instances.stop(ID));
    expect(client.health.circuitState()).toBe('open');
    const sent = novita.requests.length;
    const error = await failure(client.novita.instances.stop(ID));
    expect(error).toBeInstanceOf(NovitaCircuitOpenError);
    expect(error.effectUnknown).toBe(false);
    expect(novita.requests).toHaveLength(sent);

    novita.answers(clusters);
    await expect
      .poll(() =>
        client.novita.catalogue.clusters().then(
          (list) => list.length,
          () => 0,
        ),
      )
      .toBe(1);
    expect(client.health.circuitState()).toBe('closed');
  });

  it('ends a call at its abort, wherever it is', async () => {
    novita.answers(silence);
    const caller = new AbortController();
    const reason = new Error('enough');
    const inFlight = failure(client.novita.instances.get(ID, { signal: caller.signal }));
    await expect.poll(() => novita.requests.length).toBe(1);
    caller.abort(reason);
    expect(await inFlight).toBe(reason);
    expect(await failure(client.novita.instances.get(ID, { signal: caller.signal }))).toBe(reason);
    expect(novita.requests).toHaveLength(1);
    expect(client.health.circuitState()).toBe('closed');
  });

  it('ends a call that waits for its turn at its abort', async () => {
    connect({ maxRequestsPerSecond: 1 });
    novita.answers(json({}));
    await Promise.all([client.novita.instances.stop(ID), client.novita.instances.stop(ID)]);
    const caller = new AbortController();
    const waiting = failure(client.novita.instances.stop(ID, { signal: caller.signal }));
    caller.abort(new Error('enough'));
    expect((await waiting).message).toBe('enough');
    expect(novita.requests).toHaveLength(2);
  });

  it('sends nothing without a key', async () => {
    connect({ apiKey: null });
    const error = await failure(client.novita.catalogue.clusters());
    expect(error).toBeInstanceOf(NovitaUnauthorizedError);
    expect(error.message).toContain('NOVITA_API_KEY is not set');
    expect(novita.requests).toHaveLength(0);
  });

  it('shows neither its key nor an environment value in an error', async () => {
    novita.answers((response, request) => {
      const body = { code: 400, reason: 'VALIDATOR_PARAM', message: `${request.headers.authorization} hidden-token` };
      response.writeHead(400).end(JSON.stringify(body));
    });
    const error = await failure(client.novita.instances.create(INPUT));
    expect(error.message).toBe('POST /gpu/instance/create answered 400 VALIDATOR_PARAM: Bearer *** ***');
    expect(JSON.stringify(error)).not.toContain('hidden-token');
  });

  it('counts an error that comes with status 200 as one', async () => {
    novita.answers(json({ code: 400, reason: 'RESOURCE_NOT_FOUND', message: 'gone' }));
    expect(await failure(client.novita.instances.stop(ID))).toBeInstanceOf(NovitaNotFoundError);
    novita.answers(json({ error: 'MIGRATE_INSUFFICIENT_RESOURCE' }));
    expect((await failure(client.novita.instances.migrate(ID))).kind).toBe('insufficient-resource');
  });

  it('takes a command that is answered with nothing for done', async () => {
    novita.answers((response) => void response.writeHead(204).end());
    await expect(client.novita.instances.stop(ID)).resolves.toBeUndefined();
  });

  it('ends its calls when it is closed', async () => {
    novita.answers(silence);
    const inFlight = failure(client.novita.instances.create(INPUT));
    await expect.poll(() => novita.requests.length).toBe(1);
    await client.close(50);
    expect(await inFlight).toBeInstanceOf(NovitaNetworkError);
    expect(await failure(client.novita.catalogue.clusters())).toBeInstanceOf(NovitaNetworkError);
    expect(novita.requests).toHaveLength(1);
  });
});
