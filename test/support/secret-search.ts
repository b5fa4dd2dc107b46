import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** A piece of what a run leaves: a key of Redis, an answer, the log of a process, a file. */
export interface Trace {
  readonly place: string;
  readonly text: string;
}

/** Every key of a Redis with all that it holds. */
export async function redisTraces(url: string): Promise<readonly Trace[]> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys('*');
    return await Promise.all(keys.map(async (key) => ({ place: key, text: `${key}\n${await contentOf(redis, key)}` })));
  } finally {
    redis.disconnect();
  }
}

async function contentOf(redis: Redis, key: string): Promise<string> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return (await redis.get(key)) ?? '';
    case 'hash':
      return Object.entries(await redis.hgetall(key))
        .flat()
        .join('\n');
    case 'list':
      return (await redis.lrange(key, 0, -1)).join('\n');
    case 'set':
      return (await redis.smembers(key)).join('\n');
    case 'zset':
      return (await redis.zrange(key, '0', '-1')).join('\n');
    case 'stream':
      return (await redis.xrange(key, '-', '+')).flat(2).join('\n');
    case 'none':
      // It has lapsed meanwhile.
      return '';
    default:
      throw new Error(`${key} is a ${type}, which is not read here`);
  }
}

/** Every file below a folder. */
export async function fileTraces(folder: string): Promise<readonly Trace[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(files.map(async (file) => ({ place: file, text: await readFile(file, 'utf8') })));
}

/**
 * Which secrets stand where: their names with the places, each place cut down to its kind.
 *
 * @param secrets of characters that are written the same in JSON and in addresses
 */
export function findSecrets(
  secrets: Readonly<Record<string, string>>,
  traces: readonly Trace[],
  kindOf: (place: string) => string,
): readonly string[] {
  const found = new Set<string>();
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret === '') throw new Error(`${name} is empty, and would be found everywhere`);
    for (const { place, text } of traces) if (text.includes(secret)) found.add(`${name} in ${kindOf(place)}`);
  }
  return [...found].toSorted();
}
