import { type ApiKey, ApiKeyRing, plainApiKey } from '@app/platform';
import { FakeClock } from '@app/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  endedCookie,
  isSecureCookie,
  QueueSessions,
  type RequestOrigin,
  sessionCookie,
  sessionIn,
} from './queue-session.js';

const ADMIN = plainApiKey('root', 'admin', 'admin-key-0123456789');
const VIEWER = plainApiKey('eyes', 'viewer', 'viewer-key-0123456789');
const HOLDER = { name: 'root', role: 'admin' } as const;

describe('a session', () => {
  let clock: FakeClock;
  let sessions: QueueSessions;
  let token: string;

  const podWith = (...keys: ApiKey[]): QueueSessions => new QueueSessions(new ApiKeyRing(keys, clock), clock);

  beforeEach(() => {
    clock = new FakeClock(Date.UTC(2026, 0, 1, 12));
    sessions = podWith(ADMIN, VIEWER);
    token = sessions.open(HOLDER);
  });

  it("is known to be its holder's, by every process that has the key", () => {
    expect(sessions.holderOf(token)).toEqual(HOLDER);
    expect(podWith(VIEWER, ADMIN).holderOf(token)).toEqual(HOLDER);
  });

  it('does not reveal the key', () => {
    expect(token).toMatch(/^root\.\d+\.[\w-]{43}$/);
    expect(token).not.toContain('admin-key-0123456789');
  });

  it('is over after an hour, to the second', () => {
    clock.advance(3_599_999);
    expect(sessions.holderOf(token)).toEqual(HOLDER);
    clock.advance(1);
    expect(sessions.holderOf(token)).toBeNull();
  });

  it.each([
    ['removed', [VIEWER]],
    ['changed', [plainApiKey('root', 'admin', 'another-key-0123456789'), VIEWER]],
    ['given to another name', [{ ...ADMIN, name: 'boss' }, VIEWER]],
  ])('ends when its key is %s', (_what, keys) => {
    expect(podWith(...keys).holderOf(token)).toBeNull();
  });

  it('has the role that its key has now', () => {
    expect(podWith({ ...ADMIN, role: 'viewer' }).holderOf(token)).toEqual({ name: 'root', role: 'viewer' });
  });

  it("cannot be made longer, or another's", () => {
    const [name = '', ends = '', code = ''] = token.split('.');
    for (const forged of [
      `${name}.${Number(ends) + 1}.${code}`,
      `eyes.${ends}.${code}`,
      `${name}.${ends}.${code.slice(0, -1)}`,
      `${name}.${ends}.${'A'.repeat(43)}`,
      `${name}.${ends}.`,
      `${name}.0${ends}.${code}`,
      token.toUpperCase(),
      `${token}.x`,
      ` ${token}`,
      '',
    ]) {
      expect([forged, sessions.holderOf(forged)]).toEqual([forged, null]);
    }
  });

  it("is nobody's when anything in it is changed", () => {
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'abzAZ059-_.'), (place, character) => {
        fc.pre(token[place] !== character);
        const changed = token.slice(0, place) + character + token.slice(place + 1);
        // The last character of a code has two bits that mean nothing.
        fc.pre(place !== token.length - 1);
        expect(sessions.holderOf(changed)).toBeNull();
      }),
    );
  });

  it('is no seal for another purpose', () => {
    const [, ends = ''] = token.split('.');
    const seal = new ApiKeyRing([ADMIN]).seal('root', `root\n${ends}`)?.code.toString('base64url');
    expect(sessions.holderOf(`root.${ends}.${seal}`)).toBeNull();
  });
});

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
