import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IoRedisConnections } from '@app/redis';
import { freePort, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What a start says of this Redis: nothing, or why it is refused. */
async function verdict(url: string, onLine?: (line: string) => void): Promise<{ said: string; mayReadInfo: boolean }> {
  const connections = new IoRedisConnections({ url, processName: 'test', keyPrefix: 'fleet' });
  try {
    await connections.verify(onLine);
    return { said: '', mayReadInfo: connections.mayReadInfo };
  } catch (error) {
    return { said: (error as Error).message, mayReadInfo: connections.mayReadInfo };
  } finally {
    await connections.close();
  }
}

beforeAll(() => Logger.overrideLogger(false));

describe('a start', () => {
  let redis: RedisFixture;
  let admin: Redis;

  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  it.each([
    ['scripts', ['~*', '&*', '+@all', '-@scripting'], 'refuses its user a right that is needed: the command EVAL'],
    ['writes', ['~*', '&*', '+@read', '+@connection', '+info', '+eval'], 'a command that a script runs'],
    ['blocking', ['~*', '&*', '+@all', '-@blocking'], 'the command BZPOPMIN'],
    ['our keys', ['~other*', '&*', '+@all'], 'access to our keys, which all begin with {REDIS_KEY_PREFIX}'],
    ['the hash tag', ['~{fleet}:*', '&*', '+@all'], 'access to our keys, which all begin with {REDIS_KEY_PREFIX}'],
    [
      'the time',
      ['~{fleet}*', '+@read', '+@write', '+@scripting', '+@connection', '+info'],
      'a command that a script runs',
    ],
  ])('is refused without the right to %s, which it names', async (_, rights, said) => {
    await admin.acl('SETUSER', 'limited', 'reset', 'on', '>pw', ...rights);
    const answer = await verdict(`redis://limited:pw@127.0.0.1:${redis.port}`);
    expect(answer.said).toMatch(/^Redis at 127\.0\.0\.1:\d+ refuses its user a right/);
    expect(answer.said).toContain(said);
    expect(answer.said).not.toContain('\n');
  });

  it('is refused for a database that the server has not', async () => {
    const { said } = await verdict(`redis://127.0.0.1:${redis.port}/16`);
    expect(said).toContain('DB index is out of range');
    expect((await verdict(`redis://127.0.0.1:${redis.port}/15`)).said).toBe('');
  });

  it('works for a user with the rights that docs/redis.md names', async () => {
    const rights =
      /ACL SETUSER \S+ on >\S+ (.+)$/m.exec(await readFile('docs/redis.md', 'utf8'))?.[1]?.split(' ') ?? [];
    const ours = rights.map((right) => right.replace('{novita-fleet}', '{fleet}'));
    expect(ours).toContain('~{fleet}*');
    await admin.acl('SETUSER', 'limited', 'reset', 'on', '>pw', ...ours);
    expect(await verdict(`redis://limited:pw@127.0.0.1:${redis.port}`)).toEqual({ said: '', mayReadInfo: true });
  });

  it('works for a user with just our keys, and for one without INFO', async () => {
    await admin.acl('SETUSER', 'limited', 'reset', 'on', '>pw', '~{fleet}*', '+@all');
    const url = `redis://limited:pw@127.0.0.1:${redis.port}`;
    expect(await verdict(url)).toEqual({ said: '', mayReadInfo: true });
    await admin.acl('SETUSER', 'limited', '-info');
    expect(await verdict(url)).toEqual({ said: '', mayReadInfo: false });
    expect(await admin.keys('*')).toEqual([]);
  });

  it('is refused by a read-only replica', async () => {
    await admin.replicaof('127.0.0.1', 1);
    const { said } = await verdict(redis.url);
    await admin.replicaof('NO', 'ONE');
    expect(said).toBe(`Redis at 127.0.0.1:${redis.port} is a read-only replica: REDIS_URL must name the primary`);
  });

  it('goes on with a full one, which may have room again', async () => {
    await admin.config('SET', 'maxmemory', '1');
    const { said } = await verdict(redis.url);
    await admin.config('SET', 'maxmemory', '0');
    expect(said).toBe('');
  });

  it('is refused by a node of a cluster without our slot', async () => {
    const node = await startRedis(['--cluster-enabled', 'yes']);
    const { said } = await verdict(node.url);
    await node.stop();
    expect(said).toBe(`Redis at 127.0.0.1:${node.port} is a cluster in which no node serves our keys at present`);
  });

  it('waits for one that is still loading, and says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-loading-'));
    const full = await startRedis(['--dir', folder]);
    const filler = new Redis(full.url);
    await filler.eval(`for n = 1, 2000 do redis.call('SET', 'filler:' .. n, 'x') end`, 0);
    await filler.save();
    filler.disconnect();
    await full.stop();
    const port = await freePort();
    const slow = spawn(
      process.env['REDIS_SERVER_BIN'] ?? 'redis-server',
      [
        '--port',
        String(port),
        '--dir',
        folder,
        '--save',
        '',
        '--key-load-delay',
        '1000',
        '--loading-process-events-interval-bytes',
        '1024',
      ],
      { stdio: 'ignore' },
    );
    const lines: string[] = [];
    let answer = { said: 'ECONNREFUSED', mayReadInfo: false };
    while (answer.said.includes('ECONNREFUSED')) {
      answer = await verdict(`redis://127.0.0.1:${port}`, (line) => lines.push(line));
    }
    const ended = once(slow, 'exit');
    slow.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true });
    expect(answer.said).toBe('');
    expect(lines).toEqual([`Redis at 127.0.0.1:${port} is still loading its data; waiting for it`]);
  });
});
