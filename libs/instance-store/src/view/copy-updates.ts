import { delay, oneLine, type Timestamp } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { type FeedEntry, isInstanceChange } from '../ports/change-feed.port.js';
import { InstanceRecords } from '../ports/instance-records.port.js';
import type { InstanceId } from '../record/identity.js';
import { CorruptRecordError } from '../record/parse-record.js';
import type { FeedListener } from './change-feed-view.js';
import { FleetCopy } from './fleet-copy.js';
import { FleetLoader } from './fleet-loader.js';
import { LoadState } from './load-state.js';
import { MarkReader } from './mark-reader.js';

const REFETCH_PAUSE_MS = 1_000;

/**
 * Keeps the copy up to date: applies the entries of the feed, and reads a record again whose entry was not understood.
 */
@Injectable()
export class CopyUpdates implements FeedListener {
  private readonly logger = new Logger('WatchCache');
  private readonly shutdown = new AbortController();

  constructor(
    private readonly records: InstanceRecords,
    private readonly copy: FleetCopy,
    private readonly marks: MarkReader,
    private readonly loader: FleetLoader,
    private readonly state: LoadState,
  ) {}

  stop(): void {
    this.shutdown.abort();
  }

  entry(entry: FeedEntry): void {
    if (isInstanceChange(entry)) {
      const { instanceId, record } = entry;
      // The removal of the one before was missed, or this entry comes late: the store knows.
      if (record !== null && this.copy.contradicts(record)) this.refetch(instanceId);
      else this.copy.apply(instanceId, record);
    }
    this.reach(entry.entryId);
  }

  advanced(position: string, unread: readonly InstanceId[]): void {
    for (const id of unread) this.refetch(id);
    this.reach(position);
  }

  lost(position: string): void {
    this.loader.begin();
    this.reach(position);
  }

  interrupted(since: Timestamp | null): void {
    // The follower of the feed learns in its own time whether anything was lost; readers want to know at once.
    if (since === null && this.state.isLoaded) this.loader.check();
    // Perhaps nobody reads now; but commands that end something without the store wait until its absence is known.
    if (since !== null) void this.marks.ask([]).catch(() => undefined);
  }

  /** Whether the copy is as the store has it, and the store can be asked. */
  get areCurrent(): boolean {
    return this.state.isLoaded && !this.marks.isAway;
  }

  /** Reads a record again, until the store answers or an entry of the feed brings a later revision. */
  refetch(id: InstanceId): void {
    const question = this.copy.beginRefetch(id);
    void this.readAgain(id, question);
  }

  private reach(entryId: string): void {
    this.copy.reach(entryId);
    this.loader.noteReached(this.copy.applied);
  }

  private async readAgain(id: InstanceId, question: symbol): Promise<void> {
    while (this.copy.isAsked(id, question) && !this.shutdown.signal.aborted) {
      try {
        const stored = await this.records.get(id);
        // A store that has lost data holds no record either, or an earlier one; the mark reveals that.
        const mayBeLost = stored === null || this.copy.isAheadOf(stored.record);
        if (mayBeLost) await this.marks.ask([]);
        if (!mayBeLost || this.state.isLoaded) this.copy.endRefetch(id, question, stored);
        if (!this.copy.isAsked(id, question)) return;
      } catch (error) {
        if (error instanceof CorruptRecordError) {
          this.logger.error(`${error.message}; left out`);
          this.copy.endRefetchDamaged(id, question);
          return;
        }
        const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
        this.logger.warn(`instance ${id} could not be read again: ${reason}`);
      }
      await delay(REFETCH_PAUSE_MS, this.shutdown.signal);
    }
  }
}
