import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpAdapter } from './platform-adapter.js';

const CHUNKED = 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('what is no HTTP request', () => {
  let server: FastifyInstance;

  beforeAll(async () => {
    server = createHttpAdapter().getInstance();
    server.get('/', () => 'served');
    server.get('/slow', (_request, reply) => {
      reply.raw.writeHead(200);
      reply.raw.write('begun');
      return reply;
    });
    server.post('/', () => 'served');
    await server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => server.close());

  /** @param later what is sent once an answer has begun */
  async function answerTo(sent: string, later?: string): Promise<string> {
    const { port } = server.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    const answer = text(socket);
    socket.write(sent);
    if (later !== undefined) {
      await once(socket, 'data');
      socket.write(later);
    }
    return answer;
  }

  it('waits half a minute for headers, and no longer for the whole request', () => {
    expect([server.server.headersTimeout, server.server.requestTimeout]).toEqual([30_000, 30_000]);
  });

  it.each([
    ['a long request line', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'headers-too-large'],
    ['a long header', `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
    ['garbage', 'garbage\r\n\r\n', 400, 'bad-request'],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001', 400, 'bad-request'],
    ['a header that is none', 'GET / HTTP/1.1\r\nHo st: x\r\n\r\n', 400, 'bad-request'],
    ['a chunk without a size', `POST / HTTP/1.1\r\nHost: x\r\n${CHUNKED}zz\r\n\r\n`, 400, 'bad-request'],
    ['two lengths', `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n${CHUNKED}0\r\n\r\n`, 400, 'bad-request'],
    [
      'a request for a tunnel',
      'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n',
      405,
      'method-not-allowed',
    ],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'bad-request'],
  ])('answers %s with a problem document', async (_what, sent, status, code) => {
    const [head = '', body = ''] = (await answerTo(sent)).split('\r\n\r\n');
    const id = /^x-request-id: (\S+)$/im.exec(head)?.[1];
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toMatch(/^content-type: application\/problem\+json; charset=utf-8$/im);
    expect(head).toMatch(new RegExp(`^content-length: ${Buffer.byteLength(body)}$`, 'im'));
    expect(JSON.parse(body)).toMatchObject({ type: `/errors/${code}`, status, code, requestId: id });
  });

  it('takes HTTP/1.0 without a host, and an expectation that nobody knows', async () => {
    expect(await answerTo('GET / HTTP/1.0\r\n\r\n')).toContain('served');
    const expecting = 'GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n';
    expect(await answerTo(expecting)).toContain('served');
  });

  it('writes nothing into an answer that has begun', async () => {
    const answer = await answerTo('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n', 'garbage\r\n\r\n');
    expect(answer).toContain('begun');
    expect(answer).not.toContain('bad-request');
  });
});
