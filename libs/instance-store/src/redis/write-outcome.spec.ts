import { CommandNotSentError } from '@app/redis';
import { ReplyError } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { instanceIdFromUlid } from '../instance-id.js';
import { WriteOutcomeUnknownError } from '../instance-store.port.js';
import { storeError } from './store-error.js';
import { orUnknownOutcome } from './write-outcome.js';

const ID = instanceIdFromUlid('01K0000000000000000000000A');
const reply = (message: string): Error => new ReplyError(message) as Error;

describe('orUnknownOutcome', () => {
  it.each([
    new Error('Command timed out'),
    new Error('Connection is closed.'),
    Object.assign(new Error('Reached the max retries per request limit (which is 1).'), {
      name: 'MaxRetriesPerRequestError',
    }),
  ])('does not know what became of a write after "$message"', async (cause) => {
    const failure = await orUnknownOutcome(ID, Promise.reject(storeError(cause))).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WriteOutcomeUnknownError);
    expect(failure).toMatchObject({ id: ID });
  });

  it.each([
    reply("OOM command not allowed when used memory > 'maxmemory'."),
    reply("READONLY You can't write against a read only replica."),
    reply('ERR user_script:3: attempt to index a nil value'),
    new CommandNotSentError(new Error('Command timed out')),
  ])('knows that nothing was written after "$message"', async (cause) => {
    const failure = await orUnknownOutcome(ID, Promise.reject(storeError(cause))).catch((error: unknown) => error);
    expect(failure).not.toBeInstanceOf(WriteOutcomeUnknownError);
  });
});
