import { once } from 'node:events';
import { type AddressInfo, createServer, connect as netConnect, type Server } from 'node:net';
import { WebhookReceiver } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectorOptions, Resolve } from '../src/send/guarded-connector.js';
import { anEndpoint, senderWith } from './support/senders.js';

/** What each name resolves to, as a resolver of an attacker answers. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'loopback.test': ['127.0.0.1'],
  'loopback.test.': ['127.0.0.1'],
  '127.0.0.1.nip.test': ['127.0.0.1'],
  'loopback6.test': ['::1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'compatible.test': ['::127.0.0.1'],
  'nat64.test': ['64:ff9b::7f00:1'],
  '6to4.test': ['2002:7f00:1::'],
  'unspecified.test': ['0.0.0.0'],
  'unspecified6.test': ['::'],
  'ten.test': ['10.0.0.1'],
  'unique-local.test': ['fd00::1'],
  'link-local.test': ['fe80::1'],
  'zone.test': ['fe80::1%lo'],
  'public-zone.test': ['2606:4700:4700::1111%1'],
  'xn--mnchen-3ya.test': ['10.0.0.1'],
  'metadata.test': ['169.254.169.254'],
  'azure.test': ['168.63.129.16'],
  'mixed.test': ['93.184.216.34', '127.0.0.1'],
  'mixed6.test': ['2606:4700:4700::1111', '::1'],
};

/** Where `PORT` is that of the listener. */
const HOSTILE = [
  // Loopback, in every form that some parser takes for it.
  'http://127.0.0.1:PORT/',
  'http://127.0.0.2:PORT/',
  'http://127.255.255.254:PORT/',
  'http://127.1:PORT/',
  'http://127.0.1:PORT/',
  'http://127.0.0.1.:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f000001:PORT/',
  'http://0x7F000001.:PORT/',
  'http://0x7f.0.0.1:PORT/',
  'http://0x7f.1:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://0177.1:PORT/',
  'http://017700000001:PORT/',
  'http://１２７.０.０.１:PORT/',
  'http://①②⑦.⓪.⓪.①:PORT/',
  'http://127。0。0。1:PORT/',
  'http://%31%32%37.0.0.1:PORT/',
  'https://127.0.0.1:PORT/',
  'http://[::1]:PORT/',
  'http://[0:0:0:0:0:0:0:1]:PORT/',
  'http://localhost:PORT/',
  'http://localhost..:PORT/',
  'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/',
  'http:\\\\127.0.0.1:PORT\\',
  'http://LocalHost.:PORT/',
  'http://x.localhost:PORT/',
  // This machine without its name.
  'http://0:PORT/',
  'http://0.0.0.0:PORT/',
  'http://[::]:PORT/',
  // An IPv4 address within IPv6.
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[::127.0.0.1]:PORT/',
  'http://[::ffff:0:127.0.0.1]:PORT/',
  'http://[64:ff9b::127.0.0.1]:PORT/',
  'http://[64:ff9b:1::7f00:1]:PORT/',
  'http://[2002:7f00:1::]:PORT/',
  'http://[2001:0:7f00:1::]:PORT/',
  // Private networks and what nobody has.
  'http://0.1.2.3:PORT/',
  'http://10.0.0.1:PORT/',
  'http://172.16.0.1:PORT/',
  'http://192.168.0.1:PORT/',
  'http://100.64.0.1:PORT/',
  'http://192.0.0.8:PORT/',
  'http://192.88.99.1:PORT/',
  'http://198.18.0.1:PORT/',
  'http://224.0.0.1:PORT/',
  'http://255.255.255.255:PORT/',
  'http://[fc00::1]:PORT/',
  'http://[fe80::1]:PORT/',
  'http://[fe80::1%25lo]:PORT/',
  'http://[fec0::1]:PORT/',
  'http://[ff02::1]:PORT/',
  // Credentials of clouds.
  'http://169.254.169.254/latest/meta-data/',
  'http://2852039166/',
  'http://0xA9FEA9FE/',
  'http://0251.0376.0251.0376/',
  'http://[::ffff:169.254.169.254]/',
  'http://[fd00:ec2::254]/',
  'http://[fd00:ec2::23]/',
  'http://[fd20:ce::254]/',
  'http://100.100.100.200/',
  'http://192.0.0.192/',
  'http://168.63.129.16/',
  // Ports that are none.
  'http://127.0.0.1:0/',
  'http://93.184.216.34:65536/',
  // A user name that looks like the host, and other schemes.
  'http://user:secret@93.184.216.34:PORT/',
  'http://93.184.216.34@127.0.0.1:PORT/',
  'http://hooks.example.com%2f@127.0.0.1:PORT/',
  'http://hooks.example.com#@127.0.0.1:PORT/',
  'ftp://127.0.0.1:PORT/',
  'file:///etc/passwd',
  'unix:/var/run/docker.sock',
  ...Object.keys(NAMES).map((name) => `http://${name}:PORT/`),
  'https://loopback.test:PORT/',
];

