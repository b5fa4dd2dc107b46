import { randomUUID } from 'node:crypto';
import { timestampFromMs } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { RedisConnections } from '../connections/ioredis-connections.js';
import { FleetKeys } from '../protocol/keys.js';
import { listReply, RedisScript } from '../protocol/redis-script.js';
import {
  LeaseKeeper,
  type LockAcquisition,
  type LockClaim,
  type LockHold,
  type LockHolder,
  LockKeeper,
} from './locks.port.js';

const ACQUIRE = RedisScript.fromFile(new URL('./scripts/acquire.lua', import.meta.url));
const RENEW = RedisScript.fromFile(new URL('./scripts/renew.lua', import.meta.url));
const RELEASE = RedisScript.fromFile(new URL('./scripts/release.lua', import.meta.url));
const READ_HOLDER = RedisScript.fromFile(new URL('./scripts/read-holder.lua', import.meta.url));

/** Locks between processes, one hash each, which Redis lets lapse. One round trip a call. */
@Injectable()
export class RedisLockKeeper extends LockKeeper {
  private readonly keys: FleetKeys;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.keys = new FleetKeys(keyPrefix);
  }

  override async acquire(name: string, { owner, purpose, ttlMs }: LockClaim): Promise<LockAcquisition> {
    // Made here, so that a claim which ioredis sends again after a broken connection is known to be the same one.
    const nonce = randomUUID();
    const keys = [this.keys.lock(name), this.keys.lockFence(name)];
    const args = [nonce, owner, purpose, Math.ceil(ttlMs)];
    const reply = listReply(await ACQUIRE.run(this.connections.commands, keys, args));
    if (reply[0] !== 1) return { acquired: false, holder: readHolder(reply) };
    return { acquired: true, hold: { name, fence: Number(reply[1]), token: String(reply[2]) } };
  }

  override async renew(hold: LockHold, ttlMs: number): Promise<boolean> {
    const args = [hold.token, Math.ceil(ttlMs)];
    return (await RENEW.run(this.connections.commands, [this.keys.lock(hold.name)], args)) === 1;
  }

  override async release(hold: LockHold): Promise<boolean> {
    return (await RELEASE.run(this.connections.commands, [this.keys.lock(hold.name)], [hold.token])) === 1;
  }

  override async holder(name: string): Promise<LockHolder | null> {
    const reply = await READ_HOLDER.run(this.connections.commands, [this.keys.lock(name)], []);
    return reply === null ? null : readHolder(listReply(reply));
  }
}

/** @param reply 0, owner, purpose, fence, since in ms, ms to live */
function readHolder([, owner, purpose, fence, sinceMs, remainingMs]: readonly unknown[]): LockHolder {
  return {
    owner: String(owner),
    purpose: String(purpose),
    fence: Number(fence),
    since: timestampFromMs(Number(sinceMs)),
    remainingMs: Math.max(0, Number(remainingMs)),
  };
}

/** Leases between processes: one key each, which Redis lets lapse. */
@Injectable()
export class RedisLeaseKeeper extends LeaseKeeper {
  private readonly keys: FleetKeys;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.keys = new FleetKeys(keyPrefix);
  }

  override async tryAcquire(name: string, ttlMs: number): Promise<boolean> {
    return (await this.connections.commands.set(this.keys.lease(name), '1', 'PX', Math.ceil(ttlMs), 'NX')) === 'OK';
  }
}
