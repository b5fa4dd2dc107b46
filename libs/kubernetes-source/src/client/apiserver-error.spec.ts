import { describe, expect, it } from 'vitest';
import { type ApiserverErrorKind, errorOfAnswer, errorOfEvent } from './apiserver-error.js';

const NOW = Date.UTC(2026, 0, 1);

describe('errors of an apiserver', () => {
  it.each<[number, unknown, ApiserverErrorKind]>([
    [410, { reason: 'Expired' }, 'gone'],
    [504, { reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } }, 'too-large-version'],
    [504, { reason: 'Timeout', message: 'Timeout: Too large resource version: 9, current: 7' }, 'too-large-version'],
    [504, { reason: 'Timeout' }, 'server'],
    [401, {}, 'unauthorized'],
    [403, {}, 'forbidden'],
    [404, {}, 'absent'],
    [429, {}, 'throttled'],
    [422, { reason: 'Invalid' }, 'invalid'],
    [400, 'no JSON', 'invalid'],
    [500, { details: { causes: 'none' } }, 'server'],
    [503, null, 'server'],
  ])('%i %o is %s', (status, body, kind) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(errorOfAnswer(status, null, text, NOW).kind).toBe(kind);
  });

  it('takes the wait from the header before the one in the body, and no more than five minutes', () => {
    const body = JSON.stringify({ details: { retryAfterSeconds: 3 } });
    expect(errorOfAnswer(429, null, body, NOW).retryAfterMs).toBe(3_000);
    expect(errorOfAnswer(429, '5', body, NOW).retryAfterMs).toBe(5_000);
    expect(errorOfAnswer(503, 'Thu, 01 Jan 2026 00:00:09 GMT', '', NOW).retryAfterMs).toBe(9_000);
    expect(errorOfAnswer(429, '86400', '', NOW).retryAfterMs).toBe(300_000);
    expect(errorOfAnswer(500, null, '', NOW).retryAfterMs).toBeNull();
  });

  it('says what the server said, but no page for browsers', () => {
    expect(errorOfAnswer(429, '1', 'Too many requests, please try again later.\n', NOW).message).toBe(
      '429 Too many requests, please try again later.',
    );
    expect(errorOfAnswer(502, null, '<html>Bad gateway</html>', NOW).message).toBe('502');
    expect(errorOfAnswer(403, null, '{"message":"pods is forbidden"}', NOW).message).toBe('403 pods is forbidden');
  });

  it('reads an ERROR event by what its Status says', () => {
    expect(errorOfEvent({ code: 410, reason: 'Gone', message: 'too old\nresource version' })).toMatchObject({
      kind: 'gone',
      message: '410 too old resource version',
    });
    expect(errorOfEvent({ reason: 'Expired' }).kind).toBe('gone');
    expect(errorOfEvent(null).kind).toBe('server');
  });
});
