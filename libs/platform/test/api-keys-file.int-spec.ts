import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ApiKeyRing,
  ApiKeysFile,
  HealthIndicatorRegistry,
  HttpSettings,
  loadSection,
  MetricsRegistry,
  plainApiKey,
} from '@app/platform';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const FIXED = plainApiKey('fixed', 'admin', 'fixed-key-0123456');
const OLD = 'old-key-0123456789';
const NEW = 'new-key-0123456789';

describe('API_KEYS_FILE', () => {
  let folder: string;
  let path: string;
  let ring: ApiKeyRing;
  let health: HealthIndicatorRegistry;
  let metrics: MetricsRegistry;
  let file: ApiKeysFile;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-keys-'));
    path = join(folder, 'keys');
    ring = new ApiKeyRing([FIXED]);
    health = new HealthIndicatorRegistry();
    metrics = new MetricsRegistry();
    file = new ApiKeysFile(ring, [FIXED], loadSection(HttpSettings, { API_KEYS_FILE: path }), health, metrics);
  });
  afterEach(async () => {
    file.onModuleDestroy();
    await rm(folder, { recursive: true, force: true });
  });

  const kindOf = (key: string): string => ring.find(key).kind;
  const trouble = (): Promise<unknown> =>
    Promise.all(health.all().map(({ check }) => check({ signal: AbortSignal.timeout(60_000) })));

  it('adds its keys to those of API_KEYS, and changes them when it is replaced', async () => {
    await writeFile(path, `ci operator ${OLD}`);
    await file.onModuleInit();
    expect([kindOf('fixed-key-0123456'), kindOf(OLD), kindOf(NEW)]).toEqual(['known', 'known', 'unknown']);
    await writeFile(`${path}.draft`, `ci operator ${NEW}`);
    await rename(`${path}.draft`, path);
    await vi.waitFor(() =>
      expect([kindOf('fixed-key-0123456'), kindOf(OLD), kindOf(NEW)]).toEqual(['known', 'unknown', 'known']),
    );
    expect(await trouble()).toEqual([{}]);
  });

  it('keeps the keys that it had while the file is broken or away, and says so', async () => {
    await writeFile(path, `ci operator ${OLD}`);
    await file.onModuleInit();
    for (const breakIt of [
      () => writeFile(path, 'ci operator'),
      () => rm(path),
      () => writeFile(path, `fixed admin ${NEW}`),
    ]) {
      await breakIt();
      await file.refresh();
      expect([kindOf(OLD), kindOf(NEW)]).toEqual(['known', 'unknown']);
      expect(await trouble()).toEqual([{ degraded: expect.stringContaining('cannot be used') as string }]);
      expect(await metrics.metrics()).toContain('novita_fleet_api_keys_file_broken 1');
    }
    await writeFile(path, `ci operator ${NEW}`);
    await file.refresh();
    expect([kindOf(OLD), kindOf(NEW)]).toEqual(['unknown', 'known']);
    expect(await metrics.metrics()).toContain('novita_fleet_api_keys_file_broken 0');
  });

  it.each([
    ['a missing file', null, 'ENOENT'],
    ['a broken one', `ci root ${OLD}`, 'line 1 has an unknown role'],
  ])('keeps a process from starting with %s', async (_what, text, message) => {
    if (text !== null) await writeFile(path, text);
    await expect(file.onModuleInit()).rejects.toThrow(message);
  });
});
