import { describe, expect, it } from 'vitest';
import { endedCookie, isSecureCookie, type RequestOrigin, sessionCookie, sessionIn } from './session-cookie.js';

describe('the cookie of a session', () => {
  it('goes to the board alone, and is out of reach of scripts and other sites', () => {
    expect(sessionCookie('ops.1.x', false, '')).toBe(
      'novita_fleet_queues=ops.1.x; Max-Age=3600; Path=/admin/queues; HttpOnly; SameSite=Strict',
    );
    expect(sessionCookie('ops.1.x', true, '')).toMatch(/; Secure$/);
  });

  it('is forgotten under the same name and path', () => {
    expect(endedCookie(true, '')).toBe(
      'novita_fleet_queues=; Max-Age=0; Path=/admin/queues; HttpOnly; SameSite=Strict; Secure',
    );
  });

  it.each([
    ['novita_fleet_queues=ops.1.x', 'ops.1.x'],
    ['theme=dark; novita_fleet_queues=ops.1.x;other=1', 'ops.1.x'],
    ['novita_fleet_queues=', ''],
    ['not_novita_fleet_queues=x', null],
    ['novita_fleet_queues', null],
    ['', null],
    [undefined, null],
  ])('is found in %j', (header, expected) => {
    expect(sessionIn(header)).toBe(expected);
  });
});

describe('whether a cookie may travel in the clear', () => {
  const LOCAL: RequestOrigin = {
    protocol: 'http',
    forwardedProtocol: undefined,
    hostname: '127.0.0.1',
    isProduction: true,
  };

  it.each<[string, Partial<RequestOrigin>, boolean]>([
    ['on the machine itself', {}, false],
    ['on the machine itself, by name', { hostname: 'localhost' }, false],
    ['on the machine itself, by IPv6', { hostname: '[::1]' }, false],
    ['in development', { hostname: '192.168.1.5', isProduction: false }, false],
    ['over TLS', { protocol: 'https', isProduction: false }, true],
    ['behind something that has ended TLS', { forwardedProtocol: 'https', isProduction: false }, true],
    ['behind two of those', { forwardedProtocol: 'HTTPS, http', isProduction: false }, true],
    ['in production', { hostname: 'fleet.example.com' }, true],
    ['in production, by a name that begins like this machine', { hostname: '127.0.0.1.example.com' }, true],
    ['in production, by a name that ends like this machine', { hostname: 'notlocalhost' }, true],
  ])('%s', (_where, origin, isSecure) => {
    expect(isSecureCookie({ ...LOCAL, ...origin })).toBe(isSecure);
  });
});
