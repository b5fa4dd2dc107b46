import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { effectiveApiKeys, ensureDevelopmentKey, plainApiKey } from '@app/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const NONE = { API_KEYS: [], API_KEYS_FILE: null };
const configured = [plainApiKey('ci', 'viewer', '0123456789abcdef')];

describe('ensureDevelopmentKey', () => {
  let folder: string;
  let dataDir: string;
  const make = (): ReturnType<typeof ensureDevelopmentKey> =>
    ensureDevelopmentKey({ NODE_ENV: 'development', DATA_DIR: dataDir }, NONE);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-key-'));
    dataDir = join(folder, 'deep', 'data');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('makes a key that only its owner can read, and finds it again', async () => {
    const made = await make();
    expect(made).toMatchObject({ created: true, path: join(dataDir, 'development-api-key') });
    expect(made?.key).toMatch(/^nf_[A-Za-z0-9]{32}$/);
    expect((await stat(join(dataDir, 'development-api-key'))).mode & 0o777).toBe(0o600);
    expect(await make()).toEqual({ ...made, created: false });
    expect(await readdir(dataDir)).toEqual(['development-api-key']);
  });

  it('gives one key to processes that start at the same time', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, make));
    expect(new Set(made.map((one) => one?.key)).size).toBe(1);
    expect(made.filter((one) => one?.created)).toHaveLength(1);
  });

  it('refuses a file that holds something else, instead of overwriting it', async () => {
    await make();
    await writeFile(join(dataDir, 'development-api-key'), 'letmein');
    await expect(make()).rejects.toThrow('holds no usable key');
  });

  it('makes none in production or beside configured keys', async () => {
    expect(await ensureDevelopmentKey({ NODE_ENV: 'production', DATA_DIR: dataDir }, NONE)).toBeNull();
    expect(
      await ensureDevelopmentKey({ NODE_ENV: 'development', DATA_DIR: dataDir }, { ...NONE, API_KEYS: configured }),
    ).toBeNull();
    const file = { ...NONE, API_KEYS_FILE: '/run/keys' };
    expect(await ensureDevelopmentKey({ NODE_ENV: 'development', DATA_DIR: dataDir }, file)).toBeNull();
    expect(await readdir(folder)).toEqual([]);
  });

  it('opens the API as an admin', async () => {
    const made = await make();
    expect(effectiveApiKeys(NONE, made)).toEqual([plainApiKey('development', 'admin', made?.key ?? '')]);
    expect(effectiveApiKeys({ API_KEYS: configured }, null)).toEqual(configured);
  });
});
