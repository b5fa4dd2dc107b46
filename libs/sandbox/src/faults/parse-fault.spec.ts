import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidFaultError, parseFault } from './parse-fault.js';

const OPERATIONS = new Set(['getInstance', 'listInstances']);
const parse = (value: unknown) => parseFault(value, OPERATIONS);

describe('parseFault', () => {
  it.each([
    { kind: 'latency', ms: 5, operation: '*', times: 3 },
    { kind: 'error', status: 429, reason: 'RATE_LIMIT_EXCEEDED', message: 'm', retryAfterSeconds: 2 },
    { kind: 'succeed-then-500', operation: 'getInstance' },
    { kind: 'malformed', body: 'item', page: 3 },
    { kind: 'vanish', ids: ['a'] },
    { kind: 'vanish', percent: 50, from: 'lists' },
    { kind: 'stuck', status: 'stopping', nameContains: 'x' },
    { kind: 'port-silent', port: 8080, answer: 'nothing' },
  ])('accepts $kind', (fault) => {
    expect(parse(fault)).toEqual(fault);
  });

  it.each<[string, unknown]>([
    ['a fault is an object', 'hang'],
    ['unknown kind', { kind: 'toString' }],
    ['unknown kind', {}],
    ['has no field ms', { kind: 'hang', ms: 5 }],
    ['ms is required', { kind: 'list-lag' }],
    ['ms must be a number', { kind: 'latency', ms: -1 }],
    ['ms must be a number', { kind: 'latency', ms: Number.NaN }],
    ['ms must be a number', { kind: 'latency', ms: '5' }],
    ['status must be a number from 400 to 599', { kind: 'error', status: 200, reason: 'R', message: 'm' }],
    ['body must be one of', { kind: 'malformed', body: 'xml' }],
    ['status must be one of', { kind: 'stuck', status: 'ready' }],
    ['times has no meaning for stuck', { kind: 'stuck', status: 'pulling', times: 1 }],
    ['either percent or ids', { kind: 'vanish' }],
    ['either percent or ids', { kind: 'vanish', percent: 1, ids: [] }],
    ['ids must be a list of strings', { kind: 'vanish', ids: [1] }],
    ['instanceId is required', { kind: 'spot-reclaim' }],
    ['unknown operation', { kind: 'hang', operation: 'nope' }],
  ])('says "%s" of %j', (message, value) => {
    expect(() => parse(value)).toThrow(message);
  });

  it('throws nothing but InvalidFaultError, whatever comes', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => parse(value)).toThrow(InvalidFaultError);
      }),
    );
  });
});
