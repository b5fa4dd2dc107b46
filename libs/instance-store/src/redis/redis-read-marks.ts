import { randomUUID } from 'node:crypto';
import { inBatches } from '@app/platform';
import { RedisScript, STREAM_START } from '@app/redis';
import type { Redis } from 'ioredis';
import {
  type FeedState,
  type HeldVersion,
  type ReadMark,
  ReadMarks,
  type ReportedUse,
  USES_KEPT,
  type UsesRead,
} from '../ports/read-marks.port.js';
import { MAX_BATCH, StoreUnavailableError } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import { StoreKeyspace } from './keyspace.js';
import { lastUsedFrom, revisionOf } from './record-codec.js';

const READ_MARK = RedisScript.fromFile(new URL('./lua/read-mark.lua', import.meta.url));
const READ_VERSIONS = RedisScript.fromFile(new URL('./lua/read-versions.lua', import.meta.url));
const READ_USES = RedisScript.fromFile(new URL('./lua/read-uses.lua', import.meta.url), { USES_KEPT });
const FEED_STATE = RedisScript.fromFile(new URL('./lua/feed-state.lua', import.meta.url));
const INCARNATION = RedisScript.fromFile(new URL('./lua/incarnation.lua', import.meta.url));
const READ_REMOVALS = RedisScript.fromFile(new URL('./lua/read-removals.lua', import.meta.url));

/** So many entries of the feed pass through one script, with their documents. */
const REMOVALS_AT_A_TIME = 500;

/** Reports, of ten uses each at most. */
const REPORTS_AT_A_TIME = 200;

/** Asks Redis, with one round trip for each question. */
export class RedisReadMarks extends ReadMarks {
  private readonly keyspace: StoreKeyspace;

  /** @param keyPrefix becomes the hash tag of every key */
  constructor(
    private readonly redis: Redis,
    keyPrefix: string,
  ) {
    super();
    this.keyspace = new StoreKeyspace(redis, keyPrefix);
  }

  override async read(ids: readonly InstanceId[]): Promise<ReadMark> {
    // A lost connection is known at once; ioredis would keep the command until it has tried again.
    if (this.redis.status !== 'ready') throw new StoreUnavailableError('there is no connection to Redis at present');
    const [first, ...others] = await Promise.all([...inBatches(ids, MAX_BATCH)].map((batch) => this.batch(batch)));
    if (first === undefined) return this.batch([]);
    // The position is that of the first batch, because the uses of the others were read later.
    return { ...first, lastUsed: [first, ...others].flatMap(({ lastUsed }) => lastUsed) };
  }

  override async versions(ids: readonly InstanceId[]): Promise<readonly (HeldVersion | null)[]> {
    const answers = await Promise.all(
      [...inBatches(ids, MAX_BATCH)].map(
        async (batch) => (await this.keyspace.run(READ_VERSIONS, batch)) as (string | null)[],
      ),
    );
    return answers.flatMap((answer) => {
      const held: (HeldVersion | null)[] = [];
      for (let i = 0; i < answer.length; i += 2) {
        const version = answer[i] ?? null;
        const lastUsedAt = lastUsedFrom(answer[i + 1] ?? null);
        held.push(version === null ? null : { revision: revisionOf(version), lastUsedAt });
      }
      return held;
    });
  }

  override async latestUse(): Promise<string> {
    const [, position] = (await this.keyspace.run(READ_USES, ['', 0])) as [string, string];
    return position;
  }

  override async usesAfter(after: string): Promise<UsesRead | null> {
    const answer = await this.keyspace.run(READ_USES, [after, REPORTS_AT_A_TIME]);
    const [feedPosition, position, hasMore, ...pairs] = answer as [string, string?, number?, ...string[]];
    if (position === undefined) return null;
    const uses: ReportedUse[] = [];
    for (let place = 0; place < pairs.length; place += 2) {
      const at = lastUsedFrom(pairs[place + 1] ?? null);
      if (at !== null) uses.push({ id: pairs[place] as InstanceId, at });
    }
    return { position, feedPosition, uses, hasMore: hasMore === 1 };
  }

  override async feedState(position: string): Promise<FeedState> {
    const answer = (await this.keyspace.run(FEED_STATE, [position])) as [string, string, string, number];
    const [incarnation, first, latest, holds] = answer;
    return { incarnation: incarnation === '' ? null : incarnation, first, latest, holds: holds === 1 };
  }

  override async incarnation(): Promise<string> {
    return (await this.keyspace.run(INCARNATION, [randomUUID()])) as string;
  }

  override async removals(): Promise<readonly InstanceId[]> {
    const removed: InstanceId[] = [];
    for (let position = STREAM_START; ; ) {
      const answer = await this.keyspace.run(READ_REMOVALS, [position, REMOVALS_AT_A_TIME]);
      const [last, ...ids] = answer as [string, ...InstanceId[]];
      removed.push(...ids);
      if (last === '') return removed;
      position = last;
    }
  }

  private async batch(ids: readonly InstanceId[]): Promise<ReadMark> {
    const answer = (await this.keyspace.run(READ_MARK, ids)) as [string, string, ...(string | null)[]];
    const [position, incarnation, ...uses] = answer;
    return { position, incarnation: incarnation === '' ? null : incarnation, lastUsed: uses.map(lastUsedFrom) };
  }
}
