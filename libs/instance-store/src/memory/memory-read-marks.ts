import type { ChangeFeed } from '../ports/change-feed.port.js';
import type { InstanceRecords } from '../ports/instance-records.port.js';
import { type FeedState, type HeldVersion, type ReadMark, ReadMarks } from '../ports/read-marks.port.js';
import type { InstanceId } from '../record/identity.js';

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
