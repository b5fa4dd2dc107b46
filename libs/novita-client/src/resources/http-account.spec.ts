import { describe, expect, it } from 'vitest';
import { UnreadableAnswerError } from '../parsing/read-value.js';
import { readBalance, readEndpoint, readJob } from './http-account.js';

describe('the account', () => {
  it('reads a job, with its state as object or text', () => {
    const job = { Id: 'j1', type: 'instanceMigrate', instanceId: 'a', createdAt: '1785780950' };
    expect(readJob({ ...job, state: { state: 'fail', error: 'E', errorMessage: 'no room' } })).toEqual({
      id: 'j1',
      type: 'instanceMigrate',
      state: 'fail',
      errorMessage: 'no room',
      instanceId: 'a',
      createdAt: '2026-08-03T18:15:50.000Z',
    });
    expect(readJob({ ...job, state: 'running' }).state).toBe('running');
  });

  it('reads the balance in its own unit, and refuses one that is no amount', () => {
    expect(
      readBalance({
        availableBalance: '1500000',
        cashBalance: '1000000',
        creditLimit: '500000',
        outstandingInvoices: '0',
      }),
    ).toEqual({ availableUsd: 150, cashUsd: 100, creditLimitUsd: 50, outstandingUsd: 0 });
    expect(() => readBalance({ cashBalance: '1' })).toThrow(UnreadableAnswerError);
  });

  it('reads endpoints', () => {
    expect(readEndpoint({ id: 'e', name: 'serve', state: { state: 'serving' } }).state).toBe('serving');
  });
});
