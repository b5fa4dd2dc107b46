export {
  IoRedisConnections,
  type IoRedisConnectionsOptions,
  RedisConnections,
} from './connections/ioredis-connections.js';
export { FleetId, FleetIdUnknownError, OtherFleetError, settleFleetId } from './fleet-id.js';
export { HeldLock, type HeldLockOptions } from './locks/held-lock.js';
export {
  LeaseKeeper,
  type LockAcquisition,
  type LockClaim,
  type LockHold,
  type LockHolder,
  LockKeeper,
  LockLostError,
} from './locks/locks.port.js';
export { MemoryLeaseKeeper, MemoryLockKeeper } from './locks/memory-locks.js';
export { RedisLeaseKeeper, RedisLockKeeper } from './locks/redis-locks.js';
export {
  CommandNotSentError,
  orUnavailable,
  type RedisTrouble,
  type RedisTroubleKind,
  RedisUnavailableError,
  redisTrouble,
} from './protocol/errors.js';
export { FleetKeys } from './protocol/keys.js';
export { listReply, RedisScript } from './protocol/redis-script.js';
export { MemoryQuarantine } from './quarantine/memory-quarantine.js';
export {
  type CountedSighting,
  kindOfQuarantineId,
  QUARANTINE_KINDS,
  QUARANTINE_LIMIT,
  QUARANTINE_MEANINGS,
  QUARANTINE_TEXT_BYTES,
  Quarantine,
  type QuarantineEntry,
  type QuarantineKind,
  QuarantineUnavailableError,
  quarantineId,
  type Sighting,
} from './quarantine/quarantine.port.js';
export { type QuarantineHandler, QuarantineHandlers, type RetryOutcome } from './quarantine/quarantine-handlers.js';
export { QuarantineReport } from './quarantine/quarantine-report.js';
export { QuarantineReporter, type ReportUnreadable } from './quarantine/quarantine-reporter.js';
export { RedisQuarantine } from './quarantine/redis-quarantine.js';
export { RedisModule } from './redis.module.js';
export { RedisSettings } from './redis.settings.js';
export { type RedisNotReady, RedisReadiness, type RedisReadinessOptions } from './redis-readiness.js';
export {
  followStream,
  isAfter,
  STREAM_START,
  StreamClosedError,
  type StreamEntry,
  type StreamPosition,
  streamPosition,
} from './streams/follow-stream.js';
