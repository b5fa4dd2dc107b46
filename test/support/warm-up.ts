import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '@app/testing/servers';
import { BuiltProcess, NODE_COMPILE_CACHE } from './built-process.js';
import { QUICK } from './fleet.js';

const STAMP = join(NODE_COMPILE_CACHE, 'warm');

/**
 * Before the first test after a build: each app is started once and ended in order, which writes down what was compiled.
 * Most processes of the tests are killed, and would compile it all anew each time.
 */
export async function setup(): Promise<void> {
  if ((await readFile(STAMP, 'utf8').catch(() => null)) !== null) return;
  const [redis, folder] = await Promise.all([startRedis(), mkdtemp(join(tmpdir(), 'novita-fleet-warm-up-'))]);
  try {
    const env = {
      ...QUICK,
      PORT: '0',
      WORKER_PORT: '0',
      DATA_DIR: folder,
      REDIS_URL: redis.url,
      NOVITA_API_BASE_URL: 'http://127.0.0.1:9',
    };
    const processes = (['api', 'worker', 'standalone'] as const).map((app) => new BuiltProcess(app, env));
    await Promise.all(processes.map((process) => process.says(/(?:listens|metrics) on http/)));
    await Promise.all(processes.map((process) => process.end('SIGTERM')));
  } finally {
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }
  await mkdir(NODE_COMPILE_CACHE, { recursive: true });
  await writeFile(STAMP, '');
}