/** Counts what arrives at any address of this machine. */
class Listener {
  connections = 0;
  bytes = 0;
  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.connections += 1;
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        this.bytes += chunk.length;
      });
    });
  }

  static async start(): Promise<Listener> {
    const server = createServer();
    const listener = new Listener(server);
    server.listen(0);
    await once(server, 'listening');
    return listener;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }
}

const resolveHostile: Resolve = (name) => {
  const addresses = NAMES[name];
  if (addresses === undefined) return Promise.reject(new Error(`unknown name ${name}`));
  return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
};

describe('hostile addresses', () => {
  let listener: Listener;

  beforeAll(async () => {
    listener = await Listener.start();
  });
  afterAll(async () => {
    await listener.stop();
  });
  beforeEach(() => {
    listener.connections = 0;
    listener.bytes = 0;
  });

  const signal = new AbortController().signal;
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });

  function send(url: string, connections: Partial<ConnectorOptions> = {}, allowPrivate = false, attemptMs = 10_000) {
    const { sender, message } = senderWith({ connections, allowPrivate, attemptMs });
    closers.push(() => sender.onApplicationShutdown());
    return sender.send({ ...message, endpoint: anEndpoint({ url }) }, signal);
  }

  it('are at least sixty', () => {
    expect(new Set(HOSTILE).size).toBeGreaterThanOrEqual(60);
  });

  it.each(HOSTILE)('%s is never connected to', async (template) => {
    const url = template.replace('PORT', String(listener.port));
    const result = await send(url, { resolve: resolveHostile });
    expect(result).toMatchObject({ kind: 'forbidden-address' });
    expect(listener.connections).toBe(0);
  });

  it('would be connected to if they were allowed, so that the listener would have noticed', async () => {
    const result = await send(`http://127.0.0.1:${listener.port}/`, {}, true, 1_000).catch(() => null);
    expect(result).toMatchObject({ kind: 'no-answer', cause: 'time-out' });
    expect(listener.connections).toBe(1);
    expect(listener.bytes).toBeGreaterThan(0);
  });

  it.each(['http', 'https'])(
    'gain nothing over %s from a name that changes between the check and the connection: no byte is written',
    async (scheme) => {
      const result = await send(`${scheme}://rebinding.test:${listener.port}/`, {
        resolve: () => Promise.resolve([{ address: '93.184.216.34', family: 4 }]),
        // Whatever was checked, the connection leads to this machine.
        dial: (_host, port, lookup) =>
          netConnect({
            host: 'rebinding.test',
            port,
            autoSelectFamily: false,
            lookup: (name, options, callback) => lookup(name, options, (error) => callback(error, '127.0.0.1', 4)),
          }),
      });
      expect(result).toMatchObject({ kind: 'forbidden-address' });
      expect(result).toHaveProperty('message', expect.stringContaining('was connected to 127.0.0.1'));
      expect(listener.bytes).toBe(0);
    },
  );

  it('are found out when a name that was public resolves to one at the next connection', async () => {
    const answers = ['93.184.216.34', '127.0.0.1'];
    const asked: string[] = [];
    const dialled: string[] = [];
    const connections: Partial<ConnectorOptions> = {
      resolve: (name) => {
        asked.push(name);
        return Promise.resolve([{ address: answers[asked.length - 1] ?? '127.0.0.1', family: 4 }]);
      },
      dial: (host, port, lookup) =>
        netConnect({
          host,
          port,
          autoSelectFamily: false,
          lookup: (name, options, callback) =>
            lookup(name, options, (error, address) => {
              if (error === null && typeof address === 'string') dialled.push(address);
              // A test connects to nobody else's machine.
              callback(error ?? new Error('not connected'), address);
            }),
        }),
    };
    const { sender, message } = senderWith({ connections, allowPrivate: false });
    closers.push(() => sender.onApplicationShutdown());
    const endpoint = anEndpoint({ url: `http://rebinding.test:${listener.port}/` });
    expect(await sender.send({ ...message, endpoint }, signal)).toMatchObject({ kind: 'no-answer', cause: 'connect' });
    expect(await sender.send({ ...message, endpoint }, signal)).toMatchObject({ kind: 'forbidden-address' });
    expect([asked.length, dialled, listener.connections]).toEqual([2, ['93.184.216.34'], 0]);
  });

  it.each([301, 302, 303, 307, 308])('are not reached by a redirect with %i', async (status) => {
    const receiver = await WebhookReceiver.start();
    closers.push(() => receiver.close());
    const location = `http://127.0.0.1:${listener.port}/`;
    receiver.answerWith({ kind: 'status', status, headers: { location } });
    expect(await send(receiver.url, {}, true)).toMatchObject({ kind: 'answered', status });
    expect([receiver.received.length, listener.connections]).toEqual([1, 0]);
  });
});
