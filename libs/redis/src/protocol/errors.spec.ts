import { describe, expect, it } from 'vitest';
import { NoPrimaryError, redisTrouble, shouldLeaveConnection } from './errors.js';

const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });

describe('what an error says of Redis', () => {
  it.each([
    ["READONLY You can't write against a read only replica.", 'replica'],
    ['UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)', 'replica'],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'replica'],
    ['LOADING Redis is loading the dataset in memory', 'loading'],
    ["OOM command not allowed when used memory > 'maxmemory'. script: db8d, on @user_script:1.", 'full'],
    ['ERR Error running script (call to f_1): @user_script:2: -OOM command not allowed when used memory', 'full'],
    ['MISCONF Redis is configured to save RDB snapshots, but it is unable to persist', 'cannot-save'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'password'],
    ['NOAUTH Authentication required.', 'password'],
    ["NOPERM this user has no permissions to run the 'eval' command", 'right'],
    ["ERR The user executing the script can't run this command or subcommand script: ee6c", 'right'],
    ['MOVED 1234 10.0.0.7:6379', 'cluster'],
    ['CLUSTERDOWN Hash slot not served', 'cluster-down'],
    ['ASK 1234 10.0.0.7:6379', 'busy'],
    ['BUSY Redis is busy running a script', 'busy'],
  ])('%s', (message, kind) => {
    expect(redisTrouble(reply(message))).toMatchObject({ kind });
  });

  it('is nothing for an error of ours', () => {
    expect(redisTrouble(reply('WRONGTYPE Operation against a key holding the wrong kind of value'))).toBeNull();
    expect(redisTrouble(reply('ERR Unknown Redis command called from script'))).toBeNull();
    expect(redisTrouble(new TypeError('x is not a function'))).toBeNull();
    expect(redisTrouble(new Error('Custom Id cannot contain :'))).toBeNull();
    expect(redisTrouble(new Error('could not enqueue reconcile-ins_1'))).toBeNull();
    expect(redisTrouble(Object.assign(new Error('bad'), { code: 'ERR_INVALID_STATE' }))).toBeNull();
    expect(redisTrouble('thrown')).toBeNull();
  });

  it.each([
    new Error('Connection is closed.'),
    new Error('Command timed out'),
    new Error('connect ETIMEDOUT'),
    new Error("Socket timeout. Expecting data, but didn't receive any in 2000ms."),
    new Error("Stream isn't writeable and enableOfflineQueue options is false"),
    new Error(
      'Reached the max retries per request limit (which is 1). Refer to "maxRetriesPerRequest" option for details.',
    ),
    new Error('Command aborted due to connection close'),
    new Error('no answer from Redis within 2800 ms'),
    new Error('no Sentinel answers: self-signed certificate'),
    Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' }),
    Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
    Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
  ])('is that it cannot be reached: $message', (error) => {
    expect(redisTrouble(error)?.kind).toBe('away');
  });

  it('shows no address of what cannot be reached', () => {
    const trouble = redisTrouble(new Error('connect ECONNREFUSED 10.0.0.7:6379'));
    expect(trouble).toEqual({ kind: 'away', text: 'cannot be reached' });
  });

  it('is, of a cluster, where to go instead', () => {
    expect(redisTrouble(reply('MOVED 1234 10.0.0.7:6379'))?.text).toContain('redis-cluster://');
    expect(redisTrouble(reply('CLUSTERDOWN The cluster is down'))?.text).toMatch(/no node serves our keys/);
    expect(redisTrouble(new NoPrimaryError('cluster-down', 'is a cluster without it'))).toEqual({
      kind: 'cluster-down',
      text: 'is a cluster without it',
    });
  });

  it('leaves a node of a cluster only where the next connection finds the owner of our keys', () => {
    const answers = ['MOVED 1 h:1', 'CLUSTERDOWN x', 'CROSSSLOT x', 'ASK 1 h:1'].map(reply);
    expect(answers.map((error) => shouldLeaveConnection(error))).toEqual([false, false, false, false]);
    expect(answers.map((error) => shouldLeaveConnection(error, true))).toEqual([true, true, false, false]);
  });

  it('leaves the connection only where another server may answer at the same address', () => {
    expect(['READONLY x', 'UNBLOCKED x', 'LOADING x'].map((text) => shouldLeaveConnection(reply(text)))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['OOM x', 'NOPERM x', 'ERR x'].map((text) => shouldLeaveConnection(reply(text)))).toEqual([
      false,
      false,
      false,
    ]);
  });
});
