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
  fault: boolean;
  /** Repeated for a read, and for a command or create. */
  repeated: readonly [boolean, boolean];
}[] = [
  { what: 'an answer', attempt: { kind: 'answered', answer: null }, fault: false, repeated: [false, false] },
  {
    what: 'not found',
    attempt: refused(new NovitaNotFoundError('', context)),
    fault: false,
    repeated: [false, false],
  },
  {
    what: 'another 4xx',
    attempt: refused(new NovitaInvalidRequestError('', context)),
    fault: false,
    repeated: [false, false],
  },
  {
    what: 'a 429, which did nothing',
    attempt: refused(new NovitaRateLimitedError('', context)),
    fault: false,
    repeated: [true, true],
  },
  {
    what: 'an answer that cannot be read, of a request that took effect',
    attempt: refused(new NovitaMalformedAnswerError('', context)),
    fault: false,
    repeated: [true, false],
  },
  {
    what: 'a 5xx',
    attempt: { kind: 'fault', error: new NovitaServerFaultError('', context), unsent: false },
    fault: true,
    repeated: [true, false],
  },
  {
    what: 'a timeout',
    attempt: { kind: 'fault', error: new NovitaTimeoutError('', context), unsent: false },
    fault: true,
    repeated: [true, false],
  },
  {
    what: 'a reset',
    attempt: { kind: 'fault', error: new NovitaNetworkError('', context), unsent: false },
    fault: true,
    repeated: [true, false],
  },
  {
    what: 'a refused connection',
    attempt: { kind: 'fault', error: new NovitaNetworkError('', context), unsent: true },
    fault: true,
    repeated: [true, true],
  },
  {
    what: "a caller's abort",
    attempt: { kind: 'unproven', error: new Error('enough'), probe: false },
    fault: false,
    repeated: [false, false],
  },
  {
    what: "a caller's abort of the probe",
    attempt: { kind: 'unproven', error: new Error('enough'), probe: true },
    fault: true,
    repeated: [false, false],
  },
];

describe.each(TABLE)('$what', ({ attempt, fault, repeated }) => {
  it('counts against the service or not', () => {
    expect(countsAgainstService(attempt)).toBe(fault);
  });

  it('may be repeated or not', () => {
    expect(mayRepeat('read', attempt)).toBe(repeated[0]);
    expect(mayRepeat('command', attempt)).toBe(repeated[1]);
    expect(mayRepeat('create', attempt)).toBe(repeated[1]);
  });
});
