import { describe, expect, it } from 'vitest';
import { Violation } from '../../config/setting-kinds.js';
import { basePath, parseBasePath, type TrustedProxies, trustedProxies } from '../http-setting-kinds.js';
import { Forwarding } from './forwarding.js';

const forwarding = (BASE_PATH: string | null, TRUST_PROXY: TrustedProxies | null = null): Forwarding =>
  new Forwarding({ BASE_PATH, TRUST_PROXY });

const request = (url: string, prefix?: string, remoteAddress = '10.1.2.3'): Parameters<Forwarding['routedUrl']>[0] => ({
  url,
  headers: prefix === undefined ? {} : { 'x-forwarded-prefix': prefix },
  socket: { remoteAddress },
});

describe('the path below which a proxy shows the service', () => {
  it.each([
    ['/fleet/api/v1/instances?limit=1', '/api/v1/instances?limit=1'],
    ['/api/v1/instances', '/api/v1/instances'],
    ['/fleet', '/'],
    ['/fleet?status=ready', '/?status=ready'],
    ['/fleet/', '/'],
    ['/fleets', '/fleets'],
    ['/', '/'],
  ])('is taken from %s', (url, routed) => {
    expect(forwarding('/fleet').routedUrl(request(url))).toBe(routed);
  });

  it('is believed of a trusted proxy alone', () => {
    const proxies = ['10.0.0.0/8', '::1'];
    expect(forwarding(null, proxies).prefixOf(request('/', '/fleet'))).toBe('/fleet');
    expect(forwarding(null, proxies).prefixOf(request('/', '/fleet', '::ffff:10.1.2.3'))).toBe('/fleet');
    expect(forwarding(null, proxies).prefixOf(request('/', '/fleet', '192.0.2.1'))).toBe('');
    expect(forwarding(null, 1).prefixOf(request('/', '/fleet', '192.0.2.1'))).toBe('/fleet');
    expect(forwarding('/own', null).prefixOf(request('/', '/fleet'))).toBe('/own');
  });

  it('is put together of what each proxy took away', () => {
    expect(forwarding(null, 2).prefixOf(request('/', '/tools, /fleet/'))).toBe('/tools/fleet');
    expect(forwarding(null, 2).routedUrl(request('/tools/fleet/instances/ins_1', '/tools, /fleet/'))).toBe(
      '/instances/ins_1',
    );
  });

  it.each([
    '//evil.example',
    'https://evil.example',
    '/a"b',
    '/../x',
    '/api',
    '/docs/x',
    '/instances',
    '/cluster',
    '',
    '/',
  ])('is not %j', (text) => {
    expect(parseBasePath(text)).toBeNull();
    expect(forwarding(null, 1).prefixOf(request('/', text))).toBe('');
    expect(basePath.parse(text)).toBeInstanceOf(Violation);
  });
});

describe('TRUST_PROXY', () => {
  it.each([
    ['2', 2],
    ['10.0.0.0/8, 127.0.0.1,fd00::/8', ['10.0.0.0/8', '127.0.0.1', 'fd00::/8']],
  ])('reads %s', (text, value) => {
    expect(trustedProxies.parse(text)).toEqual(value);
  });

  it.each(['0', '11', 'true', 'nginx', '10.0.0.0/33', '0.0.0.0/0', '10.0.0.1/8/8', '::/129', ','])(
    'refuses %s',
    (text) => {
      expect(trustedProxies.parse(text)).toBeInstanceOf(Violation);
    },
  );
});
