import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from './bootstrap/announce.mjs';
import { ENVIRONMENT, ensureBuild, ensureDependencies, NODE, ROOT } from './bootstrap/project.mjs';
import { ensureTool } from './bootstrap/system-tools.mjs';

/** `npm run bench -- NAME`: builds if need be and runs bench/NAME.bench.ts. */
const [name, ...args] = process.argv.slice(2);
const source = join(ROOT, 'bench', `${name}.bench.ts`);
if (name === undefined || !existsSync(source)) fail('which benchmark? npm run bench -- http');
try {
  await ensureDependencies();
  const redis = await ensureTool('redis');
  const chromium = name === 'page' ? { CHROMIUM_BIN: await ensureTool('chromium') } : {};
  await ensureBuild();
  const { status } = spawnSync(
    NODE,
    ['--enable-source-maps', join(ROOT, 'dist', 'bench', `${name}.bench.js`), ...args],
    {
      cwd: ROOT,
      env: { ...ENVIRONMENT, REDIS_SERVER_BIN: redis, ...chromium },
      stdio: 'inherit',
    },
  );
  process.exit(status ?? 1);
} catch (error) {
  fail(error.message);
}
