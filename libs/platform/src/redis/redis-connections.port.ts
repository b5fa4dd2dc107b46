import type { Redis } from 'ioredis';

/** Makes connections to the one configured Redis. Injected as `null` when none is configured (memory mode). */
export abstract class RedisConnections {
  /** The process's shared connection for commands and scripts: fails fast (one retry, 1 s). */
  abstract get commands(): Redis;
  /** A connection of its own for a caller that blocks or subscribes; waits for ever. The caller closes it. */
  abstract dedicated(purpose: string): Redis;
}
