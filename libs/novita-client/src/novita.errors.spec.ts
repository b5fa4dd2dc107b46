import { describe, expect, it } from 'vitest';
import { causeOf, NovitaNetworkError, NovitaServerFaultError, NovitaUnauthorizedError } from './novita.errors.js';

const refused = (call: string, httpStatus?: number): NovitaUnauthorizedError =>
  new NovitaUnauthorizedError(`${call} answered ${httpStatus}`, {
    call,
    ...(httpStatus === undefined ? {} : { httpStatus }),
  });

describe('the cause of an error of Novita', () => {
  it('is the same for every call that is refused for its key', () => {
    expect([refused('GET /clusters', 401), refused('GET /jobs', 401)].map(causeOf)).toEqual([
      'Novita refuses NOVITA_API_KEY',
      'Novita refuses NOVITA_API_KEY',
    ]);
    expect(causeOf(refused('GET /jobs'))).toBe('NOVITA_API_KEY is not set');
  });

  it('names the call where a right may be lacking for it alone', () => {
    expect(causeOf(refused('GET /jobs', 403))).toBe('GET /jobs answered 403');
  });

  it('names what the network says', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' });
    expect(causeOf(new NovitaNetworkError('GET /jobs failed: ECONNREFUSED', { call: 'GET /jobs', cause }))).toBe(
      'Novita cannot be reached: ECONNREFUSED',
    );
  });

  it('is the message for the rest', () => {
    expect(causeOf(new NovitaServerFaultError('GET /jobs answered 500', { call: 'GET /jobs' }))).toBe(
      'GET /jobs answered 500',
    );
  });
});
