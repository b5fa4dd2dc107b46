import type { Clock } from '@app/platform';
import type { Redis } from 'ioredis';
import type { InstanceStore } from '../instance-store.js';
import { RecordWriter } from './record-writer.js';
import { RedisAuditLog } from './redis-audit-log.js';
import { RedisDeadlines } from './redis-deadlines.js';
import { RedisFleetEvents } from './redis-fleet-events.js';
import { RedisIdleTracker } from './redis-idle-tracker.js';
import { RedisInstanceRecords } from './redis-instance-records.js';
import { RedisListingDigests } from './redis-listing-digests.js';
import { RedisSpendMeter } from './redis-spend-meter.js';
import { RedisStoreContext, type RedisStoreOptions } from './store-context.js';
import { Touches } from './touches.js';

/** A store in Redis. Its ports share what was read of its records lately. */
export function redisStore(redis: Redis, clock: Clock, options: RedisStoreOptions): InstanceStore {
  const context = new RedisStoreContext(redis, clock, options);
  const writer = new RecordWriter(context);
  const touches = new Touches(context.scripts);
  return {
    records: new RedisInstanceRecords(context, writer, touches),
    deadlines: new RedisDeadlines(context),
    idle: new RedisIdleTracker(context, writer, touches),
    digests: new RedisListingDigests(context),
    audit: new RedisAuditLog(context),
    spend: new RedisSpendMeter(context),
    events: new RedisFleetEvents(context),
  };
}
