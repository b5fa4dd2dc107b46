import type { Clock } from '@app/platform';
import type { ReportUnreadable } from '@app/redis';
import type { Redis } from 'ioredis';
import { DEFAULT_IDLE_RULES } from '../plan/idle-clock.js';
import { DEFAULT_CONFIRM_PATIENCE_MS, type RecordRules } from '../plan/prepared-record.js';
import type { InstanceStore } from '../ports/instance-store.js';
import { BulkWrites } from './bulk-writes.js';
import { StoreKeyspace } from './keyspace.js';
import { PlanRunner } from './plan-runner.js';
import { type KnownLimits, RecordCodec } from './record-codec.js';
import { RedisAuditLog } from './redis-audit-log.js';
import { RedisFleetEvents } from './redis-change-feed.js';
import { RedisDeadlines } from './redis-deadlines.js';
import { RedisIdleTracker } from './redis-idle-tracker.js';
import { RedisInstanceRecords } from './redis-instance-records.js';
import { RedisListingDigests } from './redis-listing-digests.js';
import { RedisSpendMeter } from './redis-spend-meter.js';
import { Touches } from './touches.js';

export interface RedisStoreOptions extends Partial<RecordRules> {
  /** Becomes the hash tag of every key. */
  readonly keyPrefix: string;
  /** Entries of the change feed that are kept, about. */
  readonly feedLimit?: number;
  /** How many records are known, so that the next write of one needs no read. */
  readonly known?: KnownLimits;
  /** Gets each record that cannot be read, whenever it is met. */
  readonly onUnreadable?: ReportUnreadable;
}

const KNOWN: KnownLimits = { maxRecords: 5_000, maxCharacters: 32 * 1024 * 1024 };

/** A store in Redis. Its ports share the records that one of them has read lately. */
export function redisStore(redis: Redis, clock: Clock, options: RedisStoreOptions): InstanceStore {
  const rules: RecordRules = {
    rules: options.rules ?? DEFAULT_IDLE_RULES,
    confirmPatienceMs: options.confirmPatienceMs ?? DEFAULT_CONFIRM_PATIENCE_MS,
  };
  const keyspace = new StoreKeyspace(redis, options.keyPrefix, options.feedLimit);
  const codec = new RecordCodec(options.known ?? KNOWN, rules, options.onUnreadable);
  const plans = new PlanRunner(keyspace);
  const touches = new Touches(keyspace);
  const records = new RedisInstanceRecords(keyspace, codec, plans, new BulkWrites(codec, plans, touches, clock), clock);
  return {
    records,
    deadlines: new RedisDeadlines(keyspace, codec, clock),
    idle: new RedisIdleTracker(keyspace, codec, records, touches, rules.rules, clock),
    digests: new RedisListingDigests(keyspace),
    audit: new RedisAuditLog(keyspace),
    spend: new RedisSpendMeter(keyspace),
    events: new RedisFleetEvents(keyspace, clock),
  };
}
