import { describe, expect, it } from 'vitest';
import { parsePlace } from './mcp-http.js';

describe('where the server listens', () => {
  it.each([
    ['8090', { host: '127.0.0.1', port: 8090 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:8090', { host: '::1', port: 8090 }],
  ])('is on this machine for %s', (text, place) => {
    expect(parsePlace(text, [])).toEqual({ ...place, names: [] });
  });

  it('is reached from elsewhere only by names that are said', () => {
    for (const text of ['0.0.0.0:8090', '[::]:8090', 'mcp.example.com:8090']) {
      expect(() => parsePlace(text, [])).toThrow('--host-name');
      expect(parsePlace(text, ['mcp.example.com']).port).toBe(8090);
    }
  });

  it.each(['', 'x', '70000', 'a:b:1', ':8090', '127.0.0.1:'])('is nowhere for %j', (text) => {
    expect(() => parsePlace(text, ['x'])).toThrow('[host:]port');
  });
});
