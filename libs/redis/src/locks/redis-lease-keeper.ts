import { Injectable } from '@nestjs/common';
import type { RedisConnections } from '../connections/redis-connections.port.js';
import { LeaseKeeper } from './lease-keeper.port.js';

/** Leases between processes: one key each, which Redis lets lapse. */
@Injectable()
export class RedisLeaseKeeper extends LeaseKeeper {
  constructor(
    private readonly connections: RedisConnections,
    private readonly keyPrefix: string,
  ) {
    super();
  }

  override async tryAcquire(name: string, ttlMs: number): Promise<boolean> {
    // The braces keep all keys of a fleet on one node of a Redis Cluster.
    const key = `{${this.keyPrefix}}:lease:${name}`;
    return (await this.connections.commands.set(key, '1', 'PX', Math.ceil(ttlMs), 'NX')) === 'OK';
  }
}
