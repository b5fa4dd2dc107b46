import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { isUnknownScript, storeError } from './store-error.js';

/** A Lua script and the digest by which Redis knows it once it has seen it. */
export class RedisScript {
  readonly digest: string;

  constructor(readonly lua: string) {
    this.digest = createHash('sha1').update(lua).digest('hex');
  }
}

/** Runs scripts on the keys of one hash tag, in one round trip each but for the first after Redis forgot them. */
export class ScriptRunner {
  /** @param hashTag such as `{novita-fleet}` */
  constructor(
    private readonly redis: Redis,
    private readonly hashTag: string,
  ) {}

  /** @throws StoreUnavailableError; a script's own error as it is */
  async run(script: RedisScript, args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.redis.evalsha(script.digest, 1, this.hashTag, ...args);
    } catch (error) {
      if (!isUnknownScript(error)) throw storeError(error);
    }
    try {
      return await this.redis.eval(script.lua, 1, this.hashTag, ...args);
    } catch (error) {
      throw storeError(error);
    }
  }
}
