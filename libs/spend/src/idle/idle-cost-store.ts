import { orStoreError } from '@app/instance-store';
import { FleetKeys, type RedisConnections } from '@app/redis';
import { type IdleCost, readIdleCost } from './idle-cost.js';

/** Keeps the cost of what idles as it was last measured, for all processes. */
export abstract class IdleCostStore {
  /** Null before the first measurement. One round trip. @throws StoreUnavailableError */
  abstract latest(): Promise<IdleCost | null>;

  /** Replaces the measurement before. @throws StoreUnavailableError */
  abstract record(idle: IdleCost): Promise<void>;
}

/** Within one process. */
export class MemoryIdleCostStore extends IdleCostStore {
  private measured: IdleCost | null = null;

  override latest(): Promise<IdleCost | null> {
    return Promise.resolve(this.measured);
  }

  override record(idle: IdleCost): Promise<void> {
    this.measured = idle;
    return Promise.resolve();
  }
}

/**
 * In Redis: the field `idle` of a hash whose other fields are the statistics of auto-stop. No other script or command touches
 * that field.
 */
export class RedisIdleCostStore extends IdleCostStore {
  private readonly key: string;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.key = new FleetKeys(keyPrefix).autoStopStats;
  }

  override async latest(): Promise<IdleCost | null> {
    const json = await orStoreError(this.connections.commands.hget(this.key, 'idle'));
    return json === null ? null : readIdleCost(json);
  }

  override async record(idle: IdleCost): Promise<void> {
    await orStoreError(this.connections.commands.hset(this.key, 'idle', JSON.stringify(idle)));
  }
}
