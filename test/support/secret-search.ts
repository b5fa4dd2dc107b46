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
      return JSON.stringify(await redis.hgetall(key));
    case 'list':
      return (await redis.lrange(key, 0, -1)).join('\n');
    case 'set':
      return (await redis.smembers(key)).join('\n');
    case 'zset':
      return (await redis.zrange(key, 0, -1)).join('\n');
    case 'stream':
      return JSON.stringify(await redis.xrange(key, '-', '+'));
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

/** Which secrets stand where: their names with the places, each place cut down to its kind. */
export function findSecrets(
  secrets: Readonly<Record<string, string>>,
  traces: readonly Trace[],
  kindOf: (place: string) => string,
): readonly string[] {
  const found = new Set<string>();
  for (const [name, secret] of Object.entries(secrets)) {
    // As it is, as JSON inside of JSON has it, and as an address has it.
    const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
    for (const { place, text } of traces) {
      if (forms.some((form) => text.includes(form))) found.add(`${name} in ${kindOf(place)}`);
    }
  }
  return [...found].toSorted();
}
