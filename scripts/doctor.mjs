import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fail } from './bootstrap/announce.mjs';
import { ENVIRONMENT, ensureBuild, ensureDependencies, NODE, ROOT } from './bootstrap/project.mjs';

/**
 * `npm run doctor`: reads each route that the fleet reads, of the account of NOVITA_API_KEY, and says what differs from what is expected;
 * `npm run --silent doctor -- --json` for programs, as npm prints lines of its own otherwise. It writes nothing at Novita. Ends with 0 when all is as expected, and with 1 otherwise.
 */
try {
  await ensureDependencies();
  await ensureBuild();
  const file = join(ROOT, 'dist', 'apps', 'doctor', 'src', 'main.js');
  const { status } = spawnSync(NODE, ['--enable-source-maps', file, ...process.argv.slice(2)], {
    cwd: ROOT,
    env: ENVIRONMENT,
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
} catch (error) {
  fail(error.message);
}
