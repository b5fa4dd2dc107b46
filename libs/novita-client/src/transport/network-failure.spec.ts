import { describe, expect, it } from 'vitest';
import { networkFailureOf } from './network-failure.js';

const withProperties = (properties: Record<string, string>): Error => Object.assign(new Error('a message'), properties);
const refused = withProperties({ code: 'ECONNREFUSED', syscall: 'connect' });
const reset = withProperties({ code: 'ECONNRESET', syscall: 'read' });

describe('networkFailureOf', () => {
  it.each([
    ['a refused connection', refused, 'ECONNREFUSED', true],
    ['an unknown name', withProperties({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }), 'ENOTFOUND', true],
    [
      'a connection not made in time',
      withProperties({ code: 'UND_ERR_CONNECT_TIMEOUT' }),
      'UND_ERR_CONNECT_TIMEOUT',
      true,
    ],
    ['every address refused', new AggregateError([refused, refused]), 'ECONNREFUSED', true],
    ['one address that broke later', new AggregateError([refused, reset]), 'ECONNREFUSED', false],
    ['a reset', reset, 'ECONNRESET', false],
    [
      'an unreachable host on an open connection',
      withProperties({ code: 'EHOSTUNREACH', syscall: 'read' }),
      'EHOSTUNREACH',
      false,
    ],
    ['a closed socket', withProperties({ code: 'UND_ERR_SOCKET' }), 'UND_ERR_SOCKET', false],
    ['an end within the TLS handshake', withProperties({ code: 'ECONNRESET' }), 'ECONNRESET', false],
    [
      'a tunnel that the proxy refused',
      Object.assign(new Error('Proxy response (407) !== 200 when HTTP Tunneling'), { code: 'UND_ERR_ABORTED' }),
      'the proxy answered 407',
      true,
    ],
    ['something else', new Error('terminated'), 'terminated', false],
    ['no error at all', 'text', 'unknown', false],
  ])('%s', (_what, error, code, unsent) => {
    expect(networkFailureOf(error)).toEqual({ code, unsent });
  });
});
