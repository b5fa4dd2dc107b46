import { randomUUID } from 'node:crypto';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { RedisScript, STREAM_START } from '@app/redis';
import type { Redis } from 'ioredis';
import { MAX_BATCH } from '../batch-limit.js';
import type { ChangeFeed } from '../feed/change-feed.port.js';
import type { InstanceId } from '../instance-id.js';
import { hashTagOf } from '../keys.js';
import type { InstanceRecords } from '../record/instance-records.port.js';
import { StoreScripts } from '../redis/store-error.js';
import { StoreUnavailableError } from '../store-errors.js';
import { type FeedState, type HeldVersion, type ReadMark, ReadMarks } from './fleet-view.js';

const READ_MARK = RedisScript.fromFile(new URL('../redis/lua/read-mark.lua', import.meta.url));
const READ_VERSIONS = RedisScript.fromFile(new URL('../redis/lua/read-versions.lua', import.meta.url));
const FEED_STATE = RedisScript.fromFile(new URL('../redis/lua/feed-state.lua', import.meta.url));
const INCARNATION = RedisScript.fromFile(new URL('../redis/lua/incarnation.lua', import.meta.url));
const READ_REMOVALS = RedisScript.fromFile(new URL('../redis/lua/read-removals.lua', import.meta.url));

/** Entries of the feed that one script looks at: their documents pass through it. */
const REMOVALS_AT_A_TIME = 500;

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
    const [first, ...others] = await Promise.all(batchesOf(ids).map((batch) => this.batch(batch)));
    if (first === undefined) return this.batch([]);
    // The first one, because the uses of the others were read later.
    return { ...first, lastUsed: [first, ...others].flatMap(({ lastUsed }) => lastUsed) };
  }

  override async versions(ids: readonly InstanceId[]): Promise<readonly (HeldVersion | null)[]> {
    const answers = await Promise.all(
      batchesOf(ids).map(async (batch) => (await this.scripts.run(READ_VERSIONS, batch)) as (string | null)[]),
    );
    return answers.flatMap((answer) => {
      const held: (HeldVersion | null)[] = [];
      for (let i = 0; i < answer.length; i += 2) {
        const version = answer[i] ?? null;
        const lastUsedAt = useOf(answer[i + 1] ?? null);
        held.push(version === null ? null : { revision: Number.parseInt(version, 10), lastUsedAt });
      }
      return held;
    });
  }

  override async feedState(position: string): Promise<FeedState> {
    const answer = (await this.scripts.run(FEED_STATE, [position])) as [string, string, string, number];
    const [incarnation, first, latest, holds] = answer;
    return { incarnation: incarnation === '' ? null : incarnation, first, latest, holds: holds === 1 };
  }

  override async incarnation(): Promise<string> {
    return (await this.scripts.run(INCARNATION, [randomUUID()])) as string;
  }

  override async removals(): Promise<readonly InstanceId[]> {
    const removed: InstanceId[] = [];
    for (let position = STREAM_START; ; ) {
      const answer = await this.scripts.run(READ_REMOVALS, [position, REMOVALS_AT_A_TIME]);
      const [last, ...ids] = answer as [string, ...InstanceId[]];
      removed.push(...ids);
      if (last === '') return removed;
      position = last;
    }
  }

  private async batch(ids: readonly InstanceId[]): Promise<ReadMark> {
    const answer = (await this.scripts.run(READ_MARK, ids)) as [string, string, ...(string | null)[]];
    const [position, incarnation, ...uses] = answer;
    return { position, incarnation: incarnation === '' ? null : incarnation, lastUsed: uses.map(useOf) };
  }
}

/** The memory of a process ends with it, so nothing in it is ever lost. */
export class MemoryReadMarks extends ReadMarks {
  constructor(
    private readonly records: InstanceRecords,
    private readonly feed: ChangeFeed,
  ) {
    super();
  }

  override async read(ids: readonly InstanceId[]): Promise<ReadMark> {
    const [position, held] = await Promise.all([this.feed.latestId(), this.versions(ids)]);
    return { position, incarnation: 'memory', lastUsed: held.map((one) => one?.lastUsedAt ?? null) };
  }

  override async versions(ids: readonly InstanceId[]): Promise<readonly (HeldVersion | null)[]> {
    const found = new Map((await this.records.getMany(ids)).map((stored) => [stored.record.id, stored]));
    return ids.map((id) => {
      const stored = found.get(id);
      return stored === undefined ? null : { revision: stored.record.revision, lastUsedAt: stored.lastUsedAt };
    });
  }

  override async feedState(position: string): Promise<FeedState> {
    const latest = await this.feed.latestId();
    const holds = (await this.feed.after(position, 1)) !== null;
    return { incarnation: 'memory', first: latest, latest, holds };
  }

  override async incarnation(): Promise<string> {
    return 'memory';
  }

  override async removals(): Promise<readonly InstanceId[]> {
    return [];
  }
}

function batchesOf(ids: readonly InstanceId[]): (readonly InstanceId[])[] {
  const batches: (readonly InstanceId[])[] = [];
  for (let from = 0; from < ids.length; from += MAX_BATCH) batches.push(ids.slice(from, from + MAX_BATCH));
  return batches;
}

function useOf(ms: string | null): Timestamp | null {
  return ms === null || ms === '' ? null : timestampFromMs(Number(ms));
}
