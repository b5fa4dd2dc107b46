import { IoRedisConnections, type LockHold, LockLostError, MemoryLockKeeper, RedisLockKeeper } from '@app/redis';
import { FakeClock, type RedisFixture, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SYNC_LOCK } from '../src/model/sync-run.js';
import { MemoryRunNotes } from '../src/notes/memory-run-notes.js';
import { RedisRunNotes } from '../src/notes/redis-run-notes.js';
import type { RunNotes } from '../src/notes/run-notes.js';

const CLAIM = { owner: 'test', purpose: 'test', ttlMs: 60_000 };
const FOREIGN_HOLD: LockHold = { name: SYNC_LOCK, fence: 1, token: '1-nobody' };
const LOST = { kind: 'lost', reason: 'the worker was shut down' } as const;

interface NotesHarness {
  readonly notes: RunNotes;
  /** The same notes as another process has them. */
  readonly other: RunNotes;
  readonly takeLock: () => Promise<LockHold>;
}

let server: RedisFixture;
let connections: IoRedisConnections;
let prefixes = 0;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startRedis();
  connections = new IoRedisConnections({ url: server.url, processName: 'test' });
});

afterAll(async () => {
  await connections.close();
  await server.stop();
});

function inMemory(clock = new FakeClock()): NotesHarness {
  const locks = new MemoryLockKeeper(clock);
  const notes = new MemoryRunNotes(clock, locks);
  return { notes, other: notes, takeLock: () => held(locks) };
}

function inRedis(keyPrefix = `notes-${prefixes++}`): NotesHarness {
  const make = (): RunNotes => new RedisRunNotes(connections, keyPrefix);
  return { notes: make(), other: make(), takeLock: () => held(new RedisLockKeeper(connections, keyPrefix)) };
}

async function held(locks: RedisLockKeeper | MemoryLockKeeper): Promise<LockHold> {
  const answer = await locks.acquire(SYNC_LOCK, CLAIM);
  if (!answer.acquired) throw new Error('somebody holds it');
  return answer.hold;
}

describe.each([
  ['memory', inMemory],
  ['Redis', inRedis],
])('what a run leaves, in %s', (_, make) => {
  it('is its result, under its own name', async () => {
    const { notes, other } = make();
    expect(await notes.result('one')).toBeNull();
    await notes.putResult('one', LOST);
    expect(await other.result('one')).toEqual(LOST);
    expect(await other.result('two')).toBeNull();
  });

  it('is what a held listing lacked, until it is cleared', async () => {
    const { notes, other, takeLock } = make();
    const hold = await takeLock();
    expect(await other.heldIds()).toBeNull();
    await notes.putHeldIds(['a', 'b'], hold);
    expect(await other.heldIds()).toEqual(['a', 'b']);
    await notes.putHeldIds(['c'], hold);
    expect(await other.heldIds()).toEqual(['c']);
    await notes.putHeldIds(null, hold);
    expect(await other.heldIds()).toBeNull();
  });

  it('is not touched without the lock', async () => {
    const { notes, takeLock } = make();
    await takeLock();
    await expect(notes.putHeldIds(['a'], FOREIGN_HOLD)).rejects.toThrow(LockLostError);
    expect(await notes.heldIds()).toBeNull();
  });
});

describe('the result of a run', () => {
  it('is kept for an hour in memory', async () => {
    const clock = new FakeClock();
    const { notes } = inMemory(clock);
    await notes.putResult('one', LOST);
    clock.advance(3_599_999);
    expect(await notes.result('one')).not.toBeNull();
    clock.advance(1);
    expect(await notes.result('one')).toBeNull();
  });

  it('is kept for an hour in Redis, and the held listing for ever', async () => {
    const { notes, takeLock } = inRedis('kept');
    await notes.putResult('one', LOST);
    await notes.putHeldIds(['a'], await takeLock());
    const ttl = await connections.commands.pttl('{kept}:sync:result:one');
    expect(ttl).toBeGreaterThan(3_590_000);
    expect(ttl).toBeLessThanOrEqual(3_600_000);
    expect(await connections.commands.pttl('{kept}:sync:held')).toBe(-1);
  });

  it('counts as none when it cannot be understood, as the held listing does', async () => {
    const { notes } = inRedis('broken');
    await connections.commands.set('{broken}:sync:result:r', '{}');
    await connections.commands.set('{broken}:sync:held', '{}');
    expect(await notes.result('r')).toBeNull();
    expect(await notes.heldIds()).toBeNull();
  });
});
