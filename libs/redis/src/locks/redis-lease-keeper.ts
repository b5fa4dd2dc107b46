import { Injectable } from '@nestjs/common';
import type { RedisConnections } from '../connections/redis-connections.port.js';
import { FleetKeys } from '../keys.js';
import { LeaseKeeper } from './lease-keeper.port.js';

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
