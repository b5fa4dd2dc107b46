import type { InstanceRecords } from '../ports/instance-records.port.js';
import { type FeedState, type HeldVersion, type ReadMark, ReadMarks, type UsesRead } from '../ports/read-marks.port.js';
import type { InstanceId } from '../record/identity.js';
import type { MemoryChangeFeed } from './memory-change-feed.js';

const USES_AT_A_TIME = 500;

/** The memory of a process ends with it, so nothing in it is ever lost. */
export class MemoryReadMarks extends ReadMarks {
  constructor(
    private readonly records: InstanceRecords,
    private readonly feed: MemoryChangeFeed,
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

  override async latestUse(): Promise<string> {
    return String(this.feed.uses.reported);
  }

  override async usesAfter(position: string): Promise<UsesRead | null> {
    const count = Number(position);
    const uses = this.feed.uses.after(count, USES_AT_A_TIME);
    if (uses === null) return null;
    const end = count + uses.length;
    const feedPosition = await this.feed.latestId();
    return { position: String(end), feedPosition, uses, hasMore: end < this.feed.uses.reported };
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
