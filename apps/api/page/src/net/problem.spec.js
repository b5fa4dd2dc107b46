import { describe, expect, it } from 'vitest';
import { ProblemError, problemOf, problemText, unreachable } from './problem.js';

/** @param {Partial<ConstructorParameters<typeof ProblemError>[0]>} problem */
const problem = (problem) => new ProblemError({ code: 'x', status: 409, title: 'The title', ...problem });

describe('problemText', () => {
  it('says what happened and what to do', () => {
    const error = problem({ detail: 'it is being deleted', suggestion: 'Wait until it is gone.' });
    expect(problemText(error)).toBe('It is being deleted. Wait until it is gone.');
  });

  it('names the fields at violation', () => {
    const error = problem({ title: 'Not valid', errors: [{ pointer: '/ports/0', detail: 'must be free' }] });
    expect(problemText(error)).toBe('Not valid: ports 0 must be free.');
  });

  it('makes do with a title', () => {
    expect(problemText(problem({}))).toBe('The title.');
  });

  it('distinguishes an API that does not answer from a mistake of the page', () => {
    expect(problemText(unreachable())).toMatch(/^The API cannot be reached\. Check/);
    expect(problemText(new TypeError('x is not a function'))).toMatch(/^Something went wrong in this page/);
  });

  it.each([
    ['12', 'Try again after 12 s.'],
    [null, 'Try again after a while.'],
    ['Sun, 22 Nov 2026 12:00:00 GMT', 'Try again after a while.'],
  ])('has the time of Retry-After %s in it, which nobody sees on the page', (retryAfter, advice) => {
    const response = new Response('', {
      status: 503,
      headers: retryAfter === null ? {} : { 'retry-after': retryAfter },
    });
    const body = { code: 'x', title: 'Away', suggestion: 'Try again after the time in Retry-After.' };
    expect(problemText(problemOf(response, body))).toBe(`Away. ${advice}`);
  });
});
