export { InvalidSettingsError, loadSection, loadSections } from './config/load-settings.js';
export { ProcessSettings, requiredInProduction } from './config/process.settings.js';
export { Setting, settingsOf } from './config/setting.decorator.js';
export {
  dollars,
  duration,
  durationOr,
  formatDuration,
  httpAddress,
  isDecodable,
  matching,
  oneOf,
  parseDuration,
  parseUrl,
  passwordsIn,
  type SettingKind,
  trueOrFalse,
  Violation,
  wholeNumber,
} from './config/setting-kinds.js';
export { mustBeLonger, ruleBetween } from './config/setting-rules.js';
export { type SettingRule, Settings, type SettingsSection } from './config/settings.js';
export { readSections } from './config/settings.module.js';
export {
  renderConfiguration,
  renderEnvExample,
  staleSettingsDocuments,
  writeSettingsDocuments,
} from './config/settings-documents.js';
export {
  API_ROLES,
  type ApiKey,
  type ApiKeyLimits,
  type ApiRole,
  hashOfKey,
  plainApiKey,
} from './http/api-keys/api-key.js';
export { type ApiKeyHolder, ApiKeyRing, bearerToken, type KeyVerdict } from './http/api-keys/api-key-ring.js';
export { ApiKeysFile } from './http/api-keys/api-keys-file.js';
export { type DevelopmentKey, effectiveApiKeys, ensureDevelopmentKey } from './http/api-keys/development-key.js';
export { metricsAuth } from './http/api-keys/metrics-auth.js';
export {
  Draining,
  type HealthDetails,
  type HealthIndicator,
  HealthIndicatorRegistry,
  type HealthReport,
  HealthReporter,
  NotWellError,
} from './http/health/health.js';
export { HttpSettings } from './http/http.settings.js';
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
export {
  type ProblemMapper,
  ProblemMappers,
  ProblemRegistry,
  renderProblemsMarkdown,
} from './http/problems/problem-registry.js';
export { createValidationPipe, jsonPointer, validationFailed } from './http/problems/validation.pipe.js';
export { createHttpAdapter } from './http/server/platform-adapter.js';
export { type StreamedAnswer, StreamedAnswers } from './http/server/streamed-answers.js';
export { endOnSignal, ProcessEnd, type ProcessHost } from './http/shutdown/end-on-signal.js';
export { attachToProcess, listen, runMain } from './http/shutdown/run-main.js';
export { ShutdownSettings } from './http/shutdown/shutdown.settings.js';
export { delay, inBatches, Lifelong, Listeners, ShortMemory, sideBySide, untilAborted } from './kernel/async.js';
export { type Brand, IdGenerator, ProcessIdentity, ULID_ALPHABET, UlidGenerator } from './kernel/ids.js';
export { StartError, usingDataDir } from './kernel/start-error.js';
export { isObject, nearest, oneLine, parseJson, probablyMeant } from './kernel/text.js';
export {
  Clock,
  DAY_MS,
  HOUR_MS,
  instantViolation,
  MINUTE_MS,
  msFromTimestamp,
  parseRetryAfter,
  parseTimestamp,
  SECOND_MS,
  SystemClock,
  type Timestamp,
  timestampFromMs,
} from './kernel/time.js';
export { PlatformLogger } from './logging/logging.module.js';
export { type LogDestination, RootLogger, requestContext } from './logging/root-logger.js';
export { PlatformModule, type PlatformOptions } from './platform.module.js';
export { parseCarrier, type TraceCarrier } from './tracing/trace-carrier.js';
export { inSpan, type SpanOptions, traceCarrier, useTracer, withTraceparent } from './tracing/tracing.js';
export { TracingSettings } from './tracing/tracing.settings.js';
