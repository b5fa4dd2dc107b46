import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RedisFixture, startRedis } from '@app/testing/servers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NODE_COMPILE_CACHE, ROOT } from './support/built-process.js';
import { until } from './support/until.js';

/** What a container or a supervisor runs is npm, and it signals npm only. */
describe('SIGTERM to npm', () => {
  let redis: RedisFixture;
  let folder: string;
  let npm: ChildProcess | null = null;
  beforeAll(async () => {
    redis = await startRedis();
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-npm-'));
  });
  afterEach(async () => {
    if (npm !== null && npm.exitCode === null && npm.signalCode === null) {
      const ended = once(npm, 'exit');
      npm.kill('SIGTERM');
      await ended;
    }
  });
  afterAll(async () => {
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['start:api', ['run', 'start:api'], /api listens/],
    ['start:worker', ['run', 'start:worker'], /worker runs/],
    ['start', ['start'], /standalone listens/],
  ])('reaches what npm %s runs, which drains and ends', async (_name, args, ready) => {
    const port = String(await freePort());
    npm = spawn('npm', args, {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: folder,
        NODE_COMPILE_CACHE,
        DATA_DIR: folder,
        PORT: port,
        WORKER_PORT: port,
        REDIS_URL: redis.url,
        NOVITA_API_KEY: 'sk_for_tests',
        // Nothing is there: the first call fails at once.
        NOVITA_API_BASE_URL: 'http://127.0.0.1:9',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [npm.stdout, npm.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const closed = once(npm, 'close');
    await until(`${String(ready)} in ${output}`, async () => ready.test(output));
    const live = `http://127.0.0.1:${port}/health/live`;
    expect((await fetch(live)).status).toBe(200);

    npm.kill('SIGTERM');
    // The pipes close once the last process that holds them has ended.
    await closed;
    expect(output).toContain('SIGTERM: ending');
    expect(output).toMatch(/"msg":"ended"/);
    expect(output).not.toContain('ending at once');
    await expect(fetch(live)).rejects.toThrow('fetch failed');
  });
});
