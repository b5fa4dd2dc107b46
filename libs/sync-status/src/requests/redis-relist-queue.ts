import { FleetKeys, orUnavailable, type RedisConnections } from '@app/redis';
import { Logger } from '@nestjs/common';
import { SyncStatusUnavailableError } from '../store/sync-status-store.js';
import { type RelistOrder, RelistQueue, readRelistOrder, WAITING_RELISTS } from './relist-queue.js';

/** Requests in a list of Redis. One that cannot be understood is dropped, with a line in the log. */
export class RedisRelistQueue extends RelistQueue {
  private readonly logger = new Logger('SyncStatus');
  private readonly key: string;

  /** @param keyPrefix becomes the hash tag of the key */
  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
  ) {
    super();
    this.key = new FleetKeys(keyPrefix).syncRelists;
  }

  override async put(order: RelistOrder): Promise<void> {
    const { commands } = this.connections;
    const push = commands.multi().rpush(this.key, JSON.stringify(order)).ltrim(this.key, -WAITING_RELISTS, -1).exec();
    await ask(push);
  }

  override async take(): Promise<readonly RelistOrder[]> {
    const jsons = (await ask(this.connections.commands.lpop(this.key, WAITING_RELISTS))) ?? [];
    return jsons.flatMap((json) => {
      const order = readRelistOrder(json);
      if (order === null) this.logger.warn('A request for a sync in Redis cannot be understood and is dropped');
      return order ?? [];
    });
  }
}

function ask<Reply>(reply: Promise<Reply>): Promise<Reply> {
  return orUnavailable(reply, (text, cause) => new SyncStatusUnavailableError(text, { cause }));
}
