import type { Clock } from '@app/platform';
import { DEFAULT_IDLE_RULES } from '../plan/idle-clock.js';
import type { RecordRules } from '../plan/prepared-record.js';
import { DEFAULT_CONFIRM_PATIENCE_MS } from '../plan/prepared-record.js';
import type { InstanceStore } from '../ports/instance-store.js';
import { MemoryAuditLog } from './memory-audit-log.js';
import { MemoryChangeFeed } from './memory-change-feed.js';
import { MemoryDeadlines } from './memory-deadlines.js';
import { MemoryIdleTracker } from './memory-idle-tracker.js';
import { MemoryInstanceRecords } from './memory-instance-records.js';
import { MemoryListingDigests } from './memory-listing-digests.js';
import { MemorySpendMeter } from './memory-spend-meter.js';
import { MemoryStoreState } from './memory-state.js';
import { type KnownLocks, MemoryWriter } from './memory-writer.js';

export interface MemoryStoreOptions extends Partial<RecordRules> {
  /** The feed that it writes its changes to; one of its own when left out. */
  readonly feed?: MemoryChangeFeed;
  /** The locks of this process; without them no write can be made under one. */
  readonly locks?: KnownLocks;
}

/** The ports of a store in memory, and the feed that they write to. */
export interface MemoryStore extends InstanceStore {
  readonly feed: MemoryChangeFeed;
}

/** A store in the memory of this process. */
export function memoryStore(clock: Clock, options: MemoryStoreOptions = {}): MemoryStore {
  const feed = options.feed ?? new MemoryChangeFeed(clock);
  const state = new MemoryStoreState(clock, feed, {
    rules: options.rules ?? DEFAULT_IDLE_RULES,
    confirmPatienceMs: options.confirmPatienceMs ?? DEFAULT_CONFIRM_PATIENCE_MS,
  });
  const spend = new MemorySpendMeter(state.tables);
  const writer = new MemoryWriter(state, spend, options.locks);
  return {
    feed,
    records: new MemoryInstanceRecords(state, writer),
    deadlines: new MemoryDeadlines(state),
    idle: new MemoryIdleTracker(state, writer),
    digests: new MemoryListingDigests(state, writer),
    audit: new MemoryAuditLog(state),
    spend,
    events: feed,
  };
}
