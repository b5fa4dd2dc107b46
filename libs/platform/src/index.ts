export { parseRedisAddress, type RedisAddress, type RedisHost } from './config/addresses.js';
export type { SettingFault } from './config/cross-rules.js';
export { API_ROLES, type ApiKey, type ApiRole } from './config/list-settings.js';
export { InvalidSettingsError, loadSettings } from './config/load-settings.js';
export { Fault, formatDuration } from './config/setting-kinds.js';
export { Settings } from './config/settings.js';
export { readSettings } from './config/settings.module.js';
export { type ApiKeyHolder, ApiKeyRing, bearerToken } from './http/api-keys/api-key-ring.js';
export { type DevelopmentKey, effectiveApiKeys, ensureDevelopmentKey } from './http/api-keys/development-key.js';
export {
  Draining,
  type HealthDetails,
  type HealthIndicator,
  HealthIndicatorRegistry,
  type HealthReport,
  HealthReporter,
  NotWellError,
} from './http/health/health.js';
export { MetricsController, MetricsRegistry, MetricsTurn } from './http/metrics/metrics-registry.js';
export { PLATFORM_PROBLEMS, type PlatformProblemCode } from './http/problems/platform-problems.js';
export type { Repeatable } from './http/problems/problem.filter.js';
export {
  defineProblems,
  type FieldError,
  PROBLEM_MEDIA_TYPE,
  Problem,
  type ProblemDetails,
  type ProblemType,
  problemAnswer,
  type RequestEffect,
} from './http/problems/problem.js';
export { type ProblemMapper, ProblemMappers, ProblemRegistry } from './http/problems/problem-registry.js';
export { renderProblemIndex, renderProblemPage, renderProblemsMarkdown } from './http/problems/render-problems.js';
export { createValidationPipe, jsonPointer, validationFailed } from './http/problems/validation.pipe.js';
export { createHttpAdapter } from './http/server/platform-adapter.js';
export { type StreamedAnswer, StreamedAnswers } from './http/server/streamed-answers.js';
export { endOnSignal, ProcessEnd, type ProcessHost } from './http/shutdown/end-on-signal.js';
export { attachToProcess, listen, runMain } from './http/shutdown/run-main.js';
export { delay, inBatches, Lifelong, Listeners, ShortMemory, sideBySide, untilAborted } from './kernel/async.js';
export { type Brand, IdGenerator, ProcessIdentity, ULID_ALPHABET, UlidGenerator } from './kernel/ids.js';
export { StartError, usingDataDir } from './kernel/start-error.js';
export { isObject, nearest, oneLine, parseJson } from './kernel/text.js';
export {
  Clock,
  instantViolation,
  msFromTimestamp,
  parseTimestamp,
  SystemClock,
  type Timestamp,
  timestampFromMs,
} from './kernel/time.js';
export { PlatformLogger } from './logging/logging.module.js';
export { type LogDestination, RootLogger, requestContext } from './logging/root-logger.js';
export { PlatformModule, type PlatformOptions } from './platform.module.js';
