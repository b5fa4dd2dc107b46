import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** A Lua script on the keys of one hash tag, in one round trip but for the first after Redis forgot it. */
export class RedisScript {
  private readonly digest: string;

  constructor(private readonly lua: string) {
    this.digest = createHash('sha1').update(lua).digest('hex');
  }

  /** @throws what ioredis throws when Redis is away */
  async run(redis: Redis, key: string, args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.digest, 1, key, ...args);
    } catch (error) {
      // A Redis that was restarted does not know the script yet.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(this.lua, 1, key, ...args);
    }
  }
}
