import { type Timestamp, timestampFromMs } from '@app/platform';
import { RedisScript } from '@app/redis';
import type { Redis } from 'ioredis';
import { MAX_BATCH } from '../batch-limit.js';
import type { ChangeFeed } from '../feed/change-feed.port.js';
import type { InstanceId } from '../instance-id.js';
import { type InstanceStore, StoreUnavailableError } from '../instance-store.port.js';
import { hashTagOf } from '../keys.js';
import { StoreScripts } from '../redis/store-error.js';
import { type ReadMark, ReadMarks } from './fleet-view.js';

const READ_MARK = RedisScript.fromFile(new URL('../redis/lua/read-mark.lua', import.meta.url));

export class RedisReadMarks extends ReadMarks {
  private readonly scripts: StoreScripts;

  /** @param keyPrefix becomes the hash tag of every key */
  constructor(
    private readonly redis: Redis,
    keyPrefix: string,
  ) {
    super();
    this.scripts = new StoreScripts(redis, hashTagOf(keyPrefix));
  }

  override async read(ids: readonly InstanceId[]): Promise<ReadMark> {
    // A lost connection is known at once; ioredis would keep the command until it has tried again.
    if (this.redis.status !== 'ready') throw new StoreUnavailableError('there is no connection to Redis at present');
    if (ids.length <= MAX_BATCH) return this.batch(ids);
    const batches: (readonly InstanceId[])[] = [];
    for (let from = 0; from < ids.length; from += MAX_BATCH) batches.push(ids.slice(from, from + MAX_BATCH));
    const marks = await Promise.all(batches.map((batch) => this.batch(batch)));
    // The first one, because the uses of the others were read later.
    return { position: marks[0]?.position ?? '0-0', lastUsed: marks.flatMap(({ lastUsed }) => lastUsed) };
  }

  private async batch(ids: readonly InstanceId[]): Promise<ReadMark> {
    const [position, ...uses] = (await this.scripts.run(READ_MARK, ids)) as [string, ...(string | null)[]];
    return { position, lastUsed: uses.map(useOf) };
  }
}

export class MemoryReadMarks extends ReadMarks {
  constructor(
    private readonly store: InstanceStore,
    private readonly feed: ChangeFeed,
  ) {
    super();
  }

  override async read(ids: readonly InstanceId[]): Promise<ReadMark> {
    const [position, found] = await Promise.all([this.feed.latestId(), this.store.getMany(ids)]);
    const uses = new Map(found.map(({ record, lastUsedAt }) => [record.id, lastUsedAt]));
    return { position, lastUsed: ids.map((id) => uses.get(id) ?? null) };
  }
}

function useOf(ms: string | null): Timestamp | null {
  return ms === null || ms === '' ? null : timestampFromMs(Number(ms));
}
