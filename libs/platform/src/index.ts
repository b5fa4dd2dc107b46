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
export { Clock } from './time/clock.port.js';
export { SystemClock } from './time/system-clock.js';
export { msFromTimestamp, parseTimestamp, type Timestamp, timestampFromMs } from './time/timestamp.js';
