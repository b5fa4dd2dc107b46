import { describe, expect, it } from 'vitest';
import {
  type NovitaError,
  NovitaInvalidRequestError,
  NovitaMalformedAnswerError,
  NovitaNetworkError,
  NovitaNotFoundError,
  NovitaRateLimitedError,
  NovitaServerFaultError,
  NovitaTimeoutError,
} from '../novita.errors.js';
import { type Attempt, countsAgainstService, mayRepeat } from './attempt.js';

const context = { call: 'GET /clusters' };
const refused = (error: NovitaError): Attempt<never> => ({ kind: 'refused', error });

const TABLE: readonly {
  what: string;
  attempt: Attempt<unknown>;
  counts: boolean;
  /** Repeated for a read, and for a command or create. */
  repeated: readonly [boolean, boolean];
}[] = [
  { what: 'an answer', attempt: { kind: 'answered', answer: null }, counts: false, repeated: [false, false] },
  {
    what: 'not found',
    attempt: refused(new NovitaNotFoundError('', context)),
    counts: false,
    repeated: [false, false],
  },
  {
    what: 'another 4xx',
    attempt: refused(new NovitaInvalidRequestError('', context)),
    counts: false,
    repeated: [false, false],
  },
  {
    what: 'a 429, which did nothing',
    attempt: refused(new NovitaRateLimitedError('', context)),
    counts: false,
    repeated: [true, true],
  },
  {
    what: 'an answer that cannot be read, of a request that took effect',
    attempt: refused(new NovitaMalformedAnswerError('', context)),
    counts: false,
    repeated: [true, false],
  },
  {
    what: 'a 5xx',
    attempt: { kind: 'failed', error: new NovitaServerFaultError('', context), unsent: false },
    counts: true,
    repeated: [true, false],
  },
  {
    what: 'a timeout',
    attempt: { kind: 'failed', error: new NovitaTimeoutError('', context), unsent: false },
    counts: true,
    repeated: [true, false],
  },
  {
    what: 'a reset',
    attempt: { kind: 'failed', error: new NovitaNetworkError('', context), unsent: false },
    counts: true,
    repeated: [true, false],
  },
  {
    what: 'a refused connection',
    attempt: { kind: 'failed', error: new NovitaNetworkError('', context), unsent: true },
    counts: true,
    repeated: [true, true],
  },
  {
    what: "a caller's abort",
    attempt: { kind: 'unproven', error: new Error('enough'), probe: false },
    counts: false,
    repeated: [false, false],
  },
  {
    what: "a caller's abort of the probe",
    attempt: { kind: 'unproven', error: new Error('enough'), probe: true },
    counts: true,
    repeated: [false, false],
  },
];

describe.each(TABLE)('$what', ({ attempt, counts, repeated }) => {
  it('counts against the service or not', () => {
    expect(countsAgainstService(attempt)).toBe(counts);
  });

  it('may be repeated or not', () => {
    expect(mayRepeat('read', attempt)).toBe(repeated[0]);
    expect(mayRepeat('command', attempt)).toBe(repeated[1]);
    expect(mayRepeat('create', attempt)).toBe(repeated[1]);
  });
});
