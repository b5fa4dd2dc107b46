import { randomUUID } from 'node:crypto';
import { timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { RedisConnections } from '../connections/redis-connections.port.js';

import { ACQUIRE, READ_HOLDER, RELEASE, RENEW } from './lock.scripts.js';
import {
  type LockAcquisition,
  type LockClaim,
  type LockHold,
  type LockHolder,
  LockKeeper,
} from './lock-keeper.port.js';

/** Locks between processes, one hash each, which Redis lets lapse. One round trip a call. */
@Injectable()
export class RedisLockKeeper extends LockKeeper {
  /** The braces keep all keys of a fleet on one node of a Redis Cluster. */
  private readonly base: string;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.base = `{${keyPrefix}}`;
  }

  override async acquire(name: string, { owner, purpose, ttlMs }: LockClaim): Promise<LockAcquisition> {
    // Made here, so that a claim which ioredis sends again after a broken connection is known to be the same one.
    const nonce = randomUUID();
    const answer = listFrom(
      await ACQUIRE.run(this.connections.commands, [this.base], [name, nonce, owner, purpose, Math.ceil(ttlMs)]),
    );
    if (answer[0] !== 1) return { acquired: false, holder: holderFrom(answer) };
    return { acquired: true, hold: { name, fence: Number(answer[1]), token: String(answer[2]) } };
  }

  override async renew(hold: LockHold, ttlMs: number): Promise<boolean> {
    const args = [hold.name, hold.token, Math.ceil(ttlMs)];
    return (await RENEW.run(this.connections.commands, [this.base], args)) === 1;
  }

  override async release(hold: LockHold): Promise<boolean> {
    return (await RELEASE.run(this.connections.commands, [this.base], [hold.name, hold.token])) === 1;
  }

  override async holder(name: string): Promise<LockHolder | null> {
    const answer = await READ_HOLDER.run(this.connections.commands, [this.base], [name]);
    return answer === null ? null : holderFrom(listFrom(answer));
  }
}

function listFrom(answer: unknown): readonly unknown[] {
  if (!Array.isArray(answer)) throw new Error('Redis answered a script with something else than a list');
  return answer;
}

/** @param answer 0, owner, purpose, fence, since in ms, ms to live */
function holderFrom(answer: readonly unknown[]): LockHolder {
  const [, owner, purpose, fence, since, remainingMs] = answer;
  return {
    owner: String(owner),
    purpose: String(purpose),
    fence: Number(fence),
    since: timestampFromMs(Number(since)),
    remainingMs: Math.max(0, Number(remainingMs)),
  };
}
