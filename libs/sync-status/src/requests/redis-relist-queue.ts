import { FleetKeys, orUnavailable, type RedisConnections } from '@app/redis';
import { Logger } from '@nestjs/common';
import { SyncStatusUnavailableError } from '../store/sync-status-store.js';
import { type RelistOrder, RelistQueue, readRelistOrder, WAITING_RELISTS } from './relist-queue.js';

/** Requests in a list of Redis. One that cannot be understood is dropped, with a line in the log. */
export class RedisRelistQueue extends RelistQueue {
  private readonly logger = new Logger('SyncStatus');
  private readonly key: string;
  /** How the orders that were last seen are written: one of a later release may say more than is read of it. */
  private texts = new Map<string, string>();

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

  override async waiting(): Promise<readonly RelistOrder[]> {
    const orders: RelistOrder[] = [];
    const texts = new Map<string, string>();
    for (const json of await ask(this.connections.commands.lrange(this.key, 0, -1))) {
      const order = readRelistOrder(json);
      if (order === null) {
        this.logger.warn('A request for a sync in Redis cannot be understood and is dropped');
        await this.drop(json);
      } else {
        orders.push(order);
        texts.set(order.id, json);
      }
    }
    this.texts = texts;
    return orders;
  }

  override async narrow(id: string, kinds: readonly string[]): Promise<void> {
    const json = this.texts.get(id);
    if (json === undefined) return;
    const narrowed = JSON.stringify({ ...(JSON.parse(json) as RelistOrder), kinds });
    // After a lost answer it may stand there already.
    if (narrowed === json) return;
    const { commands } = this.connections;
    await ask(commands.multi().linsert(this.key, 'AFTER', json, narrowed).lrem(this.key, 0, json).exec());
    this.texts.set(id, narrowed);
  }

  override async remove(id: string): Promise<void> {
    const json = this.texts.get(id);
    if (json !== undefined) await this.drop(json);
  }

  private async drop(json: string): Promise<void> {
    await ask(this.connections.commands.lrem(this.key, 0, json));
  }
}

function ask<Reply>(reply: Promise<Reply>): Promise<Reply> {
  return orUnavailable(reply, (text, cause) => new SyncStatusUnavailableError(text, { cause }));
}
