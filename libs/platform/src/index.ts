export { type ApiKeyHolder, ApiKeyRing } from './api-keys/api-key-ring.js';
export { bearerToken } from './api-keys/bearer-token.js';
export { type DevelopmentKey, effectiveApiKeys, ensureDevelopmentKey } from './api-keys/development-key.js';
export type { Brand } from './brand.js';
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
export { PlatformLogger } from './logging/platform-logger.js';
export { requestContext } from './logging/request-context.js';
export { type LogDestination, RootLogger } from './logging/root-logger.js';
export { MetricsController } from './metrics/metrics.controller.js';
export { MetricsRegistry, MetricsTurn } from './metrics/metrics-registry.js';
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
export { parseRedisAddress, type RedisAddress, type RedisHost } from './settings/addresses.js';
export { API_ROLES, type ApiKey, type ApiRole } from './settings/api-keys.setting.js';
export { formatDuration } from './settings/duration.js';
export { Fault } from './settings/fault.js';
export { InvalidSettingsError, type SettingFault } from './settings/invalid-settings.error.js';
export { loadSettings } from './settings/load-settings.js';
export { Settings } from './settings/settings.js';
export { readSettings } from './settings/settings.module.js';
export { endOnSignal, ProcessEnd } from './shutdown/end-on-signal.js';
export type { ProcessHost } from './shutdown/process-host.js';
export { attachToProcess, listen, runMain } from './shutdown/run-main.js';
export { StartError, usingDataDir } from './start-error.js';
export { nearest } from './text/nearest.js';
export { oneLine } from './text/one-line.js';
export { Clock } from './time/clock.port.js';
export { instantViolation } from './time/instant.js';
export { SystemClock } from './time/system-clock.js';
export { msFromTimestamp, parseTimestamp, type Timestamp, timestampFromMs } from './time/timestamp.js';
