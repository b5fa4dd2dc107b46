export { type ApiKeyHolder, ApiKeyRing } from './api-keys/api-key-ring.js';
export { type DevelopmentKey, effectiveApiKeys, ensureDevelopmentKey } from './api-keys/development-key.js';
export type { Brand } from './brand.js';
export { IdGenerator } from './ids/id-generator.port.js';
export { UlidGenerator } from './ids/ulid-generator.js';
export { LeaseKeeper } from './lease/lease-keeper.port.js';
export {
  defineProblems,
  type FieldError,
  Problem,
  type ProblemDetails,
  type ProblemType,
} from './problems/problem.js';
export { RedisConnections } from './redis/redis-connections.port.js';
export { API_ROLES, type ApiKey, type ApiRole } from './settings/api-keys.setting.js';
export { formatDuration } from './settings/duration.js';
export { InvalidSettingsError, type SettingFault } from './settings/invalid-settings.error.js';
export { loadSettings } from './settings/load-settings.js';
export { Settings } from './settings/settings.js';
export { readSettings } from './settings/settings.module.js';
export { oneLine } from './text/one-line.js';
export { Clock } from './time/clock.port.js';
export { SystemClock } from './time/system-clock.js';
export { msFromTimestamp, parseTimestamp, type Timestamp, timestampFromMs } from './time/timestamp.js';
