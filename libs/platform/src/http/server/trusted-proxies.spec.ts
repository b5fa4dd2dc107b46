import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrustedProxies } from '../http-setting-kinds.js';
import { createHttpAdapter } from './platform-adapter.js';

const FORWARDED = {
  host: 'own.example',
  'x-forwarded-for': '203.0.113.66, 198.51.100.1, 10.0.0.2',
  'x-forwarded-host': 'spoofed.example, said.example',
  'x-forwarded-proto': 'http, https',
  'x-forwarded-prefix': '/fleet',
};
const PROXY = '10.0.0.1';
const STRANGER = '192.0.2.9';

interface Believed {
  readonly ip: string;
  readonly host: string;
  readonly protocol: string;
  readonly prefix: string;
}

const NOTHING = { host: 'own.example', protocol: 'http', prefix: '' };
const ALL = { host: 'said.example', protocol: 'https', prefix: '/fleet' };

describe.each<[string, TrustedProxies | null, readonly (readonly [from: string, Believed])[]]>([
  [
    'off: nothing, of anybody',
    null,
    [
      [PROXY, { ...NOTHING, ip: PROXY }],
      ['127.0.0.1', { ...NOTHING, ip: '127.0.0.1' }],
    ],
  ],
  [
    'one proxy: what it added last, whoever it is',
    1,
    [
      [PROXY, { ...ALL, ip: '10.0.0.2' }],
      [STRANGER, { ...ALL, ip: '10.0.0.2' }],
    ],
  ],
  ['two proxies: what the outer one added', 2, [[PROXY, { ...ALL, ip: '198.51.100.1' }]]],
  ['more proxies than there are: what the client said itself', 9, [[PROXY, { ...ALL, ip: '203.0.113.66' }]]],
  [
    'a network: the last address that is no proxy, and of a stranger nothing',
    ['10.0.0.0/8'],
    [
      [PROXY, { ...ALL, ip: '198.51.100.1' }],
      ['::ffff:10.0.0.1', { ...ALL, ip: '198.51.100.1' }],
      [STRANGER, { ...NOTHING, ip: STRANGER }],
    ],
  ],
  [
    'one address: what that proxy added, and no further',
    [PROXY, '::1'],
    [
      [PROXY, { ...ALL, ip: '10.0.0.2' }],
      ['::1', { ...ALL, ip: '10.0.0.2' }],
      ['10.0.0.2', { ...NOTHING, ip: '10.0.0.2' }],
    ],
  ],
])('of X-Forwarded-*, TRUST_PROXY believes with %s', (_, trusted, cases) => {
  let server: FastifyInstance;

  beforeAll(async () => {
    server = createHttpAdapter({ BASE_PATH: null, TRUST_PROXY: trusted }).getInstance();
    server.get('/', ({ ip, host, protocol, prefix }): Believed => ({ ip, host, protocol, prefix }));
    await server.ready();
  });
  afterAll(() => server.close());

  async function believed(from: string, headers: Readonly<Record<string, string>> = FORWARDED): Promise<Believed> {
    const answer = await server.inject({ url: '/', remoteAddress: from, headers });
    return JSON.parse(answer.body) as Believed;
  }

  it.each(cases)('from %s', async (from, wanted) => {
    expect(await believed(from)).toEqual(wanted);
    // Without the headers it is the connection that counts.
    expect(await believed(from, { host: 'own.example' })).toEqual({ ...NOTHING, ip: from });
  });
});
