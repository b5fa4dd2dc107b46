import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fail, say } from './bootstrap/announce.mjs';
import { ENVIRONMENT, ensureBuild, ensureDependencies, NODE, ROOT } from './bootstrap/project.mjs';
import { ensureTool } from './bootstrap/system-tools.mjs';

/** `npm run jobs`: does the jobs of a user in a browser, and writes what each costs into docs/page.md. */
try {
  await ensureDependencies();
  const env = {
    ...ENVIRONMENT,
    REDIS_SERVER_BIN: await ensureTool('redis'),
    CHROMIUM_BIN: await ensureTool('chromium'),
    JOBS: 'write',
  };
  await ensureBuild();
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const { status } = spawnSync(NODE, [vitest, 'run', '--project', 'e2e', 'test/page-jobs.e2e-spec.ts'], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the jobs could not be done');
  say('the table of the jobs in docs/page.md is of this run');
} catch (error) {
  fail(error.message);
}
