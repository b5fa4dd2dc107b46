export { type ApiKeyHolder, ApiKeyRing } from './api-keys/api-key-ring.js';
export { bearerToken } from './api-keys/bearer-token.js';
export { type DevelopmentKey, effectiveApiKeys, ensureDevelopmentKey } from './api-keys/development-key.js';
export type { Brand } from './brand.js';
export { FleetId, OtherFleetError, settleFleetId } from './fleet-id.js';
export { Lifelong } from './flow/lifelong.js';
export { Listeners } from './flow/listeners.js';
export { ShortMemory } from './flow/short-memory.js';
export { inBatches, sideBySide } from './flow/side-by-side.js';
export { delay, untilAborted } from './flow/until-aborted.js';
export { Draining } from './health/draining.js';
export {
  type HealthDetails,
  type HealthIndicator,
  HealthIndicatorRegistry,
  NotWellError,
} from './health/health-indicator-registry.js';
export { type HealthReport, HealthReporter } from './health/health-reporter.js';
export { createHttpAdapter } from './http/platform-adapter.js';
export { type StreamedAnswer, StreamedAnswers } from './http/streamed-answers.js';
export { IdGenerator } from './ids/id-generator.port.js';
export { UlidGenerator } from './ids/ulid-generator.js';
export { LeaseKeeper } from './lease/lease-keeper.port.js';
export { MemoryLeaseKeeper } from './lease/memory-lease-keeper.js';
export { RedisLeaseKeeper } from './lease/redis-lease-keeper.js';
export { HOLDS_LOCK_FRAGMENT } from './lock/holds-lock.lua.js';
export {
  type LockAcquisition,
  type LockClaim,
  type LockHold,
  type LockHolder,
  LockKeeper,
  LockLostError,
} from './lock/lock-keeper.port.js';
export { MemoryLockKeeper } from './lock/memory-lock-keeper.js';
export { RedisLockKeeper } from './lock/redis-lock-keeper.js';
export { PlatformLogger } from './logging/platform-logger.js';
export { requestContext } from './logging/request-context.js';
export { type LogDestination, RootLogger } from './logging/root-logger.js';
export { MetricsController } from './metrics/metrics.controller.js';
export { MetricsRegistry } from './metrics/metrics-registry.js';
export { PlatformModule, type PlatformOptions } from './platform.module.js';
export { PLATFORM_PROBLEMS, type PlatformProblemCode } from './problems/platform-problems.js';
export {
  defineProblems,
  type FieldError,
  Problem,
  type ProblemDetails,
  type ProblemType,
} from './problems/problem.js';
export { PROBLEM_MEDIA_TYPE, problemAnswer } from './problems/problem-document.js';
export { type ProblemMapper, ProblemMappers } from './problems/problem-mappers.js';
export { ProblemRegistry } from './problems/problem-registry.js';
export { renderProblemIndex, renderProblemPage, renderProblemsMarkdown } from './problems/render-problems.js';
export type { Repeatable, RequestEffect } from './problems/request-effect.js';
export { createValidationPipe, jsonPointer, validationFailed } from './problems/validation.pipe.js';
export { ProcessIdentity } from './process-identity.js';
export { CommandNotSentError } from './redis/failing-fast-redis.js';
export { followStream, StreamClosedError, type StreamEntry } from './redis/follow-stream.js';
export { IoRedisConnections, type IoRedisConnectionsOptions } from './redis/ioredis-connections.js';
export { RedisConnections } from './redis/redis-connections.port.js';
export { RedisScript } from './redis/redis-script.js';
export { type RedisTrouble, type RedisTroubleKind, redisTrouble } from './redis/redis-trouble.js';
export { RedisUnavailableError } from './redis/redis-unavailable.error.js';
export { isAfter, STREAM_START, type StreamPosition, streamPosition } from './redis/stream-position.js';
export { STREAM_WHOLE_FRAGMENT } from './redis/stream-whole.lua.js';
export { API_ROLES, type ApiKey, type ApiRole } from './settings/api-keys.setting.js';
export { formatDuration } from './settings/duration.js';
export { InvalidSettingsError, type SettingFault } from './settings/invalid-settings.error.js';
export { loadSettings } from './settings/load-settings.js';
export { Settings } from './settings/settings.js';
export { readSettings } from './settings/settings.module.js';
export { endOnSignal } from './shutdown/end-on-signal.js';
export type { ProcessHost } from './shutdown/process-host.js';
export { attachToProcess, listen, runMain } from './shutdown/run-main.js';
export { StartError } from './start-error.js';
export { nearest } from './text/nearest.js';
export { oneLine } from './text/one-line.js';
export { Clock } from './time/clock.port.js';
export { instantViolation } from './time/instant.js';
export { SystemClock } from './time/system-clock.js';
export { msFromTimestamp, parseTimestamp, type Timestamp, timestampFromMs } from './time/timestamp.js';
