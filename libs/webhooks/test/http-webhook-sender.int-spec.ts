import { once } from 'node:events';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { freePort, WebhookReceiver } from '@app/testing';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EndpointId } from '../src/model/endpoint.js';
import type { Resolve } from '../src/send/guarded-connector.js';
import { CERTIFICATE, CERTIFICATE_KEY } from './support/certificate.js';
import { anEndpoint, senderWith } from './support/senders.js';

const signal = new AbortController().signal;
const toThisMachine: Resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);

describe('HttpWebhookSender', () => {
  let receiver: WebhookReceiver;
  const closers: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
    closers.push(() => receiver.close());
  });
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });

  function senderTo(url: string, options: Parameters<typeof senderWith>[0] = {}) {
    const { sender, agents, message } = senderWith(options);
    closers.push(() => sender.onApplicationShutdown());
    const endpoint = anEndpoint({ url });
    return {
      sender,
      agents,
      message: { ...message, endpoint },
      send: () => sender.send({ ...message, endpoint }, signal),
    };
  }

  it('sends the body as it is, with headers that the official library verifies', async () => {
    const { message, send } = senderTo(receiver.url);
    receiver.answerWith({ kind: 'status', status: 200, body: 'thanks' });
    receiver.verifyWith(message.endpoint.secrets[0]?.key ?? '');
    expect(await send()).toMatchObject({ kind: 'answered', status: 200, answer: 'thanks', retryAfterMs: null });
    const [received] = receiver.received;
    expect(received).toMatchObject({ isGenuine: true, body: message.body, id: message.webhookId });
    expect(received?.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'novita-fleet' });
  });

  it.each([200, 204, 302, 400, 410, 429, 500, 503])('answers with the status %i as it came', async (status) => {
    receiver.answerWith({ kind: 'status', status });
    expect(await senderTo(receiver.url).send()).toMatchObject({ kind: 'answered', status, answer: '' });
  });

  it.each([
    ['7', 7_000],
    [String(10 * 86_400), 86_400_000],
    ['Fri, 01 Jan 2021 00:00:00 GMT', 0],
    ['soon', null],
    ['-5', null],
    ['1.5', null],
    ['', null],
    ['99999999999999999999', 86_400_000],
  ])('reads Retry-After: %s', async (value, retryAfterMs) => {
    receiver.answerWith({ kind: 'status', status: 429, headers: { 'retry-after': value } });
    expect(await senderTo(receiver.url).send()).toMatchObject({ status: 429, retryAfterMs });
  });

  it('asks a resolver once for a name that is being looked up, and anew for the next connection', async () => {
    let asked = 0;
    const resolve: Resolve = async () => {
      asked += 1;
      const ours = await toThisMachine('');
      return asked === 1 ? ours : Promise.reject(new Error('no such name'));
    };
    const url = receiver.url.replace('127.0.0.1', 'hooks.test');
    const { send } = senderTo(url, { connections: { resolve } });
    const answers = await Promise.all(Array.from({ length: 5 }, () => send()));
    expect(answers.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'answered'));
    expect(asked).toBe(1);
    // Without the connections that are kept.
    const { send: sendAnew } = senderTo(url, { connections: { resolve } });
    expect(await sendAnew()).toMatchObject({ kind: 'no-answer', cause: 'dns' });
    expect(asked).toBe(2);
  });

  it('keeps the first 2 kB of an answer, and reads no more than 64 kB of it', async () => {
    receiver.answerWith({ kind: 'status', status: 200, body: 'ä'.repeat(200_000) });
    const result = await senderTo(receiver.url).send();
    expect(result).toMatchObject({ kind: 'answered', status: 200, answer: 'ä'.repeat(1_024) });
  });

  it('cuts an answer between characters', async () => {
    receiver.answerWith({ kind: 'status', status: 200, body: `x${'ä'.repeat(2_000)}` });
    expect(await senderTo(receiver.url).send()).toMatchObject({ answer: `x${'ä'.repeat(1_023)}` });
  });

  it.each([
    ['a body that does not end', { kind: 'slow-body' }, 'time-out'],
    ['no answer', { kind: 'silence' }, 'time-out'],
    ['what is no HTTP', { kind: 'garbage' }, 'garbage'],
    ['a head that is too large', { kind: 'status', status: 200, headers: { x: 'x'.repeat(20_000) } }, 'too-large'],
  ] as const)('has no answer from %s', async (_what, answer, cause) => {
    receiver.answerWith(answer);
    const { send } = senderTo(receiver.url, cause === 'time-out' ? { attemptMs: 500 } : {});
    expect(await send()).toMatchObject({ kind: 'no-answer', cause });
  });

  it('has no answer where a connection is refused, a name is unknown or TLS is not spoken', async () => {
    const refused = `http://127.0.0.1:${await freePort()}/`;
    expect(await senderTo(refused).send()).toMatchObject({ kind: 'no-answer', cause: 'connect' });
    const unknown: Resolve = () => Promise.reject(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }));
    const nobody = senderTo('http://nobody.test/', { connections: { resolve: unknown } });
    expect(await nobody.send()).toMatchObject({ kind: 'no-answer', cause: 'dns', message: 'ENOTFOUND' });
    const empty = senderTo('http://nobody.test/', { connections: { resolve: () => Promise.resolve([]) } });
    expect(await empty.send()).toMatchObject({ kind: 'no-answer', cause: 'dns' });
    const tls = receiver.url.replace('http:', 'https:');
    expect(await senderTo(tls).send()).toMatchObject({ kind: 'no-answer', cause: 'tls' });
  });

  it('has no answer where the connection ends before one', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.destroy()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      server.close();
      await once(server, 'close');
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await senderTo(url).send()).toMatchObject({ kind: 'no-answer', cause: 'reset' });
  });

  it('speaks TLS with the host that the certificate names, and with no other', async () => {
    const bodies: string[] = [];
    const server: TlsServer = createTlsServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, (request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
      response.end('taken');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    });
    const { port } = server.address() as AddressInfo;
    const trusting = { resolve: toThisMachine, ca: CERTIFICATE };
    const hooks = senderTo(`https://hooks.test:${port}/`, { connections: trusting });
    expect(await hooks.send()).toMatchObject({ kind: 'answered', status: 200, answer: 'taken' });
    expect(bodies).toEqual([hooks.message.body]);
    const other = senderTo(`https://other.test:${port}/`, { connections: trusting });
    expect(await other.send()).toMatchObject({ kind: 'no-answer', cause: 'tls' });
    const untrusted = senderTo(`https://hooks.test:${port}/`, { connections: { resolve: toThisMachine } });
    expect(await untrusted.send()).toMatchObject({ kind: 'no-answer', cause: 'tls' });
    expect(bodies).toHaveLength(1);
  });

  it('ends with the reason of its signal, before and while it sends', async () => {
    const { sender, message } = senderTo(receiver.url, { attemptMs: 60_000 });
    const over = new Error('over');
    await expect(sender.send(message, AbortSignal.abort(over))).rejects.toBe(over);
    expect(receiver.connections).toBe(0);
    const ending = new AbortController();
    receiver.answerWith(() => {
      ending.abort(over);
      return { kind: 'silence' };
    });
    await expect(sender.send(message, ending.signal)).rejects.toBe(over);
  });

  it('keeps the connection of an endpoint, and never lends it to another', async () => {
    const { sender, message, send } = senderTo(receiver.url);
    for (let times = 0; times < 6; times++) await send();
    // A request that follows at once may still find the first connection busy.
    const before = receiver.connections;
    expect(before).toBeLessThanOrEqual(2);
    const id = 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDF' as EndpointId;
    await sender.send({ ...message, endpoint: anEndpoint({ url: receiver.url, id }) }, signal);
    expect(receiver.connections).toBe(before + 1);
  });

  it('has connections for a bounded number of endpoints, and closes those that are idle first', async () => {
    const { sender, agents, message } = senderTo(receiver.url, { mostAgents: 2 });
    const sendAs = (last: string) =>
      sender.send(
        {
          ...message,
          endpoint: anEndpoint({ url: receiver.url, id: `whe_01JQ7ZC8M4T5V6W7X8Y9ZABCD${last}` as EndpointId }),
        },
        signal,
      );
    const results = await Promise.all(['A', 'B', 'C', 'D'].map(sendAs));
    expect(results.map(({ kind }) => kind)).toEqual(['answered', 'answered', 'answered', 'answered']);
    expect(agents.size).toBe(2);
    const before = receiver.connections;
    await sendAs('A');
    expect([agents.size, receiver.connections]).toEqual([2, before + 1]);
  });

  it('signs each attempt with its own time', async () => {
    const { sender, message } = senderTo(receiver.url);
    await sender.send(message, signal);
    const later = new Date(Date.parse(message.at) + 5_000).toISOString() as typeof message.at;
    await sender.send({ ...message, at: later }, signal);
    const [first, second] = receiver.received.map(({ headers }) => headers);
    expect(second?.['webhook-id']).toBe(first?.['webhook-id']);
    expect(Number(second?.['webhook-timestamp']) - Number(first?.['webhook-timestamp'])).toBe(5);
    expect(second?.['webhook-signature']).not.toBe(first?.['webhook-signature']);
    const secret = message.endpoint.secrets[0]?.key ?? '';
    for (const headers of [first, second]) {
      expect(() => new Webhook(secret).verify(message.body, headers as Record<string, string>)).not.toThrow();
    }
  });
});
