import { describe, expect, it } from 'vitest';
import { problemOfHttpError } from './http-errors.js';

const withCode = (message: string, code: string): Error => Object.assign(new Error(message), { code });

describe('errors of the HTTP server', () => {
  it('take a client that went away in the middle of its body for that, and no other lost connection', () => {
    expect(problemOfHttpError(withCode('aborted', 'ECONNRESET'))).toMatchObject({ type: { code: 'bad-request' } });
    expect(problemOfHttpError(withCode('read ECONNRESET', 'ECONNRESET'))).toBeNull();
    expect(problemOfHttpError(new Error('aborted'))).toBeNull();
  });
});
