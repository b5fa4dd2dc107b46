export { CommandNotSentError } from './connections/failing-fast-redis.js';
export { IoRedisConnections, type IoRedisConnectionsOptions } from './connections/ioredis-connections.js';
export { RedisConnections } from './connections/redis-connections.port.js';
export { type RedisTrouble, type RedisTroubleKind, redisTrouble } from './connections/redis-trouble.js';
export { RedisUnavailableError } from './connections/redis-unavailable.error.js';
export { FleetId, FleetIdUnknownError, OtherFleetError, settleFleetId } from './fleet-id.js';
export { FleetKeys } from './keys.js';
export { HOLDS_LOCK_FRAGMENT } from './locks/holds-lock.lua.js';
export { LeaseKeeper } from './locks/lease-keeper.port.js';
export {
  type LockAcquisition,
  type LockClaim,
  type LockHold,
  type LockHolder,
  LockKeeper,
  LockLostError,
} from './locks/lock-keeper.port.js';
export { MemoryLeaseKeeper } from './locks/memory-lease-keeper.js';
export { MemoryLockKeeper } from './locks/memory-lock-keeper.js';
export { RedisLeaseKeeper } from './locks/redis-lease-keeper.js';
export { RedisLockKeeper } from './locks/redis-lock-keeper.js';
export { orUnavailable } from './or-unavailable.js';
export { RedisModule } from './redis.module.js';
export { type RedisNotReady, RedisReadiness, type RedisReadinessOptions } from './redis-readiness.js';
export { listReply, RedisScript } from './redis-script.js';
export { followStream, StreamClosedError, type StreamEntry } from './streams/follow-stream.js';
export { isAfter, STREAM_START, type StreamPosition, streamPosition } from './streams/stream-position.js';
export { STREAM_WHOLE_FRAGMENT } from './streams/stream-whole.lua.js';
