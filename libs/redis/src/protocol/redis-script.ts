import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';

const INCLUDE = /^--- @include "([^"]+)"$/gm;
/** The folder of what scripts of several libs include, as `<redis>/holds-lock.lua`. */
const SHARED = new URL('../lua/', import.meta.url);

/** A Lua script that is sent by its digest, and in full only when the server does not know it. */
export class RedisScript {
  private readonly digest: string;

  constructor(private readonly source: string) {
    this.digest = createHash('sha1').update(source).digest('hex');
  }

  /**
   * Reads a script from its file, with what it includes in place of each line `--- @include "part.lua"`: a path from the
   * file's own folder, or `<redis>/part.lua`. A part that is included more than once stands where it is named first.
   *
   * @param file such as `new URL('./write.lua', import.meta.url)`; read once, when the module is loaded
   * @param constants limits that the script shares with TypeScript, as locals at its head
   * @throws what the file system throws for a file that is not there
   */
  static fromFile(file: URL, constants: Readonly<Record<string, number>> = {}): RedisScript {
    const head = Object.entries(constants).map(([name, value]) => `local ${name} = ${value}\n`);
    return new RedisScript(head.join('') + assemble(file, new Set()));
  }

  /** @throws what ioredis throws, for want of Redis or from within the script */
  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.digest, keys.length, ...keys, ...args);
    } catch (error) {
      // Redis forgets scripts when it restarts, fails over or is flushed.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(this.source, keys.length, ...keys, ...args);
    }
  }
}

/** @throws when the reply is no list: then the script and who reads its reply do not go together */
export function listReply(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw new Error('Redis answered a script with something else than a list');
  return reply;
}

function assemble(file: URL, included: Set<string>): string {
  included.add(file.href);
  return readFileSync(fileURLToPath(file), 'utf8').replace(INCLUDE, (_line, path: string) => {
    const part = path.startsWith('<redis>/') ? new URL(path.slice('<redis>/'.length), SHARED) : new URL(path, file);
    return included.has(part.href) ? '' : assemble(part, included);
  });
}
