import { ReplyError } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../instance-store.port.js';
import { isUnknownScript, storeError } from './store-error.js';

const reply = (message: string): Error => new ReplyError(message) as Error;

describe('storeError', () => {
  it.each([
    new Error('Connection is closed.'),
    new Error('Command timed out'),
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    reply('LOADING Redis is loading the dataset in memory'),
    reply("READONLY You can't write against a read only replica."),
    reply("OOM command not allowed when used memory > 'maxmemory'."),
  ])('takes "$message" for an outage', (error) => {
    const known = storeError(error);
    expect(known).toBeInstanceOf(StoreUnavailableError);
    expect((known as Error).cause).toBe(error);
  });

  it.each([
    reply('ERR user_script:3: attempt to index a nil value'),
    reply('WRONGTYPE Operation against a key'),
    'text',
  ])('leaves %s as it is', (error) => {
    expect(storeError(error)).toBe(error);
  });
});

it('knows a forgotten script', () => {
  expect(isUnknownScript(reply('NOSCRIPT No matching script. Please use EVAL.'))).toBe(true);
  expect(isUnknownScript(reply('ERR NOSCRIPT'))).toBe(false);
});
