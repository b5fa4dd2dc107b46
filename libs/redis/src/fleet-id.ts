import { randomBytes, randomInt } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ProcessSettings, StartError, usingDataDir } from '@app/platform';
import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { RedisUnavailableError, redisTrouble } from './protocol/errors.js';
import { FleetKeys } from './protocol/keys.js';
import type { RedisSettings } from './redis.settings.js';

const FORM = /^[a-z0-9]{4}$/;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Whose markers are ours: four characters that no other installation on the same Novita account has. */
export class FleetId {
  /** @param id null while only Redis can say it, and has not been reached since the start of this process */
  constructor(private id: string | null) {}

  /** Null while nobody knows it: then nothing at Novita counts as ours. */
  get known(): string | null {
    return this.id;
  }

  /** @throws FleetIdUnknownError */
  get value(): string {
    if (this.id === null) throw new FleetIdUnknownError();
    return this.id;
  }

  /** The id in Redis counts, also where DATA_DIR kept another. */
  settle(id: string): void {
    this.id = id;
  }
}

/** Thrown for what needs the id of the fleet while Redis, which holds it, has not been reached yet. */
export class FleetIdUnknownError extends Error {
  override readonly name = 'FleetIdUnknownError';

  constructor() {
    super('the id of this fleet is not known before Redis is reached: neither FLEET_ID nor DATA_DIR has it');
  }
}

/** The records in Redis belong to another fleet than FLEET_ID names: each would stop the other's instances. */
export class OtherFleetError extends StartError {
  override readonly name = 'OtherFleetError';

  constructor(given: string, stored: string, keyPrefix: string) {
    super(
      `FLEET_ID is "${given}", but the records in Redis under REDIS_KEY_PREFIX "${keyPrefix}" belong to the fleet ` +
        `"${stored}". Set FLEET_ID=${stored} to go on with them, or another REDIS_KEY_PREFIX for a new fleet.`,
    );
  }
}

export type FleetSettings = Pick<RedisSettings, 'FLEET_ID' | 'REDIS_KEY_PREFIX'> & Pick<ProcessSettings, 'DATA_DIR'>;

/**
 * The id of this fleet. FLEET_ID wins. Without it, the one that Redis or DATA_DIR keeps is used, Redis first; when
 * neither has one, a random one is made. Afterwards both keep the same. Processes that start together agree.
 *
 * @param redis null in memory mode
 * @throws OtherFleetError when Redis holds records of another fleet than FLEET_ID; StartError when what is kept is no id;
 *   RedisUnavailableError when Redis can neither give an id nor store one
 */
export async function settleFleetId(settings: FleetSettings, redis: Redis | null): Promise<FleetId> {
  const given = settings.FLEET_ID;
  const path = pathOf(settings);
  const kept = given ?? (await usingDataDir(settings.DATA_DIR, () => readId(path)));
  if (redis === null) {
    return new FleetId(kept ?? (await usingDataDir(settings.DATA_DIR, () => keepFirst(path, randomId()))));
  }
  const candidate = kept ?? randomId();
  const stored = await storeFirst(redis, new FleetKeys(settings.REDIS_KEY_PREFIX).fleetId, candidate);
  if (given !== null && stored !== given) throw new OtherFleetError(given, stored, settings.REDIS_KEY_PREFIX);
  if (given === null) await keepCopy(path, stored);
  return new FleetId(stored);
}

/**
 * The id as far as it is known before Redis can be asked. None is made up: Redis may hold another.
 *
 * @throws StartError when what is kept is no id
 */
export async function fleetIdWithoutRedis(settings: FleetSettings): Promise<FleetId> {
  return new FleetId(settings.FLEET_ID ?? (await usingDataDir(settings.DATA_DIR, () => readId(pathOf(settings)))));
}

/** By prefix: two fleets that are run from one folder must not inherit each other's id. */
function pathOf({ DATA_DIR, REDIS_KEY_PREFIX }: FleetSettings): string {
  return join(DATA_DIR, `fleet-id.${REDIS_KEY_PREFIX}`);
}

/** Reads first: a full Redis that has an id already is good enough to start with. */
async function storeFirst(redis: Redis, key: string, candidate: string): Promise<string> {
  let stored: string | null;
  try {
    stored = await redis.get(key);
    if (stored === null) {
      await redis.set(key, candidate, 'NX');
      stored = await redis.get(key);
    }
  } catch (error) {
    if (redisTrouble(error) === null) throw error;
    throw new RedisUnavailableError(`${redis.options.host ?? 'localhost'}:${redis.options.port ?? 6379}`, error);
  }
  if (stored === null || !FORM.test(stored))
    throw new StartError(
      `${key} in Redis holds no fleet id; delete it to have a new one made, or set FLEET_ID and delete it`,
    );
  return stored;
}

/** Redis has it; the copy only matters once Redis is lost. */
async function keepCopy(path: string, id: string): Promise<void> {
  try {
    if ((await readId(path)) !== id) await writeWhole(path, id, rename);
  } catch (error) {
    new Logger('Process').warn('the id of this fleet could not be kept in DATA_DIR', { path, err: error });
  }
}

/** Two processes may start at once: the file appears whole or not at all, and the first one wins. */
async function keepFirst(path: string, id: string): Promise<string> {
  try {
    await writeWhole(path, id, link);
    return id;
  } catch (error) {
    const kept = await readId(path);
    if (kept !== null) return kept;
    throw error;
  }
}

async function writeWhole(
  path: string,
  id: string,
  place: (draft: string, path: string) => Promise<void>,
): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${id}\n`, { flag: 'wx' });
  try {
    await place(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

async function readId(path: string): Promise<string | null> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  if (!FORM.test(text)) throw new StartError(`${path} holds no fleet id; delete it to have a new one made`);
  return text;
}

function randomId(): string {
  return Array.from({ length: 4 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
