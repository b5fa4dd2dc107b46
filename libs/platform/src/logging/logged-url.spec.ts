import { describe, expect, it } from 'vitest';
import { loggedUrl } from './logged-url.js';
import { requestIdFor } from './request-id.js';

describe('loggedUrl', () => {
  it.each([
    ['/api/v1/instances', '/api/v1/instances'],
    ['/x?limit=5&status=ready', '/x?limit=5&status=ready'],
    ['/x?api_key=abc&limit=5&accessToken=d', '/x?api_key=[redacted]&limit=5&accessToken=[redacted]'],
    ['/x?token', '/x?token'],
  ])('%s', (url, logged) => {
    expect(loggedUrl(url)).toBe(logged);
  });

  it('is cut', () => {
    expect(loggedUrl(`/${'a'.repeat(9_000)}`)).toHaveLength(500);
    expect(loggedUrl(`/?${'a=b&'.repeat(9_000)}`).length).toBeLessThanOrEqual(500);
  });
});

describe('requestIdFor', () => {
  it.each(['a', 'Req-1._x', 'x'.repeat(64)])('takes over %s', (id) => {
    expect(requestIdFor({ headers: { 'x-request-id': id } })).toBe(id);
  });

  it.each(['', 'x'.repeat(65), 'a b', 'a\n', 'ä', '<script>'])('makes a new one instead of %j', (id) => {
    expect(requestIdFor({ headers: { 'x-request-id': id } })).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('makes a new one each time', () => {
    expect(requestIdFor({ headers: {} })).not.toBe(requestIdFor({ headers: {} }));
  });
});
