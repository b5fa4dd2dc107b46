import { CommandNotSentError } from '@app/redis';
import { ReplyError } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { StoreUnavailableError, WriteOutcomeUnknownError } from '../ports/store-errors.js';
import { instanceIdFromUlid } from '../record/identity.js';
import { orStoreError, orUnknownOutcome } from './keyspace.js';

const ID = instanceIdFromUlid('01K0000000000000000000000A');

const reply = (message: string): Error => new ReplyError(message) as Error;
/** What a call that fails with this throws. */
const storeError = (failure: unknown): Promise<unknown> =>
  orStoreError(Promise.reject(failure as Error)).catch((error: unknown) => error);

describe('orStoreError', () => {
  it.each([
    new Error('Connection is closed.'),
    new Error('Command timed out'),
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    reply('LOADING Redis is loading the dataset in memory'),
    reply("READONLY You can't write against a read only replica."),
    reply("OOM command not allowed when used memory > 'maxmemory'."),
  ])('takes "$message" for an outage', async (error) => {
    const known = await storeError(error);
    expect(known).toBeInstanceOf(StoreUnavailableError);
    expect((known as Error).cause).toBe(error);
  });

  it.each([
    reply('ERR user_script:3: attempt to index a nil value'),
    reply('WRONGTYPE Operation against a key'),
    'text',
  ])('leaves %s as it is', async (error) => {
    expect(await storeError(error)).toBe(error);
  });
});

describe('orUnknownOutcome', () => {
  it.each([
    new Error('Command timed out'),
    new Error('Connection is closed.'),
    Object.assign(new Error('Reached the max retries per request limit (which is 1).'), {
      name: 'MaxRetriesPerRequestError',
    }),
  ])('does not know what became of a write after "$message"', async (cause) => {
    const failure = await orUnknownOutcome(ID, orStoreError(Promise.reject(cause))).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WriteOutcomeUnknownError);
    expect(failure).toMatchObject({ id: ID });
  });

  it.each([
    reply("OOM command not allowed when used memory > 'maxmemory'."),
    reply("READONLY You can't write against a read only replica."),
    reply('ERR user_script:3: attempt to index a nil value'),
    new CommandNotSentError(new Error('Command timed out')),
  ])('knows that nothing was written after "$message"', async (cause) => {
    const failure = await orUnknownOutcome(ID, orStoreError(Promise.reject(cause))).catch((error: unknown) => error);
    expect(failure).not.toBeInstanceOf(WriteOutcomeUnknownError);
  });
});
