import { describe, expect, it } from 'vitest';
import { isStoreAway, ProblemError, problemOf, problemText, unreachable } from './problem.js';

/** @param {Partial<ConstructorParameters<typeof ProblemError>[0]>} problem */
const problem = (problem) => new ProblemError({ code: 'x', status: 409, title: 'The title', ...problem });

describe('problemText', () => {
  it('says what happened and what to do', () => {
    const error = problem({ code: 'instance-busy', detail: 'cannot start ins_1: it is deleting' });
    expect(problemText(error)).toBe('Another command is under way for this instance. Wait until it is finished.');
  });

  it('says what the API says where that names what the page does not know', () => {
    const error = problem({ code: 'unknown-product', detail: 'No such product: "RTX 49"', nearest: ['RTX 4090'] });
    expect(problemText(error)).toBe('No such product: "RTX 49". Did you mean RTX 4090? Choose another GPU.');
  });

  it('names the fields at violation', () => {
    const error = problem({ code: 'validation-failed', errors: [{ pointer: '/ports/0', detail: 'must be free' }] });
    expect(problemText(error)).toBe(
      'Some values are not valid: Ports 1 must be free. Correct the values and try again.',
    );
  });

  it('has no advice for a code that it does not know', () => {
    expect(problemText(problem({ detail: 'the moon is in the way' }))).toBe('The moon is in the way.');
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
    const body = { code: 'rate-limited', title: 'Too many requests' };
    expect(problemText(problemOf(response, body))).toBe(`Too many requests came with this key. ${advice}`);
  });
});

it('tells a store that is away from all else that may fail', () => {
  const problem = (/** @type {string} */ code) => new ProblemError({ code, status: 503, title: '' });
  const away = [problem('degraded'), problem('dependency-unavailable')];
  expect([...away, problem('api-unreachable'), new Error('x'), null].map(isStoreAway)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
