import { streamPosition } from '@app/redis';
import { Injectable } from '@nestjs/common';
import { InstanceRecords, type RecordPage } from '../ports/instance-records.port.js';
import { type FeedState, ReadMarks } from '../ports/read-marks.port.js';
import type { InstanceId } from '../record/identity.js';
import { CorruptRecordError } from '../record/parse-record.js';
import { FEED_START, FleetCopy, type NextCopy } from './fleet-copy.js';

const LOAD_PAGE = 200;

/** The fleet as the store holds it: read into a copy page by page, kept up to date in what makes no entry on the feed, and compared. */
@Injectable()
export class StoredFleet {
  /** The copy has all uses that were reported up to here; null while it has none. */
  private usesUpTo: string | null = null;

  constructor(
    private readonly records: InstanceRecords,
    private readonly marks: ReadMarks,
    private readonly copy: FleetCopy,
  ) {}

  /**
   * The state of the feed, and whether it still has the entry at this position.
   * @throws StoreUnavailableError
   */
  feedState(position: string): Promise<FeedState> {
    return this.marks.feedState(position);
  }

  /** A name of the store's data, which changes when they are lost. @throws StoreUnavailableError */
  incarnation(): Promise<string> {
    return this.marks.incarnation();
  }

  /**
   * Reads every record.
   * @returns false when the signal, or another copy that was begun since, came first
   * @throws StoreUnavailableError
   */
  async readInto(next: NextCopy, signal: AbortSignal): Promise<boolean> {
    // Uses that are reported while the pages are on their way are read again after them.
    const usesUpTo = await this.marks.latestUse();
    for await (const page of recordPages(this.records)) {
      if (signal.aborted || !this.copy.fill(next, page.instances)) return false;
      // One that is not on its page may have been removed while it was read.
      for (const id of page.skipped ?? []) if (await this.isDamaged(id)) next.damaged.add(id);
    }
    this.usesUpTo = usesUpTo;
    return true;
  }

  /**
   * Notes in the copy the uses that were reported since the last time: one round trip for some hundred reports. When the store
   * has some of them no more, or there are more of them than of all that can be idle, the latest ones of those are read.
   * @throws StoreUnavailableError
   */
  async readUses(): Promise<void> {
    const ready = this.copy.index.readyIds();
    let reports = 0;
    for (let position = this.usesUpTo; position !== null; ) {
      const read = await this.marks.usesAfter(position);
      if (read === null) break;
      // A record that was made and used a moment ago may be on its way.
      const { feedPosition } = read;
      await this.copy.reaches(streamPosition(feedPosition) ?? FEED_START);
      for (const { id, at } of read.uses) if (this.copy.index.get(id) !== null) this.copy.noteUse(id, at);
      position = read.position;
      this.usesUpTo = position;
      if (!read.hasMore) return;
      reports += read.uses.length;
      if (reports > ready.length) break;
    }
    const usesUpTo = await this.marks.latestUse();
    await this.findChanged(this.copy.index.readyIds());
    this.usesUpTo = usesUpTo;
  }

  /**
   * Notes their latest uses in the copy, on the way.
   * @returns those that the store holds in a later revision than the copy, or not at all
   * @throws StoreUnavailableError
   */
  async findChanged(ids: readonly InstanceId[]): Promise<readonly InstanceId[]> {
    const versions = await this.marks.versions(ids);
    return ids.filter((id, place) => {
      const version = versions[place] ?? null;
      const record = this.copy.index.get(id);
      if (record === null) return false;
      if (version !== null && version.lastUsedAt !== null) this.copy.noteUse(id, version.lastUsedAt);
      return version?.revision !== record.revision;
    });
  }

  /** How many records the store counts. @throws StoreUnavailableError */
  async count(): Promise<number> {
    return (await this.records.counts()).total;
  }

  private async isDamaged(id: InstanceId): Promise<boolean> {
    try {
      await this.records.get(id);
      return false;
    } catch (error) {
      if (error instanceof CorruptRecordError) return true;
      throw error;
    }
  }
}

/** Every record, page by page; the next page is on its way while one is taken in. */
async function* recordPages(records: InstanceRecords): AsyncGenerator<RecordPage> {
  let next: Promise<RecordPage> | null = records.scan(null, LOAD_PAGE);
  while (next !== null) {
    const page: RecordPage = await next;
    next = page.nextCursor === null ? null : records.scan(page.nextCursor, LOAD_PAGE);
    // Whoever goes on awaits it; one that is not wanted any more may fail unheard.
    next?.catch(() => undefined);
    yield page;
  }
}
