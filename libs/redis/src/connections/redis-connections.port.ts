import type { Redis } from 'ioredis';

/** Makes connections to the one configured Redis. Injected as `null` when none is configured (memory mode). */
export abstract class RedisConnections {
  /** The process's shared connection for commands and scripts: fails fast (one retry, 3 s). */
  abstract get commands(): Redis;
  /**
   * A connection of its own for a caller that blocks or subscribes; waits for ever. The caller closes it.
   *
   * @param blocksMs the longest time for which a command on it may block, in ms; without an answer for longer than that
   *   and a little, the connection counts as broken and is made anew
   */
  abstract dedicated(purpose: string, blocksMs?: number): Redis;
  /** Whether the user of REDIS_URL has the right to INFO. */
  abstract get mayReadInfo(): boolean;
}
