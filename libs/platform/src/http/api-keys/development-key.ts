import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ProcessSettings } from '../../config/process.settings.js';
import { StartError, usingDataDir } from '../../kernel/start-error.js';
import type { HttpSettings } from '../http.settings.js';
import { type ApiKey, plainApiKey } from './api-key.js';

export interface DevelopmentKey {
  readonly key: string;
  readonly path: string;
  /** Whether it was made just now. */
  readonly created: boolean;
}

const KEY_PATTERN = /^nf_[A-Za-z0-9]{32}$/;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Outside production and without API_KEYS and API_KEYS_FILE, the admin key of this machine: read from `<DATA_DIR>/development-api-key`, or
 * made and kept there, readable by its owner only.
 * @returns null when either is set or in production: then there is no such key
 * @throws StartError when the folder or the file cannot be used
 */
export async function ensureDevelopmentKey(
  { NODE_ENV, DATA_DIR }: Pick<ProcessSettings, 'NODE_ENV' | 'DATA_DIR'>,
  { API_KEYS, API_KEYS_FILE }: Pick<HttpSettings, 'API_KEYS' | 'API_KEYS_FILE'>,
): Promise<DevelopmentKey | null> {
  if (NODE_ENV === 'production' || API_KEYS.length > 0 || API_KEYS_FILE !== null) return null;
  return usingDataDir(DATA_DIR, () => readOrCreateKey(DATA_DIR));
}

async function readOrCreateKey(dataDir: string): Promise<DevelopmentKey> {
  const path = resolve(dataDir, 'development-api-key');
  const kept = await readKey(path);
  if (kept !== null) {
    await chmod(path, 0o600);
    return { key: kept, path, created: false };
  }
  await mkdir(dataDir, { recursive: true });
  return createKey(path, dataDir);
}

/** The keys that open the API: the configured ones, or the development key as an admin. */
export function effectiveApiKeys(
  { API_KEYS }: Pick<HttpSettings, 'API_KEYS'>,
  developmentKey: DevelopmentKey | null,
): readonly ApiKey[] {
  if (developmentKey === null) return API_KEYS;
  return [...API_KEYS, plainApiKey('development', 'admin', developmentKey.key)];
}

/** Two processes may start at once: the file appears whole or not at all, and the first one wins. */
async function createKey(path: string, dataDir: string): Promise<DevelopmentKey> {
  const key = `nf_${randomText(32)}`;
  const draft = join(dataDir, `.development-api-key-${randomText(8)}`);
  await writeFile(draft, `${key}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
    return { key, path, created: true };
  } catch (error) {
    const kept = await readKey(path);
    if (kept !== null) return { key: kept, path, created: false };
    throw new StartError(`${path} exists and holds no usable key; delete it to have a new one made`, { cause: error });
  } finally {
    await rm(draft, { force: true });
  }
}

async function readKey(path: string): Promise<string | null> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    return KEY_PATTERN.test(text) ? text : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    // 248 is the largest multiple of 62 in a byte: above it some characters would come more often.
    for (const byte of randomBytes(length)) if (byte < 248) text += ALPHABET[byte % ALPHABET.length];
  }
  return text.slice(0, length);
}
